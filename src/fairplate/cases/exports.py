"""Taking the results of one case out: searched once more, drawn, put on record, then handed over.

Decides the order, so that no document is there that the log does not tell of. Leaves to whoever
asked where it is written.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.words import ExportKind
from fairplate.cases.case import Case
from fairplate.cases.case_file import CaseFile, FileFormat, write_json
from fairplate.cases.case_pdf import draw_pdf
from fairplate.cases.search import CaseSearch

_ID_BYTES = 8

WRITERS: Mapping[FileFormat, Callable[[CaseFile], bytes]] = {
    FileFormat.PDF: draw_pdf,
    FileFormat.JSON: write_json,
}


@dataclass(frozen=True, slots=True)
class Export:
    """A document that is on record, and its bytes."""

    file: CaseFile
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, as the log has it."""
        return hashlib.sha256(self.content).hexdigest()


def export_case(search: CaseSearch, form: FileFormat, *, given_to: str) -> Export:
    """Search once more and return the results as a document; it is in the log then.

    `given_to` says who gets it, or where it is put. Raises as `search_case` does; nothing is handed
    over then, though a search that was begun stands in the log.
    """
    recorder = replace(search.store.recorder, actor=search.person)
    found = search.look()
    with search.vault.database.reading() as connection:
        case = search.store.one(connection, search.case_id)
    file = CaseFile(
        export_id=f"export-{recorder.random_bytes(_ID_BYTES).hex()}",
        made_by=search.person,
        made_at=recorder.clock(),
        case=case,
        found=found,
    )
    export = Export(file, WRITERS[form](file))

    def record(connection: sa.Connection, case: Case) -> None:
        recorder.record(
            connection,
            EventType.EXPORT_MADE,
            public={
                "what": ExportKind.CASE_FILE.value,
                "case": case.id,
                "export": file.export_id,
                "items": len(found.reads),
            },
            private={"given_to": given_to, "document": export.digest},
        )

    search.record(found, record)
    return export
