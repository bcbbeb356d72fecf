"""The files of pages: closed, cached by their content, and nothing inline or from elsewhere."""

import re
from importlib import resources

import pytest
from tests.web.served import Served

from fairplate.web.pages import ASSETS, CONTENT_POLICY, PAGES

ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
FOLDER = resources.files("fairplate.web") / "assets"


def test_there_are_no_other_files() -> None:
    assert {one.name for one in FOLDER.iterdir()} == {*PAGES.values(), *ASSETS}


@pytest.mark.parametrize("name", sorted(PAGES.values()))
def test_a_page_has_nothing_inline_and_nothing_from_elsewhere(name: str) -> None:
    page = (FOLDER / name).read_text(encoding="utf-8")
    assert re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:", page) is None
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert {one for one in loaded if not one.startswith("/assets/")} == {"data:,"}
    assert {one.removeprefix("/assets/") for one in loaded if one != "data:,"} <= set(ASSETS)


@pytest.mark.parametrize("name", sorted(name for name in ASSETS if name.endswith(".js")))
def test_no_script_makes_markup_or_loads_from_elsewhere(name: str) -> None:
    script = (FOLDER / name).read_text(encoding="utf-8")
    assert (
        re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|//[a-z]", script)
        is None
    )


@ONCE
@pytest.mark.parametrize("path", sorted(PAGES))
def test_pages_say_what_they_may_load(site: Served, path: str) -> None:
    page = site.ask("GET", path)
    assert page.headers["content-security-policy"] == CONTENT_POLICY
    assert page.headers["cache-control"] == "no-store"
    assert "'unsafe" not in CONTENT_POLICY


@ONCE
def test_assets_are_sent_once(site: Served) -> None:
    for name, kind in ASSETS.items():
        first = site.ask("GET", f"/assets/{name}")
        assert (first.status_code, first.headers["content-type"]) == (200, kind)
        tag = {"if-none-match": first.headers["etag"]}
        assert site.ask("GET", f"/assets/{name}", headers=tag).status_code == 304


@ONCE
@pytest.mark.parametrize("name", ["other.js", "sign-in.html", "..%2F__init__.py", "%00", "%2Fetc"])
def test_no_other_file_is_sent(site: Served, name: str) -> None:
    assert site.ask("GET", f"/assets/{name}").status_code == 404


@ONCE
def test_the_root_leads_to_the_account(site: Served) -> None:
    answer = site.ask("GET", "/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
