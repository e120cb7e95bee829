"""Which network addresses an outgoing request may reach.

The rule is a positive one: an address must be ordinary public unicast. Whatever only looks public (an IPv4
address wrapped in IPv6, a tunnel whose far end we cannot know) is refused, because a stranger chose the host
name.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence

from service.domain.errors import BadAddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]
"""Host name and port to IP addresses in words, best first. Raises ``OSError`` where the name does not
resolve."""

_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")  # everything IANA has handed out as global unicast
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Named here and not left to ``is_global`` alone: which of them it knows depends on the version of Python.
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
    )
)
_METADATA_V6 = ipaddress.IPv6Address("fd00:ec2::254")  # a cloud's credentials, behind a private address


class SlowLookupError(Exception):
    """The resolver did not answer in the time there was."""


def system_resolver(host: str, port: int) -> list[str]:
    """What the operating system says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def lookup(resolver: Resolver, host: str, port: int, seconds: float) -> list[str]:
    """Resolves within ``seconds``. Raises ``SlowLookupError``, or ``OSError`` where the name does not
    resolve."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    if seconds <= 0:
        raise SlowLookupError
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolver(host, port)))
        except OSError as problem:
            answers.put(problem)
        except UnicodeError:  # a label that is too long or empty
            answers.put(OSError("not a host name"))

    # getaddrinfo knows no time limit, so it is asked on the side; a daemon thread never holds up a shutdown.
    threading.Thread(target=ask, name="holdfast-lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise SlowLookupError from None
    if isinstance(answer, OSError):
        raise answer
    if not answer:
        raise OSError("no addresses")
    return answer


def is_public(address: Address) -> bool:
    """Whether the address is ordinary public unicast.

    NAT64 (``64:ff9b::/96``) is judged by the IPv4 address inside it: on an IPv6-only network every IPv4 host
    looks so. IPv4-mapped, 6to4, Teredo and all other wrapped forms are refused whatever they hold.
    """
    if isinstance(address, ipaddress.IPv4Address):
        special = address.is_multicast or address.is_reserved or any(address in it for it in _SPECIAL_V4)
        return address.is_global and not special
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    if address not in _PUBLIC_V6 or any(address in it for it in _SPECIAL_V6):
        return False
    return address.is_global


def _never(address: Address) -> bool:
    """Refused even on an intranet: no calendar lives there, but a cloud's metadata service does
    (169.254.169.254)."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or (
            ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None
        )
        if inner is not None:
            return _never(inner)
    return address.is_link_local or address.is_multicast or address.is_unspecified or address == _METADATA_V6


def acceptable(found: Sequence[str], host: str, *, allow_private: bool) -> list[str]:
    """The addresses again, if every one of them may be reached; raises ``BadAddress`` if a single one may
    not.

    All or nothing: a name that answers with a public and a private address at once is an attack or a mistake.
    """
    for text in found:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            raise BadAddress(f"{host} resolves to something that is no internet address.") from None
        if _never(address) or not (allow_private or is_public(address)):
            raise BadAddress(
                f"{host} is not a public internet address. Holdfast only calls public addresses; "
                "whoever runs it can allow private ones with HOLDFAST_ALLOW_PRIVATE_URLS."
            )
    return list(found)
