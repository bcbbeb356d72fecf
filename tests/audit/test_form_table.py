"""The table of forms that the offline verifier carries is the one that the code makes."""

from pathlib import Path

import fairplate.verify
from fairplate.audit.form_table import form_table

FILE = Path(fairplate.verify.__file__).with_name("event_forms.json")


def test_the_verifiers_table_is_not_old() -> None:
    assert FILE.read_text("utf-8") == form_table()
