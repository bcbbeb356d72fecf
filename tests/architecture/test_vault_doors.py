"""Nothing in the vault is found or opened without naming its plate, or its record, under approval.

Holds which files may use what leads to sealed reads. Comments and docstrings may speak of them.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src/fairplate"
ROWS, GRANTS = "storage/rows.py", "vault/grants.py"
TABLE = "sealed_reads"

USED_IN: Mapping[str, tuple[str, ...]] = {
    TABLE: (
        "storage/schema.py",
        ROWS,
        "storage/partitions.py",
        "storage/migrations/",
    ),
    "PARTITIONED": ("storage/partitions.py",),  # holds the table's name
    # From a row to a read: each door is where the next one stands.
    "find_sealed_reads": (ROWS, "vault/sealed_reads.py"),
    "open_row": ("vault/seal.py", "vault/sealed_reads.py"),
    "open_reads": ("vault/sealed_reads.py", GRANTS),
    "use_grant": (GRANTS, "vault/holds.py", "cases/"),
    # The intake holds the keys of the readers that it seals for, and opens nothing.
    "reader_keys": ("vault/keyring.py", "vault/keyrings/", GRANTS, "vault/current_keys.py"),
    # Hits and held reads.
    "open_record": ("vault/seal.py", "vault/kept_records.py"),
    # An alert is composed from the record of its own hit, whose id it alone has. A driver is told
    # of the hits of their own plate, under a case for that, which says whose records are opened.
    "open_kept_record": (
        "vault/kept_records.py",
        "vault/holds.py",
        "vault/hits.py",
        "wiring/alerting.py",
    ),
    "hold_reads": ("vault/holds.py", "cases/search.py"),
    "open_held": ("vault/holds.py", "cases/search.py"),
    "find_hits": ("vault/hits.py", "cases/subject_report.py"),
    # Private parts of events, hot lists, people and what cases ask for hold no read; their keys
    # open none.
    "decrypt": (
        "vault/seal.py",
        "vault/keyrings/file/",
        "audit/private_parts.py",
        "hotlists/chunks.py",
        "cases/sealing.py",
        "deployment/people_key.py",
    ),
}
"""Names, and the files and folders that alone may use them."""

SEALED_COLUMNS = ("token", "nonce", "ciphertext", "*", "{")
_GIVES = (
    re.compile(r"SELECT(.*?)FROM\s+(?:sealed_reads|\{)", re.DOTALL | re.IGNORECASE),
    re.compile(r"sealed_reads.*RETURNING(.*)", re.DOTALL | re.IGNORECASE),
    re.compile(r"COPY\s+sealed_reads(.*?)\bTO\b", re.DOTALL | re.IGNORECASE),
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def texts_in(node: ast.AST) -> Iterator[str]:
    """Yield the texts under `node` that are no docstring; `{` stands for what is filled in."""
    # Docstrings stand alone, and so do remarks under a constant.
    told = {id(one.value) for one in ast.walk(node) if isinstance(one, ast.Expr)}
    filled = [one for one in ast.walk(node) if isinstance(one, ast.JoinedStr)]
    told |= {id(part) for joined in filled for part in joined.values}
    for joined in filled:
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{" for part in joined.values
        )
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in told:
            yield one.value


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield every name that is used or imported under `node`, also under another name."""
    yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
    yield from names_of_others(node)


def names_of_others(node: ast.AST) -> Iterator[str]:
    """Yield the names of what other files, or values, have."""
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.ImportFrom):
            yield from (alias.name for alias in one.names)


def find_strange_uses(path: str, tree: ast.Module) -> list[str]:
    """Return what `tree` uses, or names in a text, though its file may not."""
    # A variable may be called like a door; what it holds came through one, under that one's name.
    own = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and is_set(one)}
    texts = set(texts_in(tree)) - {"*"}
    used = set(names_in(tree)) - own | set(names_of_others(tree)) | texts
    if any(TABLE in text.lower() for text in texts):  # its partitions and its index, too
        used.add(TABLE)
    return [
        name
        for name, places in {**USED_IN, "*": ()}.items()
        if name in used and not path.startswith(places)
    ]


def is_set(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def gives_rows(text: str) -> bool:
    """Say whether `text` is SQL that returns what sealed reads hold."""
    given = [match.group(1) for pattern in _GIVES for match in pattern.finditer(text)]
    whole = re.search(r"\bTABLE\s+(?:ONLY\s+)?sealed_reads\W*$", text, re.IGNORECASE)
    return whole is not None or any(column in part for part in given for column in SEALED_COLUMNS)


def find_functions(tree: ast.AST) -> Iterator[Function]:
    return (one for one in ast.walk(tree) if isinstance(one, Function))


def parameters_of(function: Function) -> set[str]:
    given = function.args
    return {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)}


def find_tokenless(tree: ast.Module) -> list[str]:
    """Return the functions that get rows of sealed reads without being given their tokens."""
    giving = {TABLE}  # SQLAlchemy's table gives whatever is asked of it
    for one in tree.body:
        if isinstance(one, ast.Assign | ast.AnnAssign) and any(map(gives_rows, texts_in(one))):
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            giving |= {target.id for target in targets if isinstance(target, ast.Name)}
    return [
        function.name
        for function in find_functions(tree)
        if "tokens" not in parameters_of(function)
        and (giving & set(names_in(function)) or any(map(gives_rows, texts_in(function))))
    ]


def find_unapproved(tree: ast.Module) -> list[str]:
    """Return the public functions and methods that take no approval."""
    places: list[ast.Module | ast.ClassDef] = [tree]
    places += [one for one in tree.body if isinstance(one, ast.ClassDef) and one.name[0] != "_"]
    return [
        one.name
        for place in places
        for one in place.body
        if isinstance(one, Function)
        and not one.name.startswith("_")
        and "approval" not in parameters_of(one)
    ]


def tree_of(path: str) -> ast.Module:
    return ast.parse((PACKAGE / path).read_text())


FILES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES)
def test_each_file_uses_only_the_doors_it_may(path: str) -> None:
    assert find_strange_uses(path, tree_of(path)) == []


def test_no_sealed_read_is_found_without_its_token() -> None:
    assert find_tokenless(tree_of(ROWS)) == []
    assert find_tokenless(tree_of("storage/partitions.py")) == []


def test_no_grant_is_used_without_an_approval() -> None:
    assert find_unapproved(tree_of(GRANTS)) == []
    assert find_unapproved(tree_of("vault/hits.py")) == []
    assert [one.name for one in find_functions(tree_of(GRANTS))].count("use_grant") == 1


def test_every_rule_speaks_of_something_that_is_there() -> None:
    for name, places in USED_IN.items():
        for place in places:
            files = [path for path in FILES if path.startswith(place)]
            assert files or place == "cases/"  # which comes later
            assert place == "cases/" or any(name in (PACKAGE / file).read_text() for file in files)
    assert not find_strange_uses(ROWS, tree_of(ROWS))
    assert "find_sealed_reads" in [one.name for one in find_functions(tree_of(ROWS))]
    assert any(map(gives_rows, texts_in(tree_of(ROWS))))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from fairplate.storage.schema import sealed_reads as t", TABLE),
        ("from fairplate.storage import schema\nschema.sealed_reads.c.token", TABLE),
        ("from fairplate.storage.schema import *", "*"),
        ("metadata.tables['sealed_reads']", TABLE),
        ("sa.text('SELECT * FROM sealed_reads')", TABLE),
        ("sa.text(f'SELECT {what} FROM sealed_reads_k{number}')", TABLE),
        ("sa.text(f'SELECT {what} FROM sealed_reads WHERE {where}')", TABLE),
        ("sa.text('SELECT * FROM ' 'sealed_reads')", TABLE),
        ("from fairplate.storage.partitions import PARTITIONED", "PARTITIONED"),
        ("from fairplate.storage.rows import find_sealed_reads as find", "find_sealed_reads"),
        ("from fairplate.vault.seal import open_row", "open_row"),
        ("from fairplate.vault import seal\nseal.open_row(key, row)", "open_row"),
        ("getattr(seal, 'open_row')(key, row)", "open_row"),
        ("from fairplate.vault.sealed_reads import open_reads", "open_reads"),
        ("from fairplate.vault.grants import use_grant as look", "use_grant"),
        ("vault.keyring.reader_keys(period, readers)", "reader_keys"),
        ("from fairplate.vault.seal import open_row\nopen_row = open_row", "open_row"),
        ("reader_keys = vault.keyring.reader_keys", "reader_keys"),
        ("from fairplate.vault.seal import open_record", "open_record"),
        ("from fairplate.vault.kept_records import open_kept_record", "open_kept_record"),
        ("def f():\n    'Told.'\n    AESGCM(key).decrypt(nonce, data, aad)", "decrypt"),
    ],
)
def test_a_planted_use_is_caught(source: str, name: str) -> None:
    assert find_strange_uses("web/api/reads.py", ast.parse(source)) == [name]


@pytest.mark.parametrize(
    "source",
    [
        "# use_grant opens sealed_reads",
        '"""Leaves sealed_reads to open_row."""',
        "def f():\n    '''Calls use_grant.'''\n    return 1",
        "class A:\n    '''What open_row gives.'''",
        "refuse('expected a key, found one that cannot decrypt what open_row is given')",
        "LIMIT = 5\n'''How many find_sealed_reads takes.'''",
        "from fairplate.vault.sealed_reads import ReadToSeal, store_reads",
        "reader_keys = [make() for _ in readers]\nseal(reader_keys)",
    ],
)
def test_words_about_the_doors_are_free(source: str) -> None:
    assert find_strange_uses("web/api/reads.py", ast.parse(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(c):\n    return c.execute('SELECT token, nonce FROM sealed_reads')",
        "def f(c, key_id):\n    return c.execute('select  *\\nfrom sealed_reads WHERE key_id = ?')",
        "def f(c, columns):\n    return c.execute(f'SELECT {columns} FROM sealed_reads')",
        "def f(c, table):\n    return c.execute(f'SELECT nonce FROM {table}')",
        "_ALL = 'SELECT ciphertext FROM sealed_reads'\ndef f(c):\n    return c.execute(_ALL)",
        "_ALL: str = 'SELECT ciphertext FROM {}'\ndef f(c):\n    return c.execute(_ALL.format(t))",
        "def f(c):\n    return c.execute('DELETE FROM sealed_reads RETURNING ciphertext')",
        "def f(c):\n    return c.copy('COPY sealed_reads (key_id, token) TO STDOUT')",
        "def f(c):\n    return c.execute('TABLE sealed_reads')",
        "def f(c):\n    return c.execute(sa.select(sealed_reads))",
        "class A:\n    def f(self, c):\n        return c.execute(sa.select(schema.sealed_reads))",
        "def f(c, digests):\n    def g():\n        return c.run('SELECT * FROM sealed_reads')",
    ],
)
def test_planted_rows_without_tokens_are_caught(source: str) -> None:
    assert find_tokenless(ast.parse(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "_F = 'SELECT token FROM sealed_reads'\ndef f(c, tokens):\n    return c.run(_F, tokens)",
        "def f(c):\n    '''Not SELECT token FROM sealed_reads.'''",
        "def f(c):\n    return c.execute('SELECT rowid / ? FROM sealed_reads')",
        "def f(c):\n    return c.execute('DELETE FROM sealed_reads WHERE rowid < ?')",
        "def f(c):\n    return c.copy('COPY sealed_reads (key_id, token) FROM STDIN')",
    ],
)
def test_what_gives_no_row_is_free(source: str) -> None:
    assert find_tokenless(ast.parse(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "def open_all(vault, grant):\n    ...",
        "async def open_all(vault, grant):\n    ...",
        "class Opener:\n    def open_all(self, grant):\n        ...",
    ],
)
def test_a_planted_grant_without_approval_is_caught(source: str) -> None:
    assert find_unapproved(ast.parse(source)) == ["open_all"]


def test_what_is_approved_or_private_is_free() -> None:
    source = "def use(vault, *, approval):\n    ...\ndef _open(vault):\n    ..."
    assert find_unapproved(ast.parse(source)) == []
