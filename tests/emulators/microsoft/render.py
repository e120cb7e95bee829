"""Events and calendars as Graph shows them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulators.microsoft.graph_times import write, write_day
from tests.emulators.microsoft.mailbox import Calendar, Event, Item, Mailbox


@dataclass(frozen=True)
class Style:
    """What the caller prefers: lasting ids or those of the day, and the clock of the times."""

    lasting: bool
    zone: str = "UTC"


def event_id(event: Event, style: Style) -> str:
    return event.id if style.lasting else event.volatile


def item(box: Mailbox, it: Item, style: Style, base: str) -> dict:
    """One entry of a view, whole."""
    event = it.event
    shown = whole(box, event, style, base)
    if it.kind in {"occurrence", "exception"}:
        change = event.series.changed.get(it.original) if event.series else None
        shown |= {
            "id": it.id if style.lasting else it.id.replace(event.id, event.volatile),
            "iCalUId": f"{event.uid}{it.original:%Y%m%d}",
            "seriesMasterId": event_id(event, style),
            "type": it.kind,
            "start": write(it.start, style.zone),
            "end": write(it.end, style.zone),
        }
        if change:
            shown |= {"showAs": change.show_as, "isCancelled": change.cancelled}
    return shown


def delta_item(box: Mailbox, it: Item, style: Style, base: str) -> dict:
    """One entry of a delta: occurrences say no more than when they are."""
    shown = {"@odata.type": "#microsoft.graph.event", **item(box, it, style, base)}
    if it.kind != "occurrence":
        return shown
    names = ("@odata.type", "@odata.etag", "seriesMasterId", "type", "id", "start", "end")
    return {name: shown[name] for name in names}


def whole(box: Mailbox, event: Event, style: Style, base: str) -> dict:
    """An event with everything that Graph shows unasked."""
    if event.days is None:
        start, end = write(event.start, style.zone), write(event.end, style.zone)
    else:
        start, end = (write_day(day, style.zone) for day in event.days)
    guests = []
    for guest in event.guests:
        shown: dict = {
            "type": "required",
            "status": {"response": guest.response, "time": "0001-01-01T00:00:00Z"},
            "emailAddress": {"name": guest.name, "address": guest.address},
        }
        if guest.proposed:
            shown["proposedNewTime"] = {
                "start": write(guest.proposed[0], style.zone),
                "end": write(guest.proposed[1], style.zone),
            }
        guests.append(shown)
    person = {"name": event.organizer[1], "address": event.organizer[0]}
    online = {"joinUrl": f"https://teams.example/l/meetup-join/{event.uid[-8:]}"} if event.online else None
    return {
        "@odata.etag": f'W/"{event.key}"',
        "id": event_id(event, style),
        "createdDateTime": "2027-01-01T00:00:00Z",
        "lastModifiedDateTime": "2027-01-01T00:00:00Z",
        "changeKey": event.key,
        "categories": [],
        "transactionId": event.transaction,
        "originalStartTimeZone": event.zone,
        "originalEndTimeZone": event.zone,
        "iCalUId": event.uid,
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "subject": event.subject,
        "bodyPreview": event.text[:60],
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": event.days is not None,
        "isCancelled": event.cancelled,
        "isOrganizer": event.mine,
        "responseRequested": True,
        "seriesMasterId": None,
        "showAs": event.show_as,
        "type": "seriesMaster" if event.series else "singleInstance",
        "webLink": "https://outlook.office365.com/owa/?itemid=0",
        "onlineMeetingUrl": None,
        "isOnlineMeeting": event.online is not None,
        "onlineMeetingProvider": event.online or "unknown",
        "allowNewTimeProposals": True,
        "occurrenceId": None,
        "isDraft": False,
        "hideAttendees": False,
        "responseStatus": {"response": event.response, "time": "0001-01-01T00:00:00Z"},
        "body": {"contentType": "text", "content": event.text},
        "start": start,
        "end": end,
        "location": {"displayName": "", "locationType": "default"},
        "locations": [],
        "recurrence": {"pattern": {"type": "weekly", "interval": 1}} if event.series else None,
        "attendees": guests,
        "organizer": {"emailAddress": person},
        "onlineMeeting": online,
    }


def calendar(it: Calendar) -> dict:
    """A calendar."""
    return {
        "id": it.id,
        "name": it.name,
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": it.default,
        "changeKey": "nfZyf7VcrEKLNoU37KWlkQAAA0x0+w==",
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": it.can_edit,
        "allowedOnlineMeetingProviders": list(it.online),
        "defaultOnlineMeetingProvider": it.online[0] if it.online else "unknown",
        "isTallyingResponses": it.default,
        "isRemovable": not it.default,
        "owner": {"name": it.owner[1], "address": it.owner[0]},
    }


def schedule_items(box: Mailbox, begin: int, end: int, zone: str) -> tuple[list[dict], list[tuple[int, int, str]]]:
    """What getSchedule says of the default calendar, and the same for the merged view. Free events are listed too."""
    shown, spans = [], []
    for it in box.view(box.default.id, begin, end).values():
        change = it.event.series.changed.get(it.original) if it.event.series and it.original else None
        status = change.show_as if change else it.event.show_as
        if it.kind == "seriesMaster" or it.event.cancelled or (change and change.cancelled):
            continue
        shown.append(
            {
                "isPrivate": False,
                "status": status,
                "subject": it.event.subject,
                "location": "",
                "isMeeting": bool(it.event.guests),
                "start": write(it.start, zone),
                "end": write(it.end, zone),
            }
        )
        spans.append((it.start, it.end, status))
    return shown, spans
