"""A client of a Fairplate server, for other programs: typed, small, and without surprises.

Decides what of an answer is told: a `ServerError` holds the server's words, which name no plate.
Leaves sending again to the caller: `ServerError.retryable` says whether that may help.

    with Client("https://plates.example", key) as client:
        client.send_reads([SentRead(id="1", captured_at=now, plate="TEST123", confidence=0.98)])
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from fairplate.core.clock import require_aware
from fairplate.core.errors import FairplateError, InputError

MOST_READS = 500
MOST_ANSWER_BYTES = 16 << 20
TIMEOUT = timedelta(seconds=30)
_OWN = frozenset({"localhost", "127.0.0.1", "::1"})
_RETRYABLE = frozenset({408, 429, 502, 503, 504})


class ServerError(FairplateError):
    """The server refused, or could not be reached. `status` None: no answer came."""

    def __init__(self, message: str, *, status: int | None, retryable: bool) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = retryable


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRead:
    """One read to be sent; docs/server.md tells each field. `picture` are a JPEG's or PNG's bytes.

    `captured_at` is aware. `box` is left, top, right, bottom in pixels of the picture.
    """

    id: str
    captured_at: datetime
    plate: str
    confidence: float
    region: str | None = None
    direction: str = ""
    frames: int = 1
    from_video: bool = False
    picture: bytes | None = None
    box: tuple[int, int, int, int] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as the server takes it."""
        require_aware(self.captured_at, where="read", field="captured_at")
        found: dict[str, Any] = {
            "id": self.id,
            "captured_at": self.captured_at.isoformat(),
            "plate": self.plate,
            "confidence": self.confidence,
            "region": self.region,
            "direction": self.direction,
            "frames": self.frames,
            "from_video": self.from_video,
        }
        if self.picture is not None:
            found["picture"] = base64.b64encode(self.picture).decode()
        if self.box is not None:
            found["box"] = list(self.box)
        return found


class Client:
    """Talks to one server; to be closed. Follows no redirect: a key is for one server alone."""

    def __init__(
        self, url: str, key: str | None = None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Take the server's URL, and a reader's key or an API token.

        Raises InputError for a URL over which a key would go in clear.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _OWN):
            expected = "https://…, or http:// to this machine"
            raise InputError("client", "url", expected=expected, found="another")
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=TIMEOUT.total_seconds(),
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Let connections go."""
        self._client.close()

    def send_reads(self, reads: Sequence[SentRead]) -> dict[str, str]:
        """Send a batch, all or nothing; return what became of each, by id.

        It is `taken`, a `duplicate`, or why it was refused. Raises ServerError; InputError for an
        empty batch or more than MOST_READS.
        """
        if not 0 < len(reads) <= MOST_READS:
            expected = f"1 to {MOST_READS}"
            raise InputError("client", "reads", expected=expected, found=f"{len(reads)}")
        body = {"reads": [one.as_json() for one in reads]}
        answer = self._ask("POST", "/api/v1/reads", body)
        return {one["id"]: one["outcome"] for one in answer["taken"]}

    def transparency(self) -> Mapping[str, Any]:
        """Return what everybody may know of the server; docs/server.md tells the fields."""
        return self._ask("GET", "/api/v1/transparency")

    def is_ready(self) -> bool:
        """Say whether the server can take reads; ServerError where none answers."""
        try:
            self._ask("GET", "/readyz")
        except ServerError as error:
            if error.status is None:
                raise
            return False
        return True

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        try:
            with self._client.stream(method, path, json=body) as answer:
                found = _read(answer)
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"server: expected an answer, found {type(error).__name__}"
            raise ServerError(message, status=None, retryable=True) from None
        if not answer.is_success:
            told = str(found.get("detail", "no reason"))[:500]
            message = f"server: {status}: {told}"
            raise ServerError(message, status=status, retryable=status in _RETRYABLE)
        return found


def _read(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer, {} for what is none of a failure."""
    data = bytearray()
    for part in answer.iter_bytes():
        data += part
        if len(data) > MOST_ANSWER_BYTES:
            break
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    if not answer.is_success:
        return {}
    message = "server: expected an answer of a Fairplate server, found another"
    raise ServerError(message, status=answer.status_code, retryable=False)
