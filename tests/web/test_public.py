"""What everybody may ask for: health, numbers, the published log, the figures."""

from pathlib import Path

import pytest
from tests.web.served import READER, Served, a_read

from fairplate.verify.rules.figures import FIGURES

ONCE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
TRICKS = [
    "../fairplate.toml",
    "..%2ffairplate.toml",
    "%2e%2e/fairplate.toml",
    "tile/../../fairplate.toml",
    "/etc/passwd",
    "tile/0/x001/../000",
    "tile/0/000.p/",
    "tile/0/000.p/9999",
    "tile/entries/000/",
    "checkpoint/",
    "checkpoint%00",
    "",
    "tile",
]


@ONCE
def test_health(site: Served) -> None:
    assert site.ask("GET", "/healthz").json() == {"status": "alive"}
    assert site.ask("GET", "/readyz").json() == {"status": "ready"}


@ONCE
def test_not_ready_without_a_database(site: Served) -> None:
    site.deployment.database.close()
    for path in site.deployment.settings.folder.rglob("fairplate.db*"):
        path.unlink()
    site.deployment.settings.folder.joinpath("database").rmdir()
    answer = site.ask("GET", "/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert site.ask("GET", "/healthz").status_code == 200


@ONCE
def test_numbers_name_no_plate_and_no_reader(site: Served) -> None:
    site.send(a_read(plate="ABC1234"))
    site.ask("GET", "/log/ABC1234?plate=ABC1234")
    site.ask("ABC1234", "/nowhere")
    text = site.ask("GET", "/metrics").text
    assert 'fairplate_reads_total{outcome="sealed"} 1.0' in text
    assert 'route="/api/v1/reads"' in text
    assert "ABC1234" not in text
    assert READER not in text


def test_the_log_is_served_as_it_is_published(site: Served) -> None:
    site.deployment.publish_log()
    folder = site.deployment.settings.log_directory
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        name = str(path.relative_to(folder))
        answer = site.ask("GET", f"/log/{name}")
        assert answer.status_code == 200, name
        assert answer.content == path.read_bytes()
        cached = "max-age=5" if name == "checkpoint" else "immutable"
        assert cached in answer.headers["cache-control"]


@ONCE
@pytest.mark.parametrize("path", TRICKS)
def test_nothing_else_is_served(site: Served, path: str) -> None:
    site.deployment.publish_log()
    assert site.ask("GET", f"/log/{path}").status_code == 404


@ONCE
def test_no_link_leads_out_of_the_log(site: Served, tmp_path: Path) -> None:
    site.deployment.publish_log()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    link = site.deployment.settings.log_directory / "tile" / "0" / "999"
    link.symlink_to(secret)
    assert site.ask("GET", "/log/tile/0/999").status_code == 404


def test_the_figures_are_those_of_the_published_log(site: Served) -> None:
    site.send(a_read("1"))
    site.deployment.publish_log()
    answer = site.ask("GET", "/api/v1/transparency")
    assert answer.status_code == 200
    told = answer.json()
    assert told["figures"]["readers"] == 1
    assert told["figures"]["policy"] == told["policy"]["name"] == "trial"
    assert told["figures"]["reads_kept_s"] == told["policy"]["reads_kept_s"] == 30 * 86_400
    assert {*told["meanings"]} == {*told["figures"]} <= {*FIGURES}
    assert told["policy"]["sources"]["approvals"] == {
        "source": "a test",
        "statute_read": False,
        "known": True,
    }
    assert told["log"]["size"] > 0
    assert told["log"]["checkpoint"] == "/log/checkpoint"
    assert READER not in answer.text


@ONCE
def test_small_numbers_of_reads_are_not_told(site: Served) -> None:
    site.send(*(a_read(f"{number}") for number in range(4)))
    reads = site.ask("GET", "/api/v1/transparency").json()["reads"]
    assert reads == {"days": 30, "fewer_than": 5, "by_outcome": {"sealed": None}}


@ONCE
def test_numbers_from_five_on_are_told(site: Served) -> None:
    site.send(*(a_read(f"{number}") for number in range(5)))
    reads = site.ask("GET", "/api/v1/transparency").json()["reads"]
    assert reads["by_outcome"] == {"sealed": 5}


@ONCE
def test_what_is_nowhere_is_a_problem_too(site: Served) -> None:
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/reads", 405),
        ("PUT", "/healthz", 405),
    ):
        answer = site.ask(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
