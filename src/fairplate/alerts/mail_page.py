"""The HTML of a message for an e-mail: one column, readable on a phone, asking no server.

Decides the layout. Every word comes from `wording.py`; every value is escaped by the template.
"""

from functools import cache
from importlib import resources

import jinja2

from fairplate.alerts import wording
from fairplate.alerts.message import AlertMessage, Message
from fairplate.core.doubts import is_doubtful


def render_page(message: Message, *, crop_url: str | None, blurred_url: str | None) -> str:
    """Return the page; the URLs say where its pictures are, None where there is none."""
    if not isinstance(message, AlertMessage):
        return _template("notice.html").render(message=message, wording=wording)
    return _template("alert.html").render(
        alert=message,
        wording=wording,
        crop_url=crop_url,
        blurred_url=blurred_url,
        read_marks=[(c.char, is_doubtful(c)) for c in message.characters],
        entry_marks=wording.entry_marks(message),
    )


@cache
def _template(name: str) -> jinja2.Template:
    """Return a template, compiled once: that takes longer than a message may."""
    folder = resources.files("fairplate.alerts").joinpath("templates")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(lambda file: folder.joinpath(file).read_text("utf-8")),
    )
    return environment.get_template(name)
