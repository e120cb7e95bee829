"""Addresses: what the user typed, what a server calls its resources, and whom a password may go to."""

from __future__ import annotations

import ipaddress
from urllib.parse import quote_from_bytes, unquote_to_bytes, urljoin, urlsplit, urlunsplit

from service.domain.errors import BadCalendar

_SCHEMES = {"caldavs": "https", "caldav": "https", "webcals": "https", "webcal": "https"}
_NO_ADDRESS = "This is not the address of a CalDAV server; it should look like https://host/path."
# Under these a registrable name has three labels (example.co.uk). Not complete, and need not be: see
# ``related``.
_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "gob", "gov", "ne", "net", "nom", "or", "org"})


def typed(address: str) -> str:
    """The http(s) address a person meant: a bare host gets ``https://``. Raises ``BadCalendar``."""
    text = address.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise BadCalendar(_NO_ADDRESS) from None
    scheme = _SCHEMES.get(parts.scheme.lower(), parts.scheme.lower())
    if scheme not in {"http", "https"} or not parts.hostname:
        raise BadCalendar("This is not the address of a CalDAV server; it should look like https://host/path.")
    if parts.username is not None or parts.password is not None:
        raise BadCalendar("Leave the user name and password out of the address; they have fields of their own.")
    return urlunsplit((scheme, parts.netloc, parts.path or "/", parts.query, ""))


def host(url: str) -> str:
    """How a server is named in messages."""
    return urlsplit(url).hostname or "the server"


def path(href: str, base: str) -> str:
    """The path an href means, in one spelling.

    Servers call one resource ``/a@b/`` here and ``/a%40b/`` there; an id must not depend on that. Every
    character that can be encoded is, segment by segment, so that ``%2F`` inside a name stays what it is.
    Raises ``BadCalendar``."""
    href = href.strip()
    # A name like "10:30.ics" would look like a scheme to urljoin; hrefs in answers are nearly always absolute paths.
    if href.startswith("/") and not href.startswith("//"):
        whole = href.partition("?")[0].partition("#")[0]
    else:
        try:
            whole = urlsplit(urljoin(base, href)).path
        except ValueError:
            raise BadCalendar(f"{host(base)} names something by an address that is none.") from None
    whole = whole if whole.startswith("/") else f"/{whole}"
    return "/".join(quote_from_bytes(unquote_to_bytes(part), safe="") for part in whole.split("/"))


def at(base: str, where: str) -> str:
    """The address of ``where`` (a path as ``path`` makes it) on the server of ``base``."""
    parts = urlsplit(base)
    return urlunsplit((parts.scheme, parts.netloc, where, "", ""))


def same_path(one: str, other: str) -> bool:
    """Whether two paths name one collection, with or without the slash at the end."""
    return one.rstrip("/") == other.rstrip("/")


def related(start: str, target: str) -> bool:
    """Whether a password given for ``start`` may be sent to ``target``.

    Never from https down to http; only to the same host or to one under the same registrable name (iCloud
    hands out ``p42-caldav.icloud.com``). Without the list of public suffixes this is a rule of thumb, and it
    is enough: the one who names the target is the server that is given the password anyway."""
    try:
        here, there = urlsplit(start), urlsplit(target)
    except ValueError:
        return False
    if there.scheme not in {"http", "https"} or (here.scheme == "https" and there.scheme == "http"):
        return False
    mine, theirs = (here.hostname or "").rstrip("."), (there.hostname or "").rstrip(".")
    if mine == theirs:
        return bool(mine)
    return _registrable(mine) is not None and _registrable(mine) == _registrable(theirs)


def _registrable(name: str) -> tuple[str, ...] | None:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return None
    labels = name.split(".")
    count = 3 if len(labels) > 1 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS else 2
    return tuple(labels[-count:]) if len(labels) >= count else None
