"""How an invite is told: its link, and how long it is good."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairplate.core.clock import spell_moment

if TYPE_CHECKING:
    from fairplate.deployment.invites import Invite
    from fairplate.wiring import Deployment


def invite_lines(deployment: "Deployment", invite: "Invite") -> Iterator[str]:
    """Yield the link and what to do with it."""
    yield link_of(deployment, invite)
    yield f"works once, until {spell_moment(invite.ends_at)}, while `fairplate serve` runs"


def link_of(deployment: "Deployment", invite: "Invite") -> str:
    """Return the link; it holds the secret."""
    from fairplate.web.public_url import read_public_url  # noqa: PLC0415 - see deployment_folder.py
    from fairplate.web.sign_in.invite_links import invite_link  # noqa: PLC0415

    return invite_link(read_public_url(deployment.settings.server), invite)
