"""What tests of `fairplate hotlist` and `alert` need: a list, readers, and vehicles that pass."""

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from PIL import Image
from tests.deployments import ACTOR, clock_at, now
from tests.worlds import make_read

from fairplate.core.reads import PlateRead
from fairplate.intake import Arriving
from fairplate.wiring import opened_deployment

Deploy = Callable[..., Path]

READER, LIST = "gate-north", "town"
PLATE = "ABC1234"
PURPOSES = ("stolen-vehicle", "missing-or-endangered-person", "site-access")
HEADER = "plate,jurisdiction,vehicle,purpose,reference,call,make,colour"
ROW = f"{PLATE},us-ny,car,stolen-vehicle,2026-00417,desk 555 0100,Ford,blue"


def definition(name: str = LIST, *, more: str = "", purposes: Sequence[str] = PURPOSES) -> str:
    """Return a list's definition; `more` are further lines of it."""
    named = ", ".join(f'"{one}"' for one in purposes)
    return (
        f'name = "{name}"\ntitle = "Vehicles of the town"\nformat = "csv"\n'
        f"purposes = [{named}]\n{more}"
    )


def write_list(folder: Path, text: str | None = None, *, name: str = "list.toml") -> str:
    """Write a definition and return its path, as an argument."""
    return _write(folder / name, text or definition())


def write_batch(folder: Path, *rows: str, header: str = HEADER, name: str = "batch.csv") -> str:
    """Write a batch (one good row unless rows are given) and return its path, as an argument."""
    return _write(folder / name, "\n".join([header, *(rows or (ROW,))]) + "\n")


def set_up(
    folder: Path,
    *rows: str,
    at: datetime | None = None,
    readers: Sequence[str] = (READER,),
    document: str | None = None,
) -> None:
    """Enrol readers, set the list and import a batch of `rows`, at another time if asked."""
    with opened_deployment(folder, actor=ACTOR, clock=clock_at(at)) as deployment:
        for reader_id in readers:
            deployment.enrol_reader(reader_id, f"Reader {reader_id}")
        list_id = deployment.hot_lists.set(document or definition(), where="test")
        batch = Path(write_batch(folder.parent, *rows, name=f"{list_id}.csv"))
        preview = deployment.hot_lists.preview(list_id, batch)
        assert deployment.hot_lists.commit(preview, batch.name) is not None, preview.problems
        deployment.publish_log()


def pass_by(
    folder: Path,
    *plates: str,
    reader_id: str = READER,
    at: datetime | None = None,
    read: Callable[[str], PlateRead] = make_read,
) -> list[str]:
    """Let vehicles pass a reader; return the ids of the alerts they raised."""
    moment = at or now()
    with opened_deployment(folder, actor="system", clock=clock_at(at)) as deployment:
        desk = deployment.alerting.desk(deployment.alerting.live_lists())
        batch = [
            Arriving(
                read_id=f"{moment.isoformat()}-{number}",
                reader_id=reader_id,
                captured_at=moment,
                read=read(plate),
                picture=picture(),
                direction="inbound",
            )
            for number, plate in enumerate(plates)
        ]
        taken = deployment.intake(desk).take(batch)
        deployment.publish_log()
    return [alert_id for one in taken for alert_id in one.alerts]


def deliver(folder: Path, *, at: datetime | None = None) -> None:
    """Try once to deliver what is due, on every channel."""
    with opened_deployment(folder, actor="system", clock=clock_at(at)) as deployment:
        delivery = deployment.alerting.delivery()
        for channel in deployment.alerting.settings.channels:
            delivery.deliver_due(channel)


def picture() -> bytes:
    """Return a picture as a camera sends it."""
    stream = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 90)).save(stream, "JPEG")
    return stream.getvalue()


def add_settings(folder: Path, text: str) -> None:
    """Add tables to a deployment's settings."""
    path = folder / "fairplate.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{text}", encoding="utf-8")


def _write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)
