"""What an outgoing address must look like before anything is looked up, and how it is named in messages."""

from __future__ import annotations

import httpx2

from service.domain.errors import BadAddress


def parse(url: str) -> httpx2.URL:
    """The parsed http(s) address. Raises ``BadAddress``; the sentence never repeats the address, which may
    hold a token."""
    try:
        parsed = httpx2.URL(url.strip())
    except (httpx2.InvalidURL, ValueError):
        raise BadAddress("This is not a web address. It should look like https://host/path.") from None
    if parsed.scheme not in {"http", "https"}:
        raise BadAddress("Only addresses that begin with https:// or http:// can be called.")
    if not parsed.host:
        raise BadAddress("The address names no host. It should look like https://host/path.")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise BadAddress("The port in the address must lie between 1 and 65535.")
    if parsed.userinfo:
        raise BadAddress("The address holds a user name or password; give those in their own fields.")
    return parsed


def split_userinfo(url: str) -> tuple[str, tuple[str, str] | None]:
    """``https://user:password@host/`` taken apart: the address without them, and the two, percent-decoded.

    For the few callers that accept such addresses knowingly; everywhere else ``parse`` refuses them."""
    try:
        parsed = httpx2.URL(url.strip())
    except (httpx2.InvalidURL, ValueError):
        return url, None
    if not parsed.userinfo:
        return url, None
    bare = parsed.copy_with(username=None, password=None)
    return str(bare), (parsed.username, parsed.password)


def place(url: httpx2.URL) -> str:
    """How an address is named in messages: its host, and its port where that is unusual. Never path, query or
    userinfo."""
    return url.host if url.port is None else f"{url.host}:{url.port}"


def origin(url: httpx2.URL) -> tuple[str, bytes, int]:
    """Scheme, host and port: who the credentials were meant for."""
    return url.scheme, url.raw_host, port(url)


def port(url: httpx2.URL) -> int:
    """The port that will be called."""
    return url.port or (443 if url.scheme == "https" else 80)
