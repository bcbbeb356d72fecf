"""One login with a token for each process: shared by its threads, forgotten when it fails.

Decides when to log in, and turns what the token's library says into our errors. A process is logged
in with a token as a whole, not a thread or an object of Python, so the logins stand in this module.
All calls into the library are made under one lock: python-pkcs11 tells it that there is one thread.

A login is forgotten, and the library started afresh, when the token was removed or the session
lost. Before a use its landmark, the object with the keyring's identity, is read: a library may go
on finding no keys in a token that is gone. A forked child starts the library afresh as well;
nothing is forked while a call is under way.
"""

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pkcs11
from pkcs11 import (
    Attribute,
    Mechanism,
    Object,
    ObjectClass,
    PKCS11Error,
    Session,
    Slot,
    Token,
    TokenFlag,
)
from pkcs11.attributes import AttributeMapper

from fairplate.storage.locks import locked
from fairplate.vault.errors import KeyringStorageError
from fairplate.vault.keyring import TokenOptions
from fairplate.vault.keyrings.pkcs11.directory import login_lock_path, refused_path
from fairplate.vault.keyrings.pkcs11.labels import APPLICATION, MarkKind, mark_label
from fairplate.vault.keyrings.pkcs11.pin import read_pin, remember_refused, was_refused

_NEEDED = {
    Mechanism.GENERIC_SECRET_KEY_GEN: "CKM_GENERIC_SECRET_KEY_GEN",
    Mechanism.SHA256_HMAC: "CKM_SHA256_HMAC",
}
_NOT_PASSING = (
    pkcs11.ArgumentsBad,
    pkcs11.AttributeTypeInvalid,
    pkcs11.AttributeValueInvalid,
    pkcs11.FunctionNotSupported,
    pkcs11.KeySizeRange,
    pkcs11.MechanismInvalid,
    pkcs11.PinExpired,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.TemplateIncomplete,
    pkcs11.TemplateInconsistent,
    pkcs11.TokenWriteProtected,
    pkcs11.UserPinNotInitialized,
)
"""What the next try, and a new session, will meet again."""


@dataclass(slots=True)
class _Login:
    session: Session
    landmark: Object | None = None


_lock = threading.RLock()
_logins: dict[TokenOptions, _Login] = {}
_modules: set[Path] = set()
_stale: set[Path] = set()
_watching_forks = threading.Event()


def token_error(
    options: TokenOptions, what: str, *, expected: str, found: str, retryable: bool = False
) -> KeyringStorageError:
    """Return an error about the token, called by its label."""
    where = f"token {options.label}"
    return KeyringStorageError(where, what, expected=expected, found=found, retryable=retryable)


def forget_logins() -> None:
    """End every session of this process; the next use of a token logs in again."""
    with _lock:
        for module in _modules:
            _forget(module)
            with contextlib.suppress(PKCS11Error):
                pkcs11.lib(str(module)).finalize()


@contextlib.contextmanager
def logged_in(
    options: TokenOptions, where: Path, doing: str
) -> Iterator[tuple[Session, str | None]]:
    """Hold the process's session with the token alone; yield it and the keyring identity in it.

    `where` is the directory of the keyring. Raises KeyringStorageError, also in place of any
    PKCS11Error from inside, and OSError.
    """
    with _lock:
        _watch_forks()
        with _told(options, doing):
            login, identity = _find_login(options, where)
            yield login.session, identity


@contextlib.contextmanager
def _told(options: TokenOptions, doing: str) -> Iterator[None]:
    try:
        yield
    except PKCS11Error as error:
        passing = not isinstance(error, _NOT_PASSING)
        if passing:
            _forget(options.module)
        raise token_error(
            options,
            doing,
            expected="a token that can be used",
            found=f"its answer '{_spoken(error)}'",
            retryable=passing,
        ) from error


def _spoken(error: PKCS11Error) -> str:
    """Return the name of the error in words, or what python-pkcs11 says where it has no name."""
    if isinstance(error, pkcs11.DeviceMemory):
        return "no more room"
    if type(error) is PKCS11Error:
        return str(error).lower()
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", " ", type(error).__name__).lower()


def _find_login(options: TokenOptions, where: Path) -> tuple[_Login, str | None]:
    login = _logins.get(options)
    if login is not None and login.landmark is not None:
        try:
            return login, _read_identity(login.landmark)
        except PKCS11Error:  # lost; nothing was done under it yet, so look whether it is back
            _forget(options.module)
            login = None
    if login is None:
        # One process at a time: SoftHSM writes the token's own file anew at each login, and a
        # process that begins in that instant does not find the token.
        with locked(login_lock_path(where), exclusive=True):
            login = _Login(_log_in(options, refused_path(where)))
        _logins[options] = login
    login.landmark = _find_landmark(options, login.session)
    return login, None if login.landmark is None else _read_identity(login.landmark)


def _find_landmark(options: TokenOptions, session: Session) -> Object | None:
    template = {
        Attribute.CLASS: ObjectClass.DATA,
        Attribute.APPLICATION: APPLICATION,
        Attribute.LABEL: mark_label(MarkKind.IDENTITY),
    }
    found = list(session.get_objects(template))
    if len(found) > 1:
        expected = "objects of one keyring"
        raise token_error(options, "identity", expected=expected, found=f"those of {len(found)}")
    return found[0] if found else None


def _read_identity(landmark: Object) -> str:
    value: bytes = landmark[Attribute.VALUE]
    return value.decode("ascii", "replace")


def _log_in(options: TokenOptions, refused: Path) -> Session:
    pin = read_pin(options.pin_file)
    if was_refused(refused, options.pin_file):
        raise _refusal(options)
    token = _find_token(options)
    _require_open_to_login(options, token)
    try:
        session = token.open(rw=True, user_pin=pin, attribute_mapper=_mapper())
    except pkcs11.UserAlreadyLoggedIn:  # other code in this process is
        session = token.open(rw=True, attribute_mapper=_mapper())
    except pkcs11.PinIncorrect as error:
        remember_refused(refused, options.pin_file)
        _forget(options.module)  # python-pkcs11 leaves its session open
        raise _refusal(options) from error
    refused.unlink(missing_ok=True)
    return session


def _refusal(options: TokenOptions) -> KeyringStorageError:
    return token_error(
        options,
        f"PIN file {options.pin_file}",
        expected="the user PIN of the token",
        found="one that it refuses; it is not tried again until the file is written anew",
    )


def _require_open_to_login(options: TokenOptions, token: Token) -> None:
    flags = token.flags
    if flags & TokenFlag.USER_PIN_LOCKED:
        found = "that it is locked; unlock it with the tools of its maker"
    elif flags & TokenFlag.USER_PIN_FINAL_TRY:
        found = "one try left, which is yours: log in once with the tools of its maker"
    elif not flags & TokenFlag.USER_PIN_INITIALIZED:
        found = "none set"
    else:
        return
    raise token_error(options, "user PIN", expected="one that may be tried", found=found)


def _find_token(options: TokenOptions) -> Token:
    tokens = []
    for slot in _slots_of_module(options.module):
        with contextlib.suppress(PKCS11Error):  # another slot's trouble is not ours
            tokens.append(slot.get_token())
    named = [token for token in tokens if token.label == options.label]
    if len(named) != 1:
        _forget(options.module)  # some libraries see a token that came back only when begun afresh
        expected, found = "one with this label", str(len(named) or "none")
        raise token_error(options, "token", expected=expected, found=found, retryable=not named)
    offered = named[0].slot.get_mechanisms()
    lacking = [spelled for mechanism, spelled in _NEEDED.items() if mechanism not in offered]
    if lacking:
        expected = " and ".join(_NEEDED.values())
        raise token_error(
            options, "mechanisms", expected=expected, found=f"no {' and no '.join(lacking)}"
        )
    return named[0]


def _slots_of_module(module: Path) -> list[Slot]:
    try:
        library = pkcs11.lib(str(module))
    except PKCS11Error as error:
        if type(error) is not PKCS11Error:
            raise
        expected = "a PKCS#11 library that can be loaded"
        raise KeyringStorageError(
            str(module), "module", expected=expected, found=str(error)
        ) from error
    _modules.add(module)
    if module in _stale:
        with contextlib.suppress(PKCS11Error):
            library.finalize()
        library.initialize()
        _stale.discard(module)
    return library.get_slots(token_present=True)


def _forget(module: Path) -> None:
    for options in [options for options in _logins if options.module == module]:
        del _logins[options]
    _stale.add(module)


def _mapper() -> AttributeMapper:
    """Return how attributes are read: labels as bytes, which need not be UTF-8, types as numbers.

    Anything may lie in a token beside our objects.
    """
    mapper = AttributeMapper()
    mapper.register_handler(Attribute.LABEL, bytes, bytes)
    number = mapper.attribute_types[Attribute.VALUE_LEN]
    mapper.register_handler(Attribute.KEY_TYPE, *number)
    return mapper


def _watch_forks() -> None:
    if not _watching_forks.is_set():
        os.register_at_fork(
            before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_start_in_child
        )
        _watching_forks.set()


def _start_in_child() -> None:
    _logins.clear()
    _stale.update(_modules)
    _lock.release()
