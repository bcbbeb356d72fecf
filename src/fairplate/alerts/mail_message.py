"""An e-mail of a message: plain text, HTML, and the pictures inside it.

Decides every header. The same envelope gives the same Message-ID, so that a mail program shows a
double once. Leaves the words to `wording.py` and the sending to `smtp_session.py`.
"""

import email.policy
import email.utils
from email.message import EmailMessage
from typing import cast

from fairplate.alerts.channel import Envelope
from fairplate.alerts.mail_page import render_page
from fairplate.alerts.message import AlertMessage
from fairplate.alerts.wording import is_urgent, plain_text, subject

# Not every server takes 8-bit text, and a signature breaks where a server recodes it.
_POLICY = email.policy.SMTP.clone(cte_type="7bit")
_CROP, _BLURRED = "crop", "blurred"


def compose_mail(envelope: Envelope, *, sender: str) -> bytes:
    """Return the e-mail from one mailbox to `envelope.address` as bytes with CRLF line ends."""
    message = envelope.message
    at = message.raised_at if isinstance(message, AlertMessage) else message.at
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = f"Fairplate <{sender}>"
    mail["To"] = envelope.address
    mail["Subject"] = subject(message, show_plate=envelope.plate_in_subject)
    mail["Date"] = email.utils.format_datetime(at)
    mail["Message-ID"] = f"<{envelope.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    mail["X-Auto-Response-Suppress"] = "All"
    if is_urgent(message):
        mail["Importance"] = "high"
    mail.set_content(plain_text(message))
    pictures = _pictures(envelope, domain)
    urls = {name: f"cid:{cid}" for name, cid, _ in pictures}
    page = render_page(message, crop_url=urls.get(_CROP), blurred_url=urls.get(_BLURRED))
    mail.add_alternative(page, subtype="html")
    html = cast("EmailMessage", cast("list[object]", mail.get_payload())[1])
    for name, cid, picture in pictures:
        html.add_related(
            picture,
            "image",
            "jpeg",
            cid=f"<{cid}>",
            filename=f"{name}.jpg",
            disposition="inline",
        )
    return mail.as_bytes()


def _pictures(envelope: Envelope, domain: str) -> list[tuple[str, str, bytes]]:
    """Return the name, content ID and bytes of each picture there is."""
    message = envelope.message
    if not isinstance(message, AlertMessage):
        return []
    given = ((_CROP, message.crop), (_BLURRED, message.blurred))
    return [
        (name, f"{name}.{envelope.key}@{domain}", picture)
        for name, picture in given
        if picture is not None
    ]
