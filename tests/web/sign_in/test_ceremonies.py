"""Answers of passkeys, damaged in any way: refused, and nothing else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web.sign_in.soft_passkey import SoftPasskey, encode
from tests.worlds import NOON

from fairplate.audit.words import Role
from fairplate.deployment.passkeys import Passkey
from fairplate.deployment.people import Person
from fairplate.deployment.sign_in_refusals import SignInRefusedError
from fairplate.web.public_url import PublicUrl
from fairplate.web.sign_in.ceremonies import (
    ask_to_register,
    ask_to_sign,
    challenge_in,
    check_registered,
    check_signed,
    credential_id_in,
)

HERE = PublicUrl("http://localhost:8750", "localhost")
ADA = Person("user:1", Role.OPERATOR, "Ada", "", b"handle", NOON, NOON, None)
CHALLENGE = b"c" * 56


def made() -> tuple[SoftPasskey, Passkey]:
    device = SoftPasskey()
    answer = device.register({"publicKey": ask_to_register(HERE, ADA, (), CHALLENGE)})
    assert challenge_in(answer) == CHALLENGE
    new = check_registered(HERE, answer, CHALLENGE, ADA)
    return device, Passkey("1", ADA.id, new.credential_id, new.public_key, 1, NOON, NOON)


DEVICE, KEPT = made()
GOOD = DEVICE.sign({"publicKey": ask_to_sign(HERE, CHALLENGE)})


def test_a_good_answer_counts_and_moves_the_counter() -> None:
    assert check_signed(HERE, GOOD, CHALLENGE, KEPT, b"handle") == 2
    assert credential_id_in(GOOD) == KEPT.credential_id


def test_another_challenge_or_person_does_not() -> None:
    with pytest.raises(SignInRefusedError):
        check_signed(HERE, GOOD, b"d" * 56, KEPT, b"handle")
    with pytest.raises(SignInRefusedError):
        check_signed(HERE, GOOD, CHALLENGE, KEPT, b"another")


FIELDS = ["clientDataJSON", "authenticatorData", "signature"]


@settings(max_examples=200)
@given(st.sampled_from(FIELDS), st.one_of(st.binary(max_size=200).map(encode), st.text()))
def test_a_damaged_answer_is_refused(name: str, value: str) -> None:
    answer: dict[str, Any] = {**GOOD, "response": {**GOOD["response"], name: value}}
    with pytest.raises(SignInRefusedError):
        check_signed(HERE, answer, CHALLENGE, KEPT, b"handle")


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=300).map(encode), st.text()))
def test_a_damaged_registration_is_refused(value: str) -> None:
    good = SoftPasskey().register({"publicKey": ask_to_register(HERE, ADA, (), CHALLENGE)})
    answer = {**good, "response": {**good["response"], "attestationObject": value}}
    with pytest.raises(SignInRefusedError):
        check_registered(HERE, answer, CHALLENGE, ADA)


@given(st.one_of(st.binary(max_size=100).map(encode), st.text()))
def test_whatever_stands_for_client_data(value: str) -> None:
    with pytest.raises(SignInRefusedError):
        challenge_in({"response": {"clientDataJSON": value}})
