"""A deployment on SQLite or on a PostgreSQL of the benchmark's own, and its hot lists."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from bench.vault import LETTERS
from tests.postgresql_server import PostgresqlServer
from tests.worlds import policy_document

from fairplate.settings import compose_settings
from fairplate.wiring import Deployment, create_deployment, opened_deployment

READER = "gate"
ACTOR = "system"

_ENTRY = "{plate},gb,car,stolen-vehicle,2026/{number},control room 555 0100,Ford,blue\n"
_HEADER = "plate,jurisdiction,vehicle,purpose,reference,call,make,colour\n"


def make_plates(number: int, seed: int) -> list[str]:
    """Return `number` plates of seven characters, each once."""
    random = Random(seed)  # noqa: S311 - not for keys
    found: dict[str, None] = {}
    while len(found) < number:
        found["".join(random.choices(LETTERS, k=4)) + f"{random.randrange(1000):03d}"] = None
    return list(found)


@contextmanager
def opened_new(kind: str, settings: str = "", retention: str = "30 days") -> Iterator[Deployment]:
    """Open a deployment in a folder of its own; nothing is left of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user
        server = PostgresqlServer(folder / "server", fsync=True) if kind == "postgresql" else None
        try:
            url = None
            if server is not None:
                server.start()
                url = server.url(server.make_database(migrated=False))
            document = compose_settings(database_url=url) + settings
            data = folder / "data"
            policy = policy_document(retention)
            create_deployment(data, policy, actor="cli:0", settings_document=document)
            with opened_deployment(data, actor=ACTOR) as deployment:
                deployment.enrol_reader(READER, "North gate")
                yield deployment
        finally:
            if server is not None:
                server.stop()


def write_list(path: Path, plates: Sequence[str]) -> None:
    """Write a list of stolen cars as CSV."""
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEADER)
        file.writelines(
            _ENTRY.format(plate=plate, number=number) for number, plate in enumerate(plates)
        )


def set_list(deployment: Deployment, list_id: str, most: int | None = None) -> None:
    """Define a list; one of more entries than a person's upload may have needs `most`."""
    more = "" if most is None else f'folder = "/nonexistent"\nmost_entries = {most}\n'
    deployment.hot_lists.set(
        f'name = "{list_id}"\ntitle = "{list_id}"\nformat = "csv"\n'
        f'purposes = ["stolen-vehicle"]\n{more}',
        where="bench",
    )


def import_list(deployment: Deployment, list_id: str, path: Path) -> None:
    """Bring the file in; a refused one ends the benchmark."""
    preview = deployment.hot_lists.preview(list_id, path)
    if deployment.hot_lists.commit(preview, "bench") is None:
        raise SystemExit(f"refused: {preview.problems[:3]}")
