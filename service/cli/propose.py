"""`holdfast propose`: two calendars in, ranked slots out; no server, no database."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.domain.errors import BadInput

if TYPE_CHECKING:
    from service.app.rank_slots import Search
    from service.domain.busy import Busy
    from service.domain.slots import Party
    from service.domain.week import Blocks
    from service.wiring_files import ReadFile

_WHERE = "An .ics file, or the https address of a published calendar."
Zone = Annotated[
    str | None,
    typer.Option(help="An IANA time zone such as Europe/Berlin. Unset: as the calendar says.", show_default=False),
]


def propose(
    mentor: Annotated[str, typer.Argument(metavar="MENTOR.ics", help=_WHERE)],
    mentee: Annotated[str, typer.Argument(metavar="MENTEE.ics", help=_WHERE)],
    mentor_zone: Zone = None,
    mentee_zone: Zone = None,
    minutes: Annotated[int, typer.Option(help="How long the meeting is: 15 to 240, in steps of 5.")] = 60,
    days: Annotated[int, typer.Option(help="How many days to look at: 1 to 180.")] = 28,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help="The first day, as 2026-09-01. Unset: 24 hours from now.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many slots: 1 to 20.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as GET /v1/pairs/{id}/slots does.")] = False,
) -> None:
    """Find times for two people that will hold, from their calendars.

    Needs no server and keeps nothing."""
    from service.app.rank_slots import check_horizon, check_limit, check_minutes

    check_minutes(minutes, "--minutes")
    check_horizon(days, "--days")
    check_limit(limit, "--limit")
    day = _day(since) if since is not None else None
    given = [_zone("--mentor-zone", mentor_zone), _zone("--mentee-zone", mentee_zone)]
    files = _open([mentor, mentee])
    zones = [
        zone or _found_zone(seat, file) for seat, file, zone in zip(("mentor", "mentee"), files, given, strict=True)
    ]
    search = search_from(day, zones[0], minutes=minutes, days=days)
    words = _ranked(files, zones, search, limit=limit)
    if as_json:
        typer.echo(json.dumps(words, indent=2))
    else:
        from service.cli.slots_table import show

        show(words, zones=zones, search=search)


def _day(text: str) -> str:
    from datetime import date

    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput.of("--from", f"{text!r} is no date; write it as 2026-09-01") from None
    if not 1971 <= day.year <= 2200:
        raise BadInput.of("--from", "must lie between 1971 and 2200")
    return text


def _zone(option: str, name: str | None) -> str | None:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    known = available_timezones()
    if name is None or name in known:
        return name
    near = get_close_matches(name.title().replace(" ", "_"), known, n=1)
    raise BadInput.of(
        option, f"{name!r} is no IANA time zone; " + (f"did you mean {near[0]}?" if near else "write Europe/Berlin")
    )


def _open(places: list[str]) -> list[ReadFile]:
    from service.wiring_files import is_address, open_calendar, web_client

    client = None
    if any(map(is_address, places)):
        from service.settings import load_settings

        settings = load_settings()
        client = web_client(allow_private=settings.allow_private_urls, ca_bundle=settings.ca_bundle)
    # Side by side: two hosts that do not answer cost the time of one.
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda place: open_calendar(place, client), places))


def _found_zone(seat: str, file: ReadFile) -> str:
    from service.cli.machine import machine_zone

    zone = file.zone or machine_zone()
    why = f"{file.zone_from} in {file.name}" if file.zone else f"this machine's: {file.name} names none"
    typer.echo(f"holdfast: {seat}'s time zone is {zone} ({why}); --{seat}-zone sets another.", err=True)
    return zone


def search_from(day: str | None, zone: str, *, minutes: int, days: int) -> Search:
    """With a day given that day is also when the booking would be made: the same files give the same answer."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from service.app.rank_slots import Search
    from service.domain.timespan import DAY, MINUTE, epoch
    from service.ports.clock import SystemClock

    if day is None:
        now = SystemClock().now()
        begin = now + DAY
    else:
        now = begin = epoch(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)))
    return Search(now=now, not_before=begin, until=begin + days * DAY, duration=minutes * MINUTE)


def two_parties(files: list[ReadFile], zones: list[str], search: Search) -> tuple[Party, Party]:
    """Mentor and mentee: usual hours on each one's clock, and what their calendars say. Raises ``BadCalendar``."""
    from service.domain.slots import Party
    from service.domain.timespan import DAY, Span
    from service.domain.windows import Timetable
    from service.wiring_files import busy_in

    # More on both sides: what lies around a slot says how likely it is to hold.
    window = Span(search.not_before - 2 * DAY, search.until + DAY)
    busy = [busy_in(file, zone, window) for file, zone in zip(files, zones, strict=True)]
    for file, times in zip(files, busy, strict=True):
        _note_emptiness(file, times, search)
    mentor, mentee = (Party(Timetable(zone, usual_hours()), times) for zone, times in zip(zones, busy, strict=True))
    return mentor, mentee


def _ranked(files: list[ReadFile], zones: list[str], search: Search, *, limit: int) -> dict[str, Any]:
    """The answer in the words of the API."""
    from dataclasses import asdict

    from service.app.rank_slots import Declined, rank_slots
    from service.app.show_slots import slot_words
    from service.domain.ledger import Seat
    from service.domain.stability import NO_MEMORY, PRIOR

    parties = two_parties(files, zones, search)
    ranked = rank_slots(parties, search, NO_MEMORY, PRIOR, limit=limit)
    if isinstance(ranked, Declined):
        return {"complete": True, "slots": [], "declined_because": asdict(ranked)}
    seats = {Seat.MENTOR: zones[0], Seat.MENTEE: zones[1]}
    return {"complete": True, "slots": [slot_words(slot, seats) for slot in ranked]}


def usual_hours() -> Blocks:
    """Working hours of somebody of whom only the calendar is known."""
    from service.domain.week import weekly_hours

    days = ["mon", "tue", "wed", "thu", "fri"]
    return (weekly_hours("working_hours", {"weekdays": days, "start": "09:00", "end": "17:00"}),)


def _note_emptiness(file: ReadFile, busy: Busy, search: Search) -> None:
    if not busy.clipped(search.not_before, search.until).starts.size:
        typer.echo(f"holdfast: {file.name} has nothing in that time; is it the right calendar?", err=True)
