"""The error tree: what went wrong, and whether trying again can help.

Messages name the field, what was expected and what was found. They never hold a plate.

    FairplateError
    ├── InputError          bytes or arguments from outside are not what they must be
    │   ├── SourceError     a picture, video or stream cannot be read
    │   ├── HotListError    a row of a hot list, or a whole list, is refused
    │   └── PayloadError    what a camera or its software sent is refused (ingest/vendor.py)
    ├── EngineError         an engine cannot be set up on this machine
    ├── StorageError        the database cannot be reached, is full, locked, or of another version
    ├── VaultError          sealed rows and their keys; its tree stands in vault/errors.py
    └── PolicyError         refused by the rules of the place (exit code 3)
"""


class FairplateError(Exception):
    """Base of every error this package raises on purpose; `retryable` says whether to try again."""

    retryable = False


class InputError(FairplateError):
    """Something from outside is wrong: one line of `where: field: expected …, found …`."""

    def __init__(
        self, where: str, field: str, *, expected: str, found: str, retryable: bool = False
    ) -> None:
        """Take the four parts of the line; `found` must describe a plate, never quote it."""
        super().__init__(f"{where}: {field}: expected {expected}, found {found}")
        self.where = where
        self.field = field
        self.expected = expected
        self.found = found
        self.retryable = retryable


class UnknownIdError(InputError):
    """There is nothing of the id that was given; `where` says what was looked for."""

    def __init__(self, where: str, *, expected: str) -> None:
        """Take what has ids, and which there are."""
        super().__init__(where, "id", expected=expected, found="none of that id")


class SourceError(InputError):
    """A picture, folder, video or stream cannot be read, or stopped half-way."""


class HotListError(InputError):
    """A hot list or one of its rows is refused; `where` holds file and line."""


class EngineError(FairplateError):
    """An engine cannot be set up here; the message says what to do about it."""


class StorageError(FairplateError):
    """The database cannot do what was asked: `what: expected …, found …`; nothing half-done stays.

    `retryable` if nothing but the machine or the network stands in the way.
    """

    def __init__(self, what: str, *, expected: str, found: str, retryable: bool = False) -> None:
        """Take the three parts of the line; `found` never holds a value that was to be stored."""
        super().__init__(f"{what}: expected {expected}, found {found}")
        self.retryable = retryable


class PolicyError(FairplateError):
    """The rules of the place, or SCOPE.md's refusals, forbid what was asked."""
