"""People in: invites, passkeys, sessions, and who may do what over HTTP."""
