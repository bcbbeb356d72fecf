"""The keys of a log, in one private directory outside the database.

Decides what lies there and that no checkpoint is ever signed that contradicts an earlier one:

    signing.key         signs checkpoints, as verify/notes.py spells it, under the log's origin
    private-parts.key   seals the private parts of events, 64 hexadecimal digits
    signed              the text of the last checkpoint that was signed
    lock                held while one is signed

The directory may be backed up, apart from the database.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fairplate.audit.private_parts import KEY_BYTES, PrivatePartsKey
from fairplate.core.errors import InputError
from fairplate.storage import durable
from fairplate.storage.locks import locked
from fairplate.verify.checkpoints import Checkpoint, parse_checkpoint
from fairplate.verify.errors import LogFormatError
from fairplate.verify.notes import KeyType, SigningKey, make_signing_key, parse_signing_key
from fairplate.verify.tree import EMPTY_ROOT

SIGNING, PRIVATE_PARTS, SIGNED, LOCK = "signing.key", "private-parts.key", "signed", "lock"
_NAMES = (LOCK, PRIVATE_PARTS, SIGNED, SIGNING)
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of one log, read from its directory."""

    directory: Path
    signing: SigningKey
    private_parts: PrivatePartsKey = field(repr=False)

    @property
    def origin(self) -> str:
        """The log's name: the first line of its checkpoints."""
        return self.signing.name

    @contextlib.contextmanager
    def signing_alone(self) -> Iterator[Checkpoint]:
        """Keep others from signing, and give the last checkpoint that was signed."""
        with told(self.directory, "signing"), locked(self.directory / LOCK, exclusive=True):
            yield self.last_signed()

    def last_signed(self) -> Checkpoint:
        """Return the last checkpoint that was signed; of size 0 if none was."""
        path = self.directory / SIGNED
        try:
            last = parse_checkpoint(_read(path))
        except LogFormatError as error:
            raise _damaged(path, str(error)) from None
        if last.origin != self.origin:
            raise _damaged(path, "another log's checkpoint")
        return last

    def note_signed(self, checkpoint: Checkpoint) -> None:
        """Remember `checkpoint` before anybody sees its signature; only while signing alone."""
        durable.erase_temporary(self.directory / SIGNED)
        durable.write_file(self.directory / SIGNED, checkpoint.text.encode())


def create_log_keys(directory: Path, origin: str, random_bytes: Callable[[int], bytes]) -> LogKeys:
    """Make the keys of a new log called `origin`, or finish what a crash left of that.

    The directory is made, mode 0700. Raises InputError for an origin that no log may have, and if
    there is a whole one already.
    """
    try:
        signing = make_signing_key(origin, KeyType.NOTE, random_bytes)
    except LogFormatError as error:
        raise InputError("log", "name", expected=str(error), found="another") from None
    with told(directory, "making the log's keys"):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (directory / SIGNING).exists():
            expected = "a directory without a log's keys"
            raise InputError(str(directory), "log keys", expected=expected, found="some")
        for name in _NAMES:  # of an attempt that did not come as far as the signing key
            durable.erase_temporary(directory / name)
        durable.write_file(directory / LOCK, b"")
        private = random_bytes(KEY_BYTES)
        durable.write_file(directory / PRIVATE_PARTS, f"{private.hex()}\n".encode())
        empty = Checkpoint(origin, 0, EMPTY_ROOT)
        durable.write_file(directory / SIGNED, empty.text.encode())
        durable.write_file(directory / SIGNING, f"{signing.spell()}\n".encode())
    return LogKeys(directory, signing, PrivatePartsKey(private))


def read_log_keys(directory: Path) -> LogKeys:
    """Return the keys in `directory`; InputError if they are not there, or not ours alone."""
    with told(directory, "reading the log's keys"):
        for path in (directory, directory / SIGNING, directory / PRIVATE_PARTS):
            found = durable.openness(path)
            if found is not None:
                expected = "one that only this user may use"
                raise InputError(str(path), "log keys", expected=expected, found=found)
        signing, private = _read(directory / SIGNING), _read(directory / PRIVATE_PARTS)
    try:
        key = parse_signing_key(signing.removesuffix("\n"))
        secret = bytes.fromhex(private)
    except (LogFormatError, ValueError):
        raise _damaged(directory, "damaged ones") from None
    if key.type is not KeyType.NOTE:
        raise _damaged(directory, "another type of key")
    return LogKeys(directory, key, PrivatePartsKey(secret))


@contextlib.contextmanager
def told(directory: Path, doing: str) -> Iterator[None]:
    """Turn an error of the operating system into one that says where and at what."""
    try:
        yield
    except OSError as error:
        found = (error.strerror or type(error).__name__).lower()
        expected = "a disk that can be read and written"
        raise InputError(str(directory), doing, expected=expected, found=found) from error


def _read(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(_MAX_BYTES).decode("utf-8", errors="replace")


def _damaged(path: Path, found: str) -> InputError:
    return InputError(str(path), "log keys", expected="those of one log, whole", found=found)
