"""Lets every test here use tokens of SoftHSM2 and keyrings in them."""

from tests.vault.pkcs11.softhsm import keyring, place, soft_token

__all__ = ["keyring", "place", "soft_token"]
