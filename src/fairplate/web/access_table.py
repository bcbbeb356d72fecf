"""Who may use which route: the whole table. A route that is not in it is refused to everybody.

Decides by the route as it is written in the code. `sign_in/access.py` holds every request to it
before its route runs; a test tries every route as everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from fairplate.deployment.roles import Act


class Kind(Enum):
    """How a request is let in."""

    ANYBODY = auto()  # what is public
    READER = auto()  # by a reader's key, which the route itself asks for
    COMING_IN = auto()  # who is about to sign in: from our own pages, and not too often
    PERSON = auto()  # by a session or a token, whose role may do the act


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route. `of` is the part of the path that a step-up is bound to."""

    kind: Kind
    act: Act | None = None
    of: str | None = None
    needs_step_up: bool = True


ANYBODY = Access(Kind.ANYBODY)
READER = Access(Kind.READER)
COMING_IN = Access(Kind.COMING_IN)


def people_who(act: Act, *, of: str | None = None, needs_step_up: bool = True) -> Access:
    """Return access for everybody whose role may do `act`, with step-up where that needs one."""
    return Access(Kind.PERSON, act, of, needs_step_up)


ACCESS: Mapping[tuple[str, str], Access] = {
    # Cameras.
    ("POST", "/api/v1/reads"): READER,
    ("POST", "/hooks/{vendor}/{reader}"): READER,
    # The public, and whoever watches over the server.
    ("GET", "/healthz"): ANYBODY,
    ("GET", "/readyz"): ANYBODY,
    ("GET", "/metrics"): ANYBODY,
    ("GET", "/log/{path:path}"): ANYBODY,
    ("GET", "/api/v1/transparency"): ANYBODY,
    ("GET", "/api/v1/openapi.json"): ANYBODY,
    # Pages that hold nothing of anybody: their scripts ask the API.
    ("GET", "/"): ANYBODY,
    ("GET", "/sign-in"): ANYBODY,
    ("GET", "/invite"): ANYBODY,
    ("GET", "/account"): ANYBODY,
    ("GET", "/assets/{name}"): ANYBODY,
    # Coming in.
    ("POST", "/api/v1/session/challenge"): COMING_IN,
    ("POST", "/api/v1/session"): COMING_IN,
    ("POST", "/api/v1/invite/challenge"): COMING_IN,
    ("POST", "/api/v1/invite"): COMING_IN,
    # One's own account.
    ("GET", "/api/v1/session"): people_who(Act.SEE_ACCOUNT),
    ("DELETE", "/api/v1/session"): people_who(Act.SEE_ACCOUNT),
    ("POST", "/api/v1/session/step-up/challenge"): people_who(Act.SEE_ACCOUNT),
    ("POST", "/api/v1/session/step-up"): people_who(Act.SEE_ACCOUNT),
    ("GET", "/api/v1/sessions"): people_who(Act.SEE_ACCOUNT),
    ("DELETE", "/api/v1/sessions"): people_who(Act.SEE_ACCOUNT),
    ("DELETE", "/api/v1/sessions/{session_id}"): people_who(Act.SEE_ACCOUNT),
    ("GET", "/api/v1/passkeys"): people_who(Act.SEE_ACCOUNT),
    ("POST", "/api/v1/passkeys/challenge"): people_who(Act.CHANGE_ACCOUNT),
    ("POST", "/api/v1/passkeys"): people_who(Act.CHANGE_ACCOUNT),
    ("DELETE", "/api/v1/passkeys/{passkey_id}"): people_who(Act.CHANGE_ACCOUNT),
    ("GET", "/api/v1/tokens"): people_who(Act.SEE_ACCOUNT),
    ("POST", "/api/v1/tokens"): people_who(Act.CHANGE_ACCOUNT),
    ("DELETE", "/api/v1/tokens/{token_id}"): people_who(Act.CHANGE_ACCOUNT, needs_step_up=False),
    # Alerts, cases, lists and readers.
    ("GET", "/api/v1/alerts"): people_who(Act.SEE_ALERTS),
    ("GET", "/api/v1/alerts/{alert_id}"): people_who(Act.SEE_ALERTS),
    ("GET", "/api/v1/alerts/{alert_id}/pictures/{name}"): people_who(Act.SEE_ALERTS),
    ("POST", "/api/v1/alerts/{alert_id}/decision"): people_who(Act.DECIDE_ALERTS),
    ("POST", "/api/v1/alerts/{alert_id}/outcome"): people_who(Act.DECIDE_ALERTS),
    ("GET", "/api/v1/cases"): people_who(Act.SEE_CASES),
    ("POST", "/api/v1/cases"): people_who(Act.OPEN_CASES),
    ("GET", "/api/v1/cases/{case_id}"): people_who(Act.SEE_CASES),
    ("POST", "/api/v1/cases/{case_id}/approval"): people_who(Act.APPROVE_CASES, of="case_id"),
    ("POST", "/api/v1/cases/{case_id}/refusal"): people_who(Act.APPROVE_CASES, of="case_id"),
    ("POST", "/api/v1/cases/{case_id}/searches"): people_who(Act.SEARCH_CASES),
    ("POST", "/api/v1/cases/{case_id}/closing"): people_who(Act.OPEN_CASES),
    ("GET", "/api/v1/lists"): people_who(Act.SEE_LISTS),
    ("GET", "/api/v1/readers"): people_who(Act.SEE_READERS),
    ("POST", "/api/v1/readers"): people_who(Act.CHANGE_READERS),
    ("DELETE", "/api/v1/readers/{reader_id}"): people_who(Act.CHANGE_READERS),
    ("POST", "/api/v1/readers/{reader_id}/key"): people_who(Act.CHANGE_READERS),
    # People.
    ("GET", "/api/v1/users"): people_who(Act.SEE_USERS),
    ("POST", "/api/v1/users"): people_who(Act.CHANGE_USERS),
    ("POST", "/api/v1/users/{user_id}/invite"): people_who(Act.CHANGE_USERS),
    ("PUT", "/api/v1/users/{user_id}/role"): people_who(Act.CHANGE_USERS),
    ("DELETE", "/api/v1/users/{user_id}"): people_who(Act.CHANGE_USERS),
    ("DELETE", "/api/v1/users/{user_id}/sessions"): people_who(Act.CHANGE_USERS),
}
