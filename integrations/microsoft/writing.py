"""Creating, moving and cancelling our own events: each can be called again without harm, and Outlook itself invites.

An event bears our meeting's id and version as extended properties: by them it is found again after a lost answer."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from integrations.microsoft.answers import NAME
from integrations.microsoft.connecting import address_of
from integrations.microsoft.delta import calendar_path
from integrations.microsoft.events import Raw, etag_of, id_of, span_of, uid_of
from integrations.microsoft.graph import Json, Mailbox
from integrations.microsoft.series import event_path
from service.domain.errors import BadCalendar, Changed, Gone, Refused, Unreachable, Unsupported
from service.domain.timespan import epoch, local, rfc3339
from service.ports.calendar import Account, EventDraft, Written

_SET = "String {6f2a3c1e-55d0-4b7c-9f0e-2f4c1d9a7b35} Name "
MEETING, VERSION = _SET + "HoldfastMeeting", _SET + "HoldfastVersion"
_WITH_OURS = {"$expand": f"singleValueExtendedProperties($filter=id eq '{MEETING}' or id eq '{VERSION}')"}
# Every zone here has a counterpart among Windows's names, so Outlook knows it.
_KNOWN_ZONES = frozenset(WINDOWS_TO_OLSON.values())


def create(mailbox: Mailbox, account: Account, draft: EventDraft) -> Written:
    """Creates the event; where Graph has it already, that one is the answer."""
    invites = server_invites(account, draft)
    path = f"{calendar_path(account.settings.get('calendar', ''))}/events"
    try:
        made = mailbox.write("POST", path, _body(account, draft, invites=invites))
    except Changed:  # 409: this transaction is known
        there = _ours(mailbox, account, draft)
        if there is None:
            raise Gone(f"{NAME} had this meeting, and it was deleted there.") from None
        made = there
    except Refused as trouble:
        raise _may_not_write(trouble) from None
    return _written(made, invites=invites)


def find(mailbox: Mailbox, account: Account, draft: EventDraft, remote_id: str | None = None) -> Written | None:
    """Where the meeting's event stands, if it stands in this calendar."""
    there = _ours(mailbox, account, draft, remote_id)
    return _written(there, invites=server_invites(account, draft)) if there is not None else None


def update(mailbox: Mailbox, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
    """Moves the event that ``etag`` names. Title, text and guests stay as they are: they may be others' by now, and
    a text that is written again loses its link to the online meeting."""
    invites = server_invites(account, draft)
    there = _with_ours(mailbox, remote_id)
    if there.get("isCancelled") is True:
        raise Gone(f"{NAME} says this event was called off.")
    same_time = span_of(there, account.zone) == draft.span
    # An event that shows no version of ours (a copy made by hand) needs none: the time is right.
    if same_time and _ours_in(there).get(VERSION) in {str(draft.sequence), None}:
        return _written(there, invites=invites)
    if etag is not None and etag_of(there) not in {etag, None}:
        raise Changed(f"Somebody else changed the event at {NAME}.")
    body: Json = {"singleValueExtendedProperties": [{"id": VERSION, "value": str(draft.sequence)}]}
    if not same_time:
        body |= {"start": _time(draft.span.start, draft.zone), "end": _time(draft.span.end, draft.zone)}
        body |= {"isAllDay": False} if there.get("isAllDay") is True else {}
    try:
        made = mailbox.write("PATCH", event_path(remote_id), body, etag=etag_of(there))
    except Refused as trouble:
        raise _may_not_write(trouble) from None
    return _written(made if made.get("id") else _with_ours(mailbox, remote_id), invites=invites)


def cancel(mailbox: Mailbox, account: Account, remote_id: str, etag: str | None) -> None:
    """Takes the event out, by cancelling where there are guests to tell; one that is gone is a success."""
    try:
        there = mailbox.get(event_path(remote_id))
        if there.get("isCancelled") is not True and etag is not None and etag_of(there) not in {etag, None}:
            raise Changed(f"Somebody else changed the event at {NAME}.")
        guests = there.get("attendees")
        tells = bool(guests) and there.get("isOrganizer") is True and there.get("isCancelled") is not True
        if tells:
            mailbox.write("POST", f"{event_path(remote_id)}/cancel", {})
        else:
            mailbox.write("DELETE", event_path(remote_id), etag=etag_of(there))
    except Gone:
        return
    except Refused as trouble:
        raise _may_not_write(trouble) from None
    except BadCalendar as trouble:
        raise Unreachable(trouble.detail) from None


def server_invites(account: Account, draft: EventDraft) -> bool:
    """Whether Outlook is to invite: what somebody else organises is theirs to announce."""
    ours = {account.owner_email.lower(), address_of(account).lower()}
    return account.server_invites and draft.organizer.email.lower() in ours and bool(_guests(account, draft))


def transaction_id(draft: EventDraft) -> str:
    """The same for every attempt at the same meeting."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"holdfast:{draft.uid}".encode()).digest()[:16], version=4))


def _body(account: Account, draft: EventDraft, *, invites: bool) -> Json:
    text = draft.description if draft.url is None else f"{draft.description}\n\n{draft.url}"
    body: Json = {
        "subject": draft.summary,
        "body": {"contentType": "text", "content": text},
        "start": _time(draft.span.start, draft.zone),
        "end": _time(draft.span.end, draft.zone),
        "transactionId": transaction_id(draft),
        "singleValueExtendedProperties": [
            {"id": MEETING, "value": draft.meeting_id},
            {"id": VERSION, "value": str(draft.sequence)},
        ],
    }
    if invites:
        body["attendees"] = _guests(account, draft)
    online = account.settings.get("online")
    if online and draft.conference:
        body |= {"isOnlineMeeting": True, "onlineMeetingProvider": online}
    return body


def _guests(account: Account, draft: EventDraft) -> list[Json]:
    own = {account.owner_email.lower(), address_of(account).lower(), draft.organizer.email.lower()}
    return [
        {"emailAddress": {"address": it.email, "name": it.name}, "type": "required"}
        for it in draft.attendees
        if it.email.lower() not in own
    ]


def _time(at: int, zone: str) -> Json:
    """On the clock of the meeting's zone where Outlook knows it and the clock shows that time once; else in UTC."""
    if zone in _KNOWN_ZONES:
        wall = local(at, zone)
        if epoch(wall.replace(fold=0)) == epoch(wall.replace(fold=1)):
            return {"dateTime": f"{wall:%Y-%m-%dT%H:%M:%S}", "timeZone": zone}
    return {"dateTime": rfc3339(at).removesuffix("Z"), "timeZone": "UTC"}


def _with_ours(mailbox: Mailbox, remote_id: str) -> Json:
    """The event with our properties. Raises ``Gone``; ``Unreachable`` where the answer makes no sense."""
    try:
        return mailbox.get(event_path(remote_id), _WITH_OURS)
    except BadCalendar as trouble:
        raise Unreachable(trouble.detail) from None


def _ours(mailbox: Mailbox, account: Account, draft: EventDraft, remote_id: str | None = None) -> Json | None:
    """The event of this meeting: where it was to be, or wherever it was moved since, found by what it bears."""
    base = calendar_path(account.settings.get("calendar", ""))
    times = {"startDateTime": rfc3339(draft.span.start), "endDateTime": rfc3339(draft.span.end)}
    there = _bearing(_entries(mailbox, f"{base}/calendarView", {**times, "$top": "100"}), draft, remote_id)
    if there is None:
        meeting = draft.meeting_id.replace("'", "''")
        query = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MEETING}' and ep/value eq '{meeting}')"
        there = _bearing(
            _entries(mailbox, f"{base}/events", {"$filter": query, **_WITH_OURS, "$top": "10"}), draft, remote_id
        )
    return there


def _entries(mailbox: Mailbox, path: str, query: Mapping[str, str]) -> list[Json]:
    try:
        listed = mailbox.get(path, query).get("value")
    except BadCalendar as trouble:
        raise Unreachable(trouble.detail) from None
    if not isinstance(listed, list):
        raise Unreachable(f"{NAME} gave an answer that makes no sense.")
    return [it for it in listed if isinstance(it, dict)]


def _bearing(events: Iterable[Json], draft: EventDraft, remote_id: str | None) -> Json | None:
    transaction = transaction_id(draft)
    for it in events:
        known = remote_id is not None and it.get("id") == remote_id
        ours = known or it.get("transactionId") == transaction or _ours_in(it).get(MEETING) == draft.meeting_id
        if ours and it.get("isOrganizer") is not False and it.get("isCancelled") is not True:
            return it
    return None


def _ours_in(event: Raw) -> Mapping[str, Any]:
    listed = event.get("singleValueExtendedProperties")
    rows = [it for it in listed if isinstance(it, dict)] if isinstance(listed, list) else []
    # Graph gives the id back with its GUID in other letters at times.
    found = {str(it.get("id", "")).lower(): it.get("value") for it in rows}
    return {name: found.get(name.lower()) for name in (MEETING, VERSION)}


def _written(event: Raw, *, invites: bool) -> Written:
    uid = uid_of(event)
    try:
        remote_id = id_of(event)
    except BadCalendar as trouble:
        raise Unreachable(trouble.detail) from None
    if uid is None:
        raise Unreachable(f"{NAME} gave an answer that makes no sense.")
    return Written(remote_id=remote_id, etag=etag_of(event), uid=uid, invited=invites)


def _may_not_write(trouble: Refused) -> Unsupported:
    """A calendar that may be read and not written is no withdrawn access."""
    return Unsupported(trouble.detail)
