"""The one way from a body to what it says: by vendor, within the limits."""

from fairplate.core.errors import InputError
from fairplate.ingest.limits import MAX_READS
from fairplate.ingest.vendor import Payload, PayloadError, Understood
from fairplate.ingest.vendors import VENDORS


def understand(vendor: str, payload: Payload) -> Understood:
    """Return what the payload says; raise PayloadError if it is none of the vendor's.

    Raises InputError for a vendor that is not known.
    """
    parse = VENDORS.get(vendor)
    if parse is None:
        raise InputError(
            "ingest", "vendor", expected=f"one of {', '.join(VENDORS)}", found="another"
        )
    understood = parse(payload)
    if len(understood.reads) > MAX_READS:
        expected = f"at most {MAX_READS} reads"
        raise PayloadError(vendor, "body", expected=expected, found=f"{len(understood.reads)}")
    return understood
