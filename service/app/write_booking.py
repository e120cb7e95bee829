"""Brings the calendar that carries a meeting to the meeting's newest version: create, rewrite or take out.

Driven by state, not by history: whatever was missed, one run makes it right, and running it twice changes nothing.
The calendar is never written while a transaction is open; a crash between writing and recording finds its own event again.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from service.app.change_meeting import apply_change
from service.app.disconnect import mark_disconnected
from service.app.house import House
from service.app.invite import draft, plan_invitations
from service.app.observe_copy import VIA, owner_of
from service.app.sync_calendar import sync_calendar
from service.app.tokens import with_account
from service.domain.errors import BadInput, Changed, Gone, HoldfastError, NotFound, ProviderTrouble, Refused, Throttled
from service.domain.errors import Unreachable as TryAgain
from service.ports.calendar import Account, CalendarAdapter, EventDraft, Finds, Written
from service.store import calendars, meetings, pairs, people
from service.store.tables import Calendar, Meeting, Person

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Order:
    meeting: Meeting
    adapter: CalendarAdapter
    calendar: Calendar
    person: Person
    draft: EventDraft


def write_booking(house: House, meeting_id: str) -> None:
    """One run. Raises ``Unreachable`` or ``Throttled`` when the provider should be tried again later."""
    order = _read(house, meeting_id)
    if order is not None and order.meeting.status == "cancelled" and order.meeting.remote_id is None:
        # Called off before its creation was recorded: a look tells whether the event is there.
        _look_again(house, order)
        order = _read(house, meeting_id)
    if order is None:
        return
    try:
        written = with_account(house, order.calendar, order.person, lambda account: _write(order, account))
    except (TryAgain, Throttled):
        raise
    except Gone:
        _look_again(house, order)
        _called_off_unseen(house, order)
        if _read(house, meeting_id) is not None:
            raise TryAgain("The event stands elsewhere by now, or could not be looked for.") from None
        return
    except Changed:
        _look_again(house, order)
        raise TryAgain("Someone changed the event at the same moment.") from None
    except (ProviderTrouble, BadInput) as trouble:
        give_up(house, meeting_id, trouble)
        return
    _record(house, order, written)
    _look_again(house, order)


def _read(house: House, meeting_id: str) -> _Order | None:
    with house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        if meeting.calendar_id is None or meeting.booking_status != "pending":
            return None
        calendar = session.get(Calendar, meeting.calendar_id)
        if calendar is not None:
            person = people.get(session, calendar.person_id)
            pair = pairs.get(session, meeting.pair_id)
            made = draft(house, session, pair, meeting)
    if calendar is None:
        _carry(house, meeting_id, Gone("The calendar that carried it was taken out."))
        return None
    return _Order(meeting, house.calendar(calendar.provider), calendar, person, made)


def _write(order: _Order, account: Account) -> Written | None:
    meeting, adapter = order.meeting, order.adapter
    if meeting.status == "cancelled":
        # The ETag would only stop us from taking out what someone retitled: the decision to cancel stands.
        remote_id = meeting.remote_id or _found(adapter, account, order.draft)
        if remote_id:
            adapter.cancel(account, remote_id, None, order.draft)
        return None
    if meeting.remote_id is None:
        written = adapter.create(account, order.draft)
        if meeting.sequence == 0:
            return written
        # Moved before it was ever recorded as written: what stands there may be an older version.
        return adapter.update(account, written.remote_id, written.etag, order.draft)
    return adapter.update(account, meeting.remote_id, meeting.etag, order.draft)


def _found(adapter: CalendarAdapter, account: Account, draft: EventDraft) -> str | None:
    """The event of a meeting whose creation was never recorded, where the provider's own UIDs hide it from a reading."""
    there = adapter.find(account, draft) if isinstance(adapter, Finds) else None
    return there.remote_id if there else None


def _record(house: House, order: _Order, written: Written | None) -> None:
    with house.writing() as session:
        pair = pairs.locked(session, order.meeting.pair_id)
        meeting = meetings.get(session, order.meeting.id)
        if written is not None:
            meeting.ics_uid = written.uid  # what the guests' copies bear
        if written is not None and meeting.server_invites and not written.invited:
            # The server promised to invite and did not: from now on we do.
            meeting.server_invites = False
            plan_invitations(house, session, pair, meeting)
        if written is not None:
            meeting.remote_id, meeting.etag = written.remote_id, written.etag
            meeting.known_start, meeting.known_end = order.draft.span.start, order.draft.span.end
            meeting.written_sequence = order.draft.sequence
        if meeting.sequence != order.draft.sequence or meeting.status != order.meeting.status:
            return  # changed while we wrote: the job of that change writes the rest
        if meeting.booking_status == "pending":
            meeting.booking_status = "written" if written is not None else "removed"
            meeting.booking_problem = None


def _look_again(house: House, order: _Order) -> None:
    """Reads the calendar: what we wrote is busy at once, and what someone else did is noticed."""
    if order.meeting.calendar_id:
        try:
            sync_calendar(house, order.meeting.calendar_id)
        except NotFound:
            return


def _called_off_unseen(house: House, order: _Order) -> None:
    """The event was created, its creation never recorded, and by now its owner has deleted it: that calls it off."""
    with house.writing() as session:
        pair = pairs.locked(session, order.meeting.pair_id)
        meeting = meetings.get(session, order.meeting.id)
        if meeting.status != "booked" or meeting.booking_status != "pending" or meeting.remote_id is not None:
            return
        apply_change(
            house, session, pair, meeting, None,
            initiator=owner_of(order.calendar, pair), via=VIA[order.calendar.provider], seen_in_calendar=True,
        )  # fmt: skip


def _settled_after_all(house: House, meeting_id: str) -> bool:
    """Whether the calendar was written and every answer that said so was lost: a look shows it, and nobody is told twice."""
    order = _read(house, meeting_id)
    if order is None:
        return False
    if order.meeting.status == "cancelled":
        settled, written = _is_gone(house, order), None
    else:
        written = _created(house, order) if order.meeting.remote_id is None and not order.meeting.sequence else None
        settled = written is not None
    if settled:
        _record(house, order, written)
    return settled


def _created(house: House, order: _Order) -> Written | None:
    adapter, made = order.adapter, order.draft
    if not isinstance(adapter, Finds):
        return None
    try:
        return with_account(house, order.calendar, order.person, lambda account: adapter.find(account, made))
    except (ProviderTrouble, BadInput):
        return None


def _is_gone(house: House, order: _Order) -> bool:
    remote_id = order.meeting.remote_id
    if remote_id is None:
        return False
    _look_again(house, order)
    with house.reading() as session:
        row = session.get(Calendar, order.calendar.id)
        read = row is not None and row.status == "connected"
        return read and remote_id not in calendars.events(session, order.calendar.id)


def give_up(house: House, meeting_id: str, trouble: HoldfastError) -> None:
    """The calendar cannot be written: the meeting stands all the same, Holdfast carries it and tells both by mail, also
    the one in whose calendar an older version is left behind. Where only the answers were lost, nothing is left to do."""
    if isinstance(trouble, Refused) or not _settled_after_all(house, meeting_id):
        _carry(house, meeting_id, trouble)


def _carry(house: House, meeting_id: str, trouble: HoldfastError) -> None:
    with house.writing() as session:
        row = meetings.get(session, meeting_id)
        pair = pairs.locked(session, row.pair_id)
        meeting = meetings.get(session, meeting_id)
        if meeting.booking_status != "pending":
            return
        meeting.booking_status, meeting.booking_problem = "failed", trouble.detail
        log.warning("booking_not_written", meeting_id=meeting_id, reason=trouble.code)
        if isinstance(trouble, Refused) and meeting.calendar_id:
            try:
                mark_disconnected(house, session, calendars.locked(session, meeting.calendar_id), trouble.detail)
            except NotFound:
                log.info("calendar_gone", calendar_id=meeting.calendar_id)
        if meeting.status == "booked" or meeting.remote_id is not None:
            meeting.organizer, meeting.server_invites = "holdfast", False
            plan_invitations(house, session, pair, meeting)
