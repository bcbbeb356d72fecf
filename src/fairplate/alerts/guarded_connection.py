"""A TCP connection to an address that was looked at first, with one deadline over all of it.

Decides which addresses are never connected to: those of this machine and of its own network,
where services trust whoever reaches them (server-side request forgery). The address that was
checked is the one connected to, so a name that changes in between helps nobody.
"""

import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from typing import TypeAlias

from fairplate.alerts.channel import DeliveryError
from fairplate.verify.witness.deadlines import TimedStream

_Ip: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Found: TypeAlias = tuple[socket.AddressFamily, tuple[object, ...]]

_REFUSED = (
    ipaddress.ip_network("168.63.129.16/32"),  # public, but the host's own service at one provider
    ipaddress.ip_network("192.0.0.0/24"),  # RFC 6890; metadata of another provider is at .192
    ipaddress.ip_network("fec0::/10"),  # site-local until RFC 3879
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_WRITE_BYTES = 1 << 14
"""Written at a time: over TLS each write has the time that is left, not all of them together."""


class RefusedAddressError(Exception):
    """The name leads to an address that nothing is sent to."""


class TimedSocket:
    """What http.client and smtplib use of a socket; TimeoutError after the deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        """Take a connected socket; `deadline` is monotonic."""
        self.connection = connection
        self._stream = TimedStream(connection, deadline - time.monotonic())

    def allow_until(self, deadline: float) -> None:
        """Set another deadline."""
        self._stream.allow(deadline - time.monotonic())

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        view = memoryview(data)
        for start in range(0, len(view), _WRITE_BYTES):
            self._stream.write(view[start : start + _WRITE_BYTES])

    def makefile(self, _mode: str = "rb", *_more: object) -> io.BufferedReader:
        """Return what comes back."""
        return io.BufferedReader(self._stream)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def connect(host: str, port: int, deadline: float, *, allow_private: bool) -> socket.socket:
    """Return a connection to the first address of `host` that takes one, by `deadline`.

    Raises OSError, or RefusedAddressError if any address of the name is refused.
    """
    found = resolve(host, port, deadline)
    if not allow_private and not all(is_public(str(address[0])) for _, address in found):
        raise RefusedAddressError
    trouble: OSError = ConnectionRefusedError()
    for number, (family, address) in enumerate(found):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            # A dead address leaves time for those after it.
            connection.settimeout(_left(deadline) / (len(found) - number))
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            trouble = error
        else:
            return connection
    raise trouble


def encrypt(
    connection: socket.socket, context: ssl.SSLContext, host: str, deadline: float
) -> ssl.SSLSocket:
    """Return the connection under TLS, its certificate verified for `host`; closes it if not."""
    try:
        connection.settimeout(_left(deadline))
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def resolve(host: str, port: int, deadline: float) -> list[_Found]:
    """Return the addresses of `host` by `deadline`; raises OSError."""
    answers: queue.SimpleQueue[list[_Found] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(family, address) for family, _, _, _, address in found])
        except OSError as error:
            answers.put(error)
        except (ValueError, OverflowError):  # no name can be so: UnicodeError is a ValueError
            answers.put(socket.gaierror(socket.EAI_NONAME, "no such name"))

    # The system's resolver takes no time limit, and may be quiet for half a minute.
    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=_left(deadline))
    except queue.Empty:
        raise TimeoutError("timed out") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def is_public(address: str) -> bool:
    """Say whether an address is reached over the internet only, whatever it is wrapped in."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(
        one.is_global
        and not one.is_multicast
        and not one.is_reserved
        and not any(one in network for network in _REFUSED)
        for one in _unwrapped(ip)
    )


def _unwrapped(ip: _Ip) -> list[_Ip]:
    """Return the address, or the IPv4 address that an IPv6 one stands for."""
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    if ip in _NAT64:
        return [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    if ip.sixtofour is not None:
        return [ip, ip.sixtofour]
    if ip.teredo is not None:
        return [ip, *ip.teredo]
    return [ip]


def tell_failure(who: str, error: Exception) -> DeliveryError:
    """Return what a connection's error means for the message; `who` begins the sentence."""
    match error:
        case RefusedAddressError():
            told = f"{who} is at an address of a private network, and allow_private is not set"
            return DeliveryError(told, retryable=False)
        case TimeoutError():
            told = "did not answer in time"
        case ssl.SSLCertVerificationError():
            # An expired certificate is renewed, and the alert still matters then.
            told = f"has no valid TLS certificate ({error.verify_message})"
        case ssl.SSLError():
            told = f"cannot be reached over TLS ({error.reason or 'no TLS'})"
        case socket.gaierror():
            told = "cannot be found: its name has no address"
        case OSError():
            told = f"cannot be reached ({error.strerror or type(error).__name__})"
        case _:
            told = "answered with something else than its protocol"
    return DeliveryError(f"{who} {told}", retryable=True)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
