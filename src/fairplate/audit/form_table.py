"""The event forms as data, for the offline verifier and for verifiers that others write.

`python -m fairplate.audit.form_table > src/fairplate/verify/event_forms.json` renews the file; a
test tells if it is old. The verifier takes nothing else from here, so that it may judge us.
"""

import json
from collections.abc import Iterable, Mapping

from fairplate.audit import kinds
from fairplate.audit.event_types import VERSION, Field
from fairplate.audit.forms import FORMS
from fairplate.audit.kinds import Kind


def form_table() -> str:
    """Return the table as JSON: kinds, and the fields of every type by part."""
    known = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
    table = {
        "version": VERSION,
        "kinds": {kind.name: _kind(kind) for kind in known},
        "types": {
            event_type.value: {
                "since": form.since,
                "public": _fields(form.public),
                "private": _fields(form.private),
            }
            for event_type, form in FORMS.items()
        },
    }
    return json.dumps(table, indent=1) + "\n"


def _kind(kind: Kind) -> Mapping[str, object]:
    if kind.words is not None:
        return {"words": kind.words}
    return {} if kind.pattern is None else {"pattern": kind.pattern}


def _fields(fields: Iterable[Field]) -> list[Mapping[str, object]]:
    return [{"name": it.name, "kind": it.kind.name, "since": it.since} for it in fields]


if __name__ == "__main__":
    print(form_table(), end="")  # noqa: T201 - its output is the file
