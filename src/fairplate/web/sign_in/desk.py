"""What sign-in works with: the people, the public address, and how often may be tried."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request

from fairplate.deployment.people_key import PeopleKey
from fairplate.deployment.sign_in_refusals import SignInRefusedError, record_refusal
from fairplate.web.public_url import PublicUrl, read_public_url
from fairplate.web.sign_in.addresses import address_of, block_of
from fairplate.web.sign_in.cookies import known_mark
from fairplate.web.sign_in.rate_limits import Buckets

if TYPE_CHECKING:
    from fairplate.wiring import Deployment
    from fairplate.wiring.people_book import PeopleBook


def _attempts() -> Buckets:
    """Return twenty tries at once, then one each three seconds."""
    return Buckets(time.monotonic, burst=20, every_s=3.0)


def _records() -> Buckets:
    """Return sixty refusals at once for the log, then one a minute: strangers must not fill it."""
    return Buckets(time.monotonic, burst=60, every_s=60.0)


@dataclass(frozen=True, slots=True)
class SignInDesk:
    """The parts; `attempts` by who comes, `records` of refusals in the audit log."""

    people: "PeopleBook"
    public_url: PublicUrl
    behind_proxy: bool = False
    attempts: Buckets = field(default_factory=_attempts)
    records: Buckets = field(default_factory=_records)

    @property
    def key(self) -> PeopleKey:
        """What opens and makes what people hold."""
        return self.people.key

    def address(self, request: Request) -> str:
        """Return where a request comes from."""
        forwarded = request.headers.getlist("x-forwarded-for")
        peer = None if request.client is None else request.client.host
        return address_of(peer, forwarded, behind_proxy=self.behind_proxy)

    def wait_s(self, request: Request) -> float | None:
        """Count one try; return None, or how long to wait.

        A browser that somebody signed in with before is counted for itself alone, so that whoever
        else tries from the same address, or behind the same proxy, cannot keep it out.
        """
        mark = known_mark(request, self.public_url, self.key)
        who = f"known {mark}" if mark is not None else block_of(self.address(request))
        return self.attempts.take(who)

    def record(self, refusal: SignInRefusedError, address: str) -> None:
        """Put a refusal on record, unless too many were."""
        if self.records.take("") is None:
            with self.people.database.transaction() as connection:
                record_refusal(connection, self.people.recorder, refusal, address)


def make_desk(deployment: "Deployment") -> SignInDesk:
    """Return the desk of a server, as the settings say.

    Raises InputError or PolicyError for a public address that nobody could sign in under.
    """
    server = deployment.settings.server
    behind_proxy = server.get("behind_proxy") is True
    return SignInDesk(deployment.people, read_public_url(server), behind_proxy)


def desk_of(request: Request) -> SignInDesk:
    """Return the desk that `create_app` made."""
    desk = request.app.state.sign_in
    if not isinstance(desk, SignInDesk):
        raise TypeError
    return desk
