"""An event that was dragged to another calendar of the same account: gone from the one, standing in the other, called off
nowhere.

Which of the two is read first is chance. So before a reading in which one of our events is gone is kept, the person's other
calendars of that account are asked for that very event. Where one cannot be asked just now nothing is decided: the reading is
not kept, and made again later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from sqlmodel import Session

from service.app.house import House
from service.app.invite import draft
from service.app.tokens import behind_same_sign_in, with_account
from service.domain.errors import BadInput, Gone, NotFound, Unsupported
from service.ports.calendar import Account, EventDraft, Finds, RemoteEvent, SyncResult, Written
from service.store import calendars, meetings, pairs, people
from service.store.tables import Calendar, Meeting, Person


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands by now."""

    calendar_id: str
    remote_id: str


Elsewhere = Mapping[str, Place]  # by the event's UID
NOWHERE: Elsewhere = MappingProxyType({})


def look_elsewhere(house: House, calendar: Calendar, person: Person, result: SyncResult) -> Elsewhere:
    """Those of our events that are gone from ``calendar`` and stand in another one of the account.

    Raises ``ProviderTrouble`` where that cannot be told now."""
    if result.unchanged or not (result.full or result.removed or any(event.cancelled for event in result.events)):
        return {}
    with house.reading() as session:
        others = [one for one in behind_same_sign_in(session, calendar) if one.id != calendar.id]
        others = [one for one in others if one.status in ("connected", "error") and one.access == "events"]
        missing = _missing(house, session, calendar, result) if others else []
    found: dict[str, Place] = {}
    for meeting, made in missing:
        place = _search(house, others, person, meeting, made)
        if place is not None:
            found[meeting.ics_uid] = place
    return found


def _missing(
    house: House, session: Session, calendar: Calendar, result: SyncResult
) -> list[tuple[Meeting, EventDraft]]:
    """Our upcoming meetings that stood in the calendar as far as we knew, and do not by this reading."""
    held = calendars.events(session, calendar.id)
    there = {event.remote_id: event for event in result.events if not event.cancelled}
    uids = {event.uid for event in there.values()}
    gone = set(result.removed) | {event.remote_id for event in result.events if event.cancelled}
    gone |= set(held) if result.full else set()
    gone -= set(there)
    gone_uids = {held[id_].uid for id_ in gone if id_ in held}
    listed = []
    for meeting in meetings.in_calendar(session, calendar.id):
        lost = meeting.remote_id in gone or (meeting.ics_uid in gone_uids and meeting.remote_id not in there)
        if lost and meeting.ics_uid not in uids and meeting.status == "booked" and meeting.end > house.now():
            made = draft(house, session, pairs.get(session, meeting.pair_id), meeting)
            listed.append((meeting, made))
    return listed


def _search(
    house: House, others: Sequence[Calendar], person: Person, meeting: Meeting, made: EventDraft
) -> Place | None:
    for other in others:
        adapter = house.calendar(other.provider)
        if not isinstance(adapter, Finds):
            continue
        look = partial(_find, adapter, made, meeting.remote_id)
        try:
            there = with_account(house, other, person, look)
        except (Gone, Unsupported, BadInput):
            continue  # this one cannot hold it, or never tells
        if there is not None:
            return Place(other.id, there.remote_id)
    return None


def _find(finder: Finds, made: EventDraft, remote_id: str | None, account: Account) -> Written | None:
    return finder.find(account, made, remote_id)


def among(readings: Iterable[tuple[str, Sequence[RemoteEvent]]]) -> dict[str, Place]:
    """Where events stand by several readings that are kept together: ``(calendar's id, its events)``."""
    return {
        event.uid: Place(calendar_id, event.remote_id)
        for calendar_id, events in readings
        for event in events
        if event.uid and not event.cancelled
    }


def moved_over(house: House, session: Session, meeting: Meeting, place: Place) -> bool:
    """Goes along with the event, inside the caller's transaction, the pair locked: from here on the meeting is written and
    looked for there. False where that calendar is gone."""
    try:
        target = calendars.get(session, place.calendar_id)
        people.get(session, target.person_id)
    except NotFound:
        return False
    meeting.calendar_id, meeting.remote_id, meeting.etag = target.id, place.remote_id, None
    # It was perhaps read before, and took the event for anybody's: read in full, it shows at which time the event stands.
    target.sync_state = None
    key = f"{target.id}:dragged:{meeting.id}:{house.now()}"
    house.jobs.enqueue(session, "sync_calendar", target.id, key=key)
    return True
