"""The keyring that settings name."""

from fairplate.core.clock import Clock
from fairplate.settings import Settings
from fairplate.vault.keyring import KeyringOptions, RandomBytes, TokenOptions
from fairplate.vault.keyrings import KeyringKind, keyring_kind


def keyring_of(
    settings: Settings, clock: Clock, random_bytes: RandomBytes
) -> tuple[KeyringKind, KeyringOptions]:
    """Return the kind of keyring and its options; InputError for a kind that is not there."""
    options = KeyringOptions(
        directory=settings.keyring_directory,
        clock=clock,
        random_bytes=random_bytes,
        key_file=settings.key_file,
        token=_token(settings),
    )
    return keyring_kind(settings.keyring_kind), options


def _token(settings: Settings) -> TokenOptions | None:
    module, label, pin_file = settings.module, settings.token, settings.pin_file
    if module is None or label is None or pin_file is None:
        return None
    return TokenOptions(module, label, pin_file)
