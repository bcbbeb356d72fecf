"""What browsers send of passkeys."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Encoded = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$", max_length=8_192)]
"""Base64 with the URL's alphabet, without padding, as WebAuthn spells bytes."""


class Sent(BaseModel):
    """What comes in; nothing unknown with it, and no error quotes it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


def shown_as(**example: Any) -> ConfigDict:
    """Return the part of a form's settings that shows it in the API's description."""
    return ConfigDict(json_schema_extra={"example": example})


REGISTRATION_SHOWN = {
    "id": "AQID",
    "rawId": "AQID",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "attestationObject": "oA"},
}
ASSERTION_SHOWN = {
    "id": "AQID",
    "rawId": "AQID",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "MAA"},
}


class _Answer(BaseModel):
    # Browsers send more, and more with every version; what is not needed is dropped here.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class RegistrationResponse(_Answer):
    """`AuthenticatorAttestationResponseJSON` of WebAuthn level 3, as far as it is needed."""

    clientDataJSON: Encoded  # noqa: N815 - WebAuthn's name
    attestationObject: Encoded  # noqa: N815 - WebAuthn's name


class Registration(_Answer):
    """`RegistrationResponseJSON`: what a device answers that has made a passkey."""

    id: Encoded
    rawId: Encoded  # noqa: N815 - WebAuthn's name
    type: Annotated[str, Field(max_length=20)]
    response: RegistrationResponse

    def fields(self) -> dict[str, Any]:
        """Return it as the verifying code takes it."""
        return self.model_dump()


class AssertionResponse(_Answer):
    """`AuthenticatorAssertionResponseJSON`, as far as it is needed."""

    clientDataJSON: Encoded  # noqa: N815 - WebAuthn's name
    authenticatorData: Encoded  # noqa: N815 - WebAuthn's name
    signature: Encoded
    userHandle: Encoded | None = None  # noqa: N815 - WebAuthn's name


class Assertion(_Answer):
    """`AuthenticationResponseJSON`: what a device answers that has used a passkey."""

    id: Encoded
    rawId: Encoded  # noqa: N815 - WebAuthn's name
    type: Annotated[str, Field(max_length=20)]
    response: AssertionResponse

    def fields(self) -> dict[str, Any]:
        """Return it as the verifying code takes it."""
        return self.model_dump(exclude_none=True)


class Asked(BaseModel):
    """What a browser is asked of a passkey, as WebAuthn's functions in browsers take it."""

    publicKey: dict[str, Any]  # noqa: N815 - WebAuthn's name
