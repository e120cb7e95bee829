"""Single events: found, read, made, changed, cancelled."""

from __future__ import annotations

import re
import secrets

from tests.emulators.microsoft import render
from tests.emulators.microsoft.asking import Asked, Checks, Problem
from tests.emulators.microsoft.graph_times import read, wall
from tests.emulators.microsoft.mailbox import Calendar, Event, Guest
from tests.emulators.microsoft.server import Answer

_WRITABLE = {
    "subject",
    "body",
    "start",
    "end",
    "attendees",
    "transactionId",
    "singleValueExtendedProperties",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "isAllDay",
    "showAs",
    "location",
    "allowNewTimeProposals",
    "responseRequested",
    "isReminderOn",
    "reminderMinutesBeforeStart",
}


class Happenings(Checks):
    """``duplicates`` says what a repeated ``transactionId`` brings: ``same`` the event that is there, ``conflict`` a
    409."""

    duplicates = "same"

    def __init__(self) -> None:
        self._spent: set[tuple[str, str]] = set()

    # --- events ---

    def _findEvents(self, asked: Asked) -> Answer:  # noqa: N802
        calendar = self._calendar(asked)
        text = asked.query.get("$filter", "")
        pattern = r"singleValueExtendedProperties/Any\(ep: ep/id eq '([^']+)' and ep/value eq '([^']*)'\)"
        match = re.fullmatch(pattern, text)
        if match is None:
            raise Problem(400, "ErrorInvalidUrlQueryFilter", f"The filter '{text}' is not supported by the emulator.")
        events = [
            it
            for it in asked.box.events.values()
            if it.calendar == calendar.id and it.properties.get(match[1]) == match[2]
        ]
        return Answer(200, {"value": [render.whole(asked.box, it, asked.style, asked.request.base) for it in events]})

    def _getEvent(self, asked: Asked) -> Answer:  # noqa: N802
        return Answer(200, self._shown(asked, self._event(asked, also_bin=True)))

    def _shown(self, asked: Asked, event: Event) -> dict:
        shown = render.whole(asked.box, event, asked.style, asked.request.base)
        expand = asked.query.get("$expand")
        if expand:
            if not expand.startswith("singleValueExtendedProperties($filter="):
                raise Problem(400, "BadRequest", f"Parsing OData Select and Expand failed: {expand}")
            names = re.findall(r"id eq '([^']+)'", expand)
            found = [{"id": it, "value": event.properties[it]} for it in names if it in event.properties]
            if found:
                shown["singleValueExtendedProperties"] = found
        return shown

    def _createEvent(self, asked: Asked) -> Answer:  # noqa: N802
        calendar = self._calendar(asked)
        if not calendar.can_edit:
            raise Problem(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        body = self._checked(asked, {"start", "end"})
        transaction = body.get("transactionId")
        if transaction:
            there = next((it for it in asked.box.events.values() if it.transaction == transaction), None)
            spent = (asked.box.oid, transaction) in self._spent
            if there is not None and self.duplicates == "same":
                return Answer(201, self._shown(asked, there))
            if there is not None or spent:
                raise Problem(
                    409,
                    "ErrorDuplicateTransactionId",
                    "Your request can't be completed. The TransactionId specified in the request has already been used.",
                )
            self._spent.add((asked.box.oid, transaction))
        event = Event(
            calendar=calendar.id,
            uid="040000008200E00074C5B7101A82E008" + secrets.token_hex(24).upper(),
            subject="",
            start=0,
            end=0,
            organizer=(asked.box.address, asked.box.name),
            transaction=transaction,
        )
        self._apply(asked, calendar, event, body)
        asked.box.put(event)
        self.office.created(asked.box, event)
        return Answer(201, self._shown(asked, event))

    def _updateEvent(self, asked: Asked) -> Answer:  # noqa: N802
        event = self._event(asked)
        self._matched(asked, event)
        body = self._checked(asked, set())
        before = (event.start, event.end, event.days)
        if "transactionId" in body:
            raise Problem(400, "ErrorInvalidRequest", "TransactionId cannot be changed.")
        self._apply(asked, asked.box.calendars[event.calendar], event, body)
        asked.box.put(event)
        self.office.updated(asked.box, event, moved=before != (event.start, event.end, event.days))
        return Answer(200, self._shown(asked, event))

    def _deleteEvent(self, asked: Asked) -> Answer:  # noqa: N802
        event = self._event(asked)
        self._matched(asked, event)
        if event.mine:
            self.office.cancelled(asked.box, event)
        else:
            asked.box.remove(event)
            self.office.note(asked.box, event, "deleted")
        return Answer(204)

    def _cancelEvent(self, asked: Asked) -> Answer:  # noqa: N802
        event = self._event(asked)
        if asked.body is None or set(asked.body) - {"comment", "Comment"}:
            raise Problem(400, "BadRequest", "The request body is no cancellation.")
        if not event.mine or not event.guests:
            raise Problem(400, "ErrorInvalidRequest", "You need to be an organizer of a meeting to cancel it.")
        self.office.cancelled(asked.box, event)
        return Answer(202)

    def _checked(self, asked: Asked, needed: set[str]) -> dict:
        body = asked.body
        if body is None:
            raise Problem(400, "BadRequest", "Empty Payload. JSON content expected.")
        if set(body) - _WRITABLE:
            raise Problem(400, "ErrorInvalidProperty", f"The property {sorted(set(body) - _WRITABLE)} cannot be set.")
        if needed - set(body):
            raise Problem(400, "ErrorPropertyValidationFailure", "At least one property failed validation.")
        if ("start" in body) != ("end" in body):
            raise Problem(400, "ErrorPropertyValidationFailure", "Start and end have to be set together.")
        return body

    def _apply(self, asked: Asked, calendar: Calendar, event: Event, body: dict) -> None:
        event.subject = body.get("subject", event.subject)
        event.show_as = body.get("showAs", event.show_as)
        if "body" in body:
            event.text = body["body"]["content"]
        if "start" in body:
            start, end = read(body["start"]), read(body["end"])
            if end < start:
                raise Problem(400, "ErrorCalendarEndDateIsEarlierThanStartDate", "The end is before the start.")
            event.start, event.end, event.zone = start, end, body["start"]["timeZone"]
            whole_day = body.get("isAllDay", event.days is not None)
            event.days = (wall(body["start"]).date(), wall(body["end"]).date()) if whole_day else None
        for it in body.get("singleValueExtendedProperties", []):
            if not re.fullmatch(r"String \{[0-9a-fA-F-]{36}\} (Name \w+|Id 0x[0-9A-Fa-f]+)", it["id"]):
                raise Problem(400, "ErrorInvalidExtendedProperty", "The extended property id is malformed.")
            event.properties[it["id"]] = it["value"]
        if "attendees" in body:
            known = {it.address.lower(): it for it in event.guests}
            event.guests = [
                known.get(it["emailAddress"]["address"].lower())
                or Guest(it["emailAddress"]["address"], it["emailAddress"].get("name") or it["emailAddress"]["address"])
                for it in body["attendees"]
            ]
        if body.get("isOnlineMeeting"):
            provider = body.get("onlineMeetingProvider", calendar.online[0] if calendar.online else "unknown")
            if provider not in calendar.online:
                raise Problem(400, "ErrorOnlineMeetingProviderNotAllowed", "This calendar allows no such provider.")
            event.online = provider
