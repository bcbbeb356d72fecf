"""Registering and using passkeys: what browsers are asked, and whether they answered rightly.

Decides that the device must have checked who uses it (user verification), that it finds the passkey
by itself, and that any answer which does not hold is refused in one way. Leaves challenges to
`deployment/challenges.py` and what is kept to `deployment/passkeys.py`.
"""

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fairplate.audit.words import SignInFailure
from fairplate.deployment.passkeys import Passkey
from fairplate.deployment.people import Person
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.web.public_url import PublicUrl

NAME = "Fairplate"
_ASKED_FOR_MS = 300_000
_REQUIRED = UserVerificationRequirement.REQUIRED
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that a device has just made."""

    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int


def ask_to_register(
    public_url: PublicUrl, person: Person, known: Iterable[Passkey], challenge: bytes
) -> dict[str, Any]:
    """Return what a browser is asked to make a passkey."""
    options = generate_registration_options(
        rp_id=public_url.host,
        rp_name=NAME,
        user_id=person.handle,
        user_name=person.name,
        challenge=challenge,
        timeout=_ASKED_FOR_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
    )
    return options_to_json_dict(options)


def ask_to_sign(
    public_url: PublicUrl, challenge: bytes, known: Iterable[Passkey] = ()
) -> dict[str, Any]:
    """Return what a browser is asked to use a passkey: any, or one that is known."""
    options = generate_authentication_options(
        rp_id=public_url.host,
        challenge=challenge,
        timeout=_ASKED_FOR_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        user_verification=_REQUIRED,
    )
    return options_to_json_dict(options)


def challenge_in(answer: dict[str, Any]) -> bytes:
    """Return the challenge that an answer says it answers; nothing of it is believed yet."""

    def find() -> bytes:
        data = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        return base64url_to_bytes(str(data["challenge"]))

    return _refusing(find, None)


def credential_id_in(answer: dict[str, Any]) -> bytes:
    """Return the passkey's id that an answer names."""
    return _refusing(lambda: base64url_to_bytes(answer["rawId"]), None)


def check_registered(
    public_url: PublicUrl, answer: dict[str, Any], challenge: bytes, person: Person
) -> NewPasskey:
    """Return the passkey that a device made; SignInRefusedError if the answer does not hold."""

    def check() -> NewPasskey:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=public_url.host,
            expected_origin=public_url.origin,
            require_user_verification=True,
        )
        return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)

    return _refusing(check, person.id)


def check_signed(
    public_url: PublicUrl,
    answer: dict[str, Any],
    challenge: bytes,
    passkey: Passkey,
    handle: bytes | None = None,
) -> int:
    """Return the passkey's new counter; SignInRefusedError if the answer does not hold.

    `handle` is whose passkey it is kept as: a device that names a person must name that one.
    """

    def check() -> int:
        named = answer["response"].get("userHandle")
        if named is not None and handle is not None:
            _require(hmac.compare_digest(base64url_to_bytes(named), handle))
        used = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=public_url.host,
            expected_origin=public_url.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        return used.new_sign_count

    return _refusing(check, passkey.person_id)


def _require(holds: bool) -> None:  # noqa: FBT001 - it is the question itself
    if not holds:
        raise SignInRefusedError(SignInFailure.SECRET)


def _refusing(work: Callable[[], _Result], person_id: str | None) -> _Result:
    try:
        return work()
    except Exception:  # noqa: BLE001 - whatever a forged answer breaks on the way, it is refused
        raise SignInRefusedError(SignInFailure.SECRET, person_id) from None
