"""`fairplate transparency`: the figures of a folder, and of a server."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.deployments import make_deployment

from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make_deployment(request, "sqlite", tmp_path / "data")


def test_the_figures_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reader", "add", "gate", "--name", "Gate", "--data", str(folder)]) == 0
    assert run(["audit", "publish", "--data", str(folder)]) == 0
    capsys.readouterr()
    assert run(["transparency", "--data", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["figure", "value", "what", "it", "is"]
    assert any(line.split()[:2] == ["readers", "1"] for line in lines)
    assert run(["transparency", "--json", "--data", str(folder)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"]["readers"] == 1
    assert told["policy"]["name"] == "trial"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"<html>", b'{"figures": 1}'])
def test_another_server_is_told_from_ours(body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        Thread(target=server.handle_request).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert run(["transparency", "--server", url]) == ExitCode.FAILED
    assert "server: expected" in capsys.readouterr().err


def test_a_server_in_clear_is_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["transparency", "--server", "http://plates.example"]) == ExitCode.FAILED
    assert "https" in capsys.readouterr().err
