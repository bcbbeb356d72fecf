import re
from pathlib import Path

import pytest

from fairplate.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "bench", ROOT / "tests")
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def _links(page: Path) -> list[str]:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [one or other for one, other in _LINK.findall(text)]


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made as GitHub makes them."""
    headings = re.findall(
        r"^#+ +(.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    )
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_there_are_pages_to_check() -> None:
    assert ROOT / "README.md" in PAGES
    assert any(page.parent.name == "reference" for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_resolve(page: Path) -> None:
    for link in _links(page):
        if re.match(r"[a-z][a-z+.-]*:", link):
            continue
        target, _, anchor = link.partition("#")
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{link} of {page.name} leads nowhere"
        assert ROOT in found.parents, f"{link} of {page.name} leads out of the repository"
        if anchor:
            assert anchor in _anchors(found), f"{link} of {page.name}: no such heading"


def test_readme_names_only_recipes_and_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    recipes = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    # In code only: "to make sure" is a sentence.
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", readme, re.MULTILINE | re.DOTALL))
    named = set(re.findall(r"\bmake ([a-z-]+)", code))
    assert named >= {"demo", "test"}
    assert named <= recipes
    assert set(re.findall(r"\bfairplate ([a-z]+(?:-[a-z]+)*)\b", code)) <= set(cli.commands)


def test_changelog_has_an_unreleased_heading() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[?Unreleased\]?$", changelog, re.MULTILINE)


def test_no_page_or_source_names_a_path_of_a_machine() -> None:
    files = [*PAGES, *(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    wrong = re.compile(r"/(work|home)/[a-z]|/Users/[a-z]")
    assert [
        str(f) for f in files if wrong.search(f.read_text("utf-8")) and f.name != "test_pages.py"
    ] == []
