"""Creating, changing and cancelling an event: each can be called again without harm, none overwrites what it has not seen, and
Google mails the guests exactly once for each version."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.google.answers import NotUnderstood
from integrations.google.api import Session
from integrations.google.items import Item, ends, is_cancelled, people, text
from service.domain.errors import BadCalendar, Changed, Gone, ProviderTrouble
from service.domain.timespan import Span
from service.ports.calendar import Account, Attendee, EventDraft, Written

_MEETING, _SEQUENCE = "holdfast_meeting", "holdfast_sequence"
MEET = "hangoutsMeet"
_LONGEST_MEET_ID = 60

FIELDS = "id,status,etag,iCalUID,start,end,attendees,extendedProperties(private)"
_ALWAYS: dict[str, Any] = {"sendUpdates": "all", "conferenceDataVersion": 1, "fields": FIELDS}
"""On every write: without ``conferenceDataVersion`` Google drops the conference that is there."""


def event_id(draft: EventDraft) -> str:
    """Our own id for the event (Google allows a-v and 0-9), the same for the meeting's whole life: what makes creating
    twice create once."""
    digest = hashlib.sha256(f"{draft.meeting_id}\n{draft.uid}".encode()).digest()
    return "hf" + base64.b32hexencode(digest).decode().rstrip("=").lower()


def create(session: Session, account: Account, calendar: str, draft: EventDraft) -> Written:
    """Inserts the event under its own id, unless it is there already (then that is the answer).

    ``draft.conference`` asks for a link to meet at; a calendar that has none to give is no reason to go without the
    meeting. Raises ``Gone`` where the event was there and somebody deleted it."""
    body = {"id": event_id(draft), **_content(account, draft)}
    try:
        return _insert(session, account, calendar, draft, {**body, **_meet(draft)} if draft.conference else body)
    except NotUnderstood:
        if not draft.conference:
            raise
        return _insert(session, account, calendar, draft, body)


def find(
    session: Session, account: Account, calendar: str, draft: EventDraft, remote_id: str | None = None
) -> Written | None:
    """The meeting's event, if it stands there."""
    there = _get(session, calendar, remote_id or event_id(draft))
    if there is None or is_cancelled(there) or _private_of(there).get(_MEETING) != draft.meeting_id:
        return None
    return _written(account, there, draft)


def update(
    session: Session, account: Account, calendar: str, remote_id: str, etag: str | None, draft: EventDraft
) -> Written:
    """Moves the event, if ``etag`` still names it. Only what is ours is written: a title that somebody changed, a colour, an
    agenda or another guest stays."""
    there = _get(session, calendar, remote_id)
    if there is None or is_cancelled(there):
        raise _gone()
    missing = _missing(account, there, draft)
    moved = _span(there) != draft.span
    if not moved and not missing and _sequence(there) == draft.sequence:
        return _written(account, there, draft)
    version = text(there, "etag")
    if etag is not None and version != etag:
        raise _changed()
    body: dict[str, Any] = {**_times(draft), "extendedProperties": {"private": _private(draft)}}
    if missing:
        body["attendees"] = [*people(there), *missing]
    # Guests are told of what concerns them; that our count went up is not their concern.
    asked = _ALWAYS if moved or missing else {**_ALWAYS, "sendUpdates": "none"}
    try:
        answer = session.ask(
            lambda api: api.events().patch(calendarId=calendar, eventId=remote_id, body=body, **asked), if_match=version
        )
    except Changed:
        raise _changed() if _stands(session, calendar, remote_id) else _gone() from None
    if is_cancelled(answer):
        raise _gone()
    return _written(account, answer, draft)


def cancel(session: Session, calendar: str, remote_id: str, etag: str | None) -> None:
    """Deletes the event if it still is the version that ``etag`` names; one that is gone is a success."""
    try:
        session.ask(
            lambda api: api.events().delete(calendarId=calendar, eventId=remote_id, sendUpdates="all"), if_match=etag
        )
    except Gone:
        return
    except Changed:
        if _stands(session, calendar, remote_id):
            raise _changed() from None


def _insert(session: Session, account: Account, calendar: str, draft: EventDraft, body: dict[str, Any]) -> Written:
    try:
        answer = session.ask(lambda api: api.events().insert(calendarId=calendar, body=body, **_ALWAYS))
    except Changed:  # 409: the id is taken, by our own first attempt
        there = _get(session, calendar, str(body["id"]))
        if there is None or is_cancelled(there):
            raise _gone() from None
        if _private_of(there).get(_MEETING) != draft.meeting_id:
            raise ProviderTrouble("Google Calendar holds another event under the id of this one.") from None
        return _written(account, there, draft)
    return _written(account, answer, draft)


def _content(account: Account, draft: EventDraft) -> dict[str, Any]:
    return {
        "summary": draft.summary,
        "description": draft.description,
        **_times(draft),
        "attendees": [*_owner(account, draft), *(_person(one) for one in _guests(account, draft))],
        "guestsCanModify": False,  # so that only the organiser's side can move it
        "extendedProperties": {"private": _private(draft)},
        "reminders": {"useDefault": True},
        **({"source": {"title": "Holdfast", "url": draft.url}} if draft.url else {}),
    }


def _times(draft: EventDraft) -> dict[str, Any]:
    zone = ZoneInfo(draft.zone)
    return {
        name: {"dateTime": datetime.fromtimestamp(at, zone).isoformat(), "timeZone": draft.zone}
        for name, at in (("start", draft.span.start), ("end", draft.span.end))
    }


def _meet(draft: EventDraft) -> dict[str, Any]:
    request = {"requestId": event_id(draft)[:_LONGEST_MEET_ID], "conferenceSolutionKey": {"type": MEET}}
    return {"conferenceData": {"createRequest": request}}


def _private(draft: EventDraft) -> dict[str, str]:
    return {_MEETING: draft.meeting_id, _SEQUENCE: str(draft.sequence)}


def _own(account: Account, draft: EventDraft) -> set[str]:
    """The addresses that are the calendar's owner: Google knows them by one, we perhaps by another."""
    known = (account.settings.get("account", ""), account.owner_email, draft.organizer.email)
    return {one.strip().lower() for one in known if one}


def _guests(account: Account, draft: EventDraft) -> list[Attendee]:
    """Whom Google has to invite: everybody but the owner, who has the event by having the calendar."""
    own = _own(account, draft)
    return [one for one in draft.attendees if one.email.strip().lower() not in own]


def _owner(account: Account, draft: EventDraft) -> list[dict[str, Any]]:
    """The owner's own line, under the address by which Google knows them; under another they would be a guest."""
    email = account.settings.get("account", "")
    return [{"email": email, "responseStatus": "accepted"}] if email else []


def _person(one: Attendee) -> dict[str, Any]:
    return {"email": one.email, "displayName": one.name} if one.name else {"email": one.email}


def _missing(account: Account, there: Item, draft: EventDraft) -> list[dict[str, Any]]:
    invited = {str(one.get("email", "")).lower() for one in people(there)}
    return [_person(one) for one in _guests(account, draft) if one.email.strip().lower() not in invited]


def _get(session: Session, calendar: str, remote_id: str) -> dict[str, Any] | None:
    try:
        return session.ask(lambda api: api.events().get(calendarId=calendar, eventId=remote_id, fields=FIELDS))
    except Gone:
        return None


def _stands(session: Session, calendar: str, remote_id: str) -> bool:
    there = _get(session, calendar, remote_id)
    return there is not None and not is_cancelled(there)


def _written(account: Account, there: Item, draft: EventDraft) -> Written:
    remote_id, uid = text(there, "id"), text(there, "iCalUID")
    if remote_id is None or uid is None:
        raise ProviderTrouble("Google Calendar took the event and does not say under which id.")
    return Written(remote_id=remote_id, etag=text(there, "etag"), uid=uid, invited=bool(_guests(account, draft)))


def _span(there: Item) -> Span | None:
    try:
        start, end = ends(there, "UTC")
        return Span(start.at, end.at) if start.day is None else None
    except (BadCalendar, ValueError):
        return None


def _sequence(there: Item) -> int | None:
    value = str(_private_of(there).get(_SEQUENCE, ""))
    return int(value) if value.isascii() and value.isdigit() else None


def _private_of(there: Item) -> dict[str, Any]:
    properties: Sequence[Any] | Any = there.get("extendedProperties")
    private = properties.get("private") if isinstance(properties, dict) else None
    return private if isinstance(private, dict) else {}


def _gone() -> Gone:
    return Gone("The event is not in Google Calendar any more.")


def _changed() -> Changed:
    return Changed("Somebody else changed the event in Google Calendar.")
