"""`fairplate alert push-key`: a private key that is made once and never replaced."""

import resource
import stat
from pathlib import Path

import pytest
from tests.deployments import make_deployment

from fairplate.alerts.push_encryption import decode_base64url
from fairplate.alerts.vapid import parse_vapid_key
from fairplate.cli.exit_codes import ExitCode
from fairplate.cli.main import run
from fairplate.wiring import opened_deployment

Capture = pytest.CaptureFixture[str]


def test_a_key_is_made_and_a_channel_takes_it(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / 'k "ö".pem'
    assert run(["alert", "push-key", str(path)]) == ExitCode.DONE
    setting, public = capsys.readouterr().out.splitlines()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert parse_vapid_key(path.read_bytes()) is not None
    folder = make_deployment(request, "sqlite", tmp_path / "data")
    with (folder / "fairplate.toml").open("a", encoding="utf-8") as settings:
        contact = 'contact = "mailto:admin@example.org"'
        settings.write(f'\n[channels.phones]\nkind = "web-push"\n{setting}\n{contact}\n')
    with opened_deployment(folder, actor="cli:1000") as deployment:
        assert list(deployment.alerting.channels()) == ["phones"]
    assert run(["alert", "push-key", "--show", str(path)]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert f"public part: {shown}" == f"{public}\n"
    point = decode_base64url(shown.strip())
    assert (len(point), point[0]) == (65, 4)  # an uncompressed point of P-256


def test_a_key_is_never_replaced(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "vapid.pem"
    assert run(["alert", "push-key", str(path)]) == ExitCode.DONE
    before = path.read_bytes()
    capsys.readouterr()
    assert run(["alert", "push-key", str(path)]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert "expected a path where nothing is: another key ends every subscription" in err
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["missing/vapid.pem", "file/vapid.pem"])
def test_a_path_that_cannot_be_written_is_told(tmp_path: Path, capsys: Capture, name: str) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / name
    assert run(["alert", "push-key", str(path)]) == ExitCode.FAILED
    assert f"{path}: file: expected a path that can be written" in capsys.readouterr().err


def test_a_disk_that_is_full_leaves_no_half_a_key(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "vapid.pem"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        code = run(["alert", "push-key", str(path)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert code == ExitCode.FAILED
    assert capsys.readouterr().err == (
        f"fairplate: {path}: file: expected a path that can be written, found file too large\n"
    )
    assert not path.exists()


def test_a_path_that_settings_cannot_name_is_refused(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a\nb.pem"
    assert run(["alert", "push-key", str(path)]) == ExitCode.FAILED
    assert "expected a printable path" in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "no key", None])
def test_what_is_no_key_has_no_public_part(
    tmp_path: Path, capsys: Capture, content: str | None
) -> None:
    path = tmp_path / "vapid.pem"
    if content is not None:
        path.touch(mode=0o600)
        path.write_text(content)
    assert run(["alert", "push-key", "--show", str(path)]) == ExitCode.FAILED
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
