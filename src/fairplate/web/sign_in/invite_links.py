"""Invites as links. The secret is in the part that browsers send to no server."""

from fairplate.deployment.invites import Invite
from fairplate.web.public_url import PublicUrl


def invite_link(public_url: PublicUrl, invite: Invite) -> str:
    """Return what the invited person opens in the browser."""
    return f"{public_url.origin}/invite#{invite.secret}"
