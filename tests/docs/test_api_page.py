"""docs/reference/api.md is what the table of routes says."""

from pathlib import Path

from fairplate.web.access_page import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"


def test_the_page_is_the_table_in_force() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
