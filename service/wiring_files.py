"""The part of the composition root that ``holdfast propose`` needs: calendars from files and addresses.

Apart from ``service.wiring``, because that one loads the database, the job engine and the web framework:
seconds, for a command that reads two files.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from integrations.errors import provider_error
from integrations.ical import read_calendar
from integrations.ical.zone_hint import zone_hint
from service.domain.busy import Busy
from service.domain.errors import BadCalendar, BadInput, Gone, Unreachable
from service.domain.timespan import Span
from service.ports.clock import SystemClock

if TYPE_CHECKING:  # a sixth of the time that two files take
    from integrations.http import GuardedClient

MOST_BYTES = 10_000_000
FETCH_SECONDS = 3.5
"""Wall seconds for one calendar, so that whoever waits at a terminal knows within five."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|webcals?:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A calendar as it came in. ``name`` is how it may be called in messages: a path as given, or just the host of
    an address, which may hold a token. ``zone`` and ``zone_from`` are what the calendar says of its owner's clock."""

    name: str
    data: bytes = field(repr=False)
    zone: str | None
    zone_from: str | None


def is_address(where: str) -> bool:
    """Whether this is an address to fetch rather than a path."""
    return _ADDRESS.match(where) is not None


def open_calendar(where: str, client: GuardedClient | None) -> ReadFile:
    """Reads a file, or fetches an address (which needs ``client``), without looking at the events.

    Raises ``BadInput`` for what cannot be a calendar or must not be called, ``ProviderTrouble`` where the host
    failed."""
    name, data = _fetched(where, client) if client and is_address(where) else (where, _file(where))
    if what := _no_calendar(data):
        raise BadCalendar(f"{name} is {what}.")
    hint = zone_hint(data)
    return ReadFile(name, data, hint.zone if hint else None, hint.found_in if hint else None)


def busy_in(file: ReadFile, zone: str, window: Span) -> Busy:
    """When its owner is busy in ``window``. Raises ``BadCalendar`` that names the file."""
    try:
        events = read_calendar(file.data, zone=zone, window=window)
    except BadCalendar as problem:
        raise BadCalendar(f"{file.name}: {problem.detail}") from problem
    return Busy.of((one.start, one.end, one.kind) for event in events for one in event.occurrences)


def web_client(*, allow_private: bool, ca_bundle: Path | None) -> GuardedClient:
    """The client for calendars at addresses."""
    from integrations.http import GuardedClient  # noqa: PLC0415

    return GuardedClient(allow_private=allow_private, ca_bundle=ca_bundle)


def _no_calendar(data: bytes) -> str | None:
    """What this is instead of a calendar, and what to do; ``None`` where it may be one."""
    head = data.lstrip()
    if not head:
        return "empty: export the calendar once more"
    if head.startswith(b"<"):
        return "a web page, no calendar: give the address that ends in .ics or is called iCal"
    if head.startswith(b"PK\x03\x04"):
        return "a ZIP archive: unpack it and name the .ics file in it"
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16
    return None if marked or b"BEGIN:VCALENDAR" in head[:10_000].upper() else "no iCalendar file: export it as .ics"


def _file(where: str) -> bytes:
    path = Path(where)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise BadInput(f"{where} is a folder: name the .ics file in it.")
        if not stat.S_ISREG(mode):
            raise BadInput(f"{where} is no ordinary file: save the calendar as an .ics file first.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"There is no file {where}: check the path.") from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "this is no path"
        raise BadInput(f"{where} cannot be read ({reason}).") from None
    if len(data) > MOST_BYTES:
        raise _too_big(where)
    return data


def _fetched(where: str, client: GuardedClient) -> tuple[str, bytes]:
    from integrations.http import TooBig, split_userinfo  # noqa: PLC0415

    # ``webcal:`` is how calendar programs spell https.
    address, login = split_userinfo(re.sub(r"^webcals?:", "https:", where.strip(), flags=re.IGNORECASE))
    host = urlsplit(address).hostname or ""
    try:
        answer = client.request(
            "GET",
            address,
            headers={"accept": "text/calendar, */*;q=0.1"},
            auth=login,
            deadline=FETCH_SECONDS,
            max_bytes=MOST_BYTES,
            follow_redirects=True,
        )
    except TooBig:
        raise _too_big(host) from None
    if answer.status == 200:
        return host, answer.body
    if answer.status < 300:
        raise Unreachable(f"{host} answered without a calendar (HTTP {answer.status}).")
    problem = provider_error(answer.status, host, answer.headers, now=SystemClock().now())
    if isinstance(problem, Gone):
        raise BadCalendar(f"{host} has no calendar at this address: copy it once more.")
    raise problem


def _too_big(name: str) -> BadCalendar:
    return BadCalendar(f"{name} is larger than {MOST_BYTES // 1_000_000} MB: export the calendar without its past.")
