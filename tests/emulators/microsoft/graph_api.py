"""Graph's answers: who may ask what, what a request must look like, and what is done about it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tests.emulators.microsoft import render
from tests.emulators.microsoft.graph_times import BadTimeError, clock, from_query, read, wall
from tests.emulators.microsoft.mailbox import Calendar, Event, Guest, Item, Mailbox, new_id, occurrence_id
from tests.emulators.microsoft.post_office import PostOffice
from tests.emulators.microsoft.render import Style
from tests.emulators.microsoft.server import Answer, Request, error
from tests.emulators.microsoft.slice import PRESENT, complaint

BASIC = {"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"}
READ = {"Calendars.Read", "Calendars.ReadWrite"}
WRITE = {"Calendars.ReadWrite"}
MAX_DELTA_PAGE = 200
# Method and path -> the operation's name and the scopes of which one is needed. "*" stands for one part.
ROUTES: list[tuple[str, str, str, set[str]]] = [
    ("GET", "me/calendars", "calendars", BASIC),
    ("GET", "me/calendar", "calendar", BASIC),
    ("GET", "me/mailboxSettings", "mailboxSettings", {"MailboxSettings.Read"}),
    ("POST", "me/calendar/getSchedule", "getSchedule", BASIC),
    ("GET", "me/calendarView", "calendarView", BASIC),
    ("GET", "me/calendars/*/calendarView", "calendarView", BASIC),
    ("GET", "me/calendarView/delta", "delta", BASIC),
    ("GET", "me/calendars/*/calendarView/delta", "delta", BASIC),
    ("GET", "me/events", "findEvents", READ),
    ("GET", "me/calendars/*/events", "findEvents", READ),
    ("POST", "me/events", "createEvent", WRITE),
    ("POST", "me/calendars/*/events", "createEvent", WRITE),
    ("GET", "me/events/*", "getEvent", BASIC),
    ("PATCH", "me/events/*", "updateEvent", WRITE),
    ("DELETE", "me/events/*", "deleteEvent", WRITE),
    ("POST", "me/events/*/cancel", "cancelEvent", WRITE),
    ("GET", "me/events/*/instances", "instances", BASIC),
    ("GET", "subscriptions", "listSubscriptions", READ),
    ("POST", "subscriptions", "createSubscription", READ),
    ("PATCH", "subscriptions/*", "renewSubscription", READ),
    ("DELETE", "subscriptions/*", "deleteSubscription", READ),
]
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


def operation_of(request: Request) -> str:
    """The name of the operation; ``unknown`` where there is none."""
    found = _route(request)
    return found[0] if found else "unknown"


def _route(request: Request) -> tuple[str, set[str]] | None:
    parts = request.path.removeprefix("/v1.0").strip("/").split("/")
    for method, template, name, scopes in ROUTES:
        wanted = template.split("/")
        same = len(parts) == len(wanted) and all(b == "*" or a == b for a, b in zip(parts, wanted, strict=True))
        if same and method == request.method:
            return name, scopes
    return None


class Problem(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = error(status, code, message)


@dataclass
class Asked:
    """One request on its way through."""

    request: Request
    box: Mailbox
    style: Style
    body: dict | None

    @property
    def query(self) -> dict[str, str]:
        return self.request.query

    def part(self, number: int) -> str:
        return self.request.parts[number + 1]  # after v1.0


class GraphApi:
    """Answers for every mailbox. ``duplicates`` says what a repeated ``transactionId`` brings: ``same`` the event that is
    there, ``conflict`` a 409."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office
        self.duplicates = "same"
        self.forgotten = (410, "syncStateNotFound")
        self._rounds: dict[str, tuple[list[dict], str]] = {}
        self._spent: set[tuple[str, str]] = set()

    def answer(self, request: Request, operation: str, box: Mailbox) -> Answer:
        """One request whose token and scopes are good."""
        try:
            asked = Asked(request, box, self._style(request), self._body(request))
            if not box.enabled:
                raise Problem(
                    404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive or hosted on-premise."
                )
            handler: Callable[[Asked], Answer] = getattr(self, f"_{operation}")
            return handler(asked)
        except Problem as problem:
            return problem.answer
        except BadTimeError as problem:
            return error(400, "ErrorInvalidParameter", str(problem))

    # --- what a request must look like ---

    def _style(self, request: Request) -> Style:
        zone = "UTC"
        for it in request.preferences:
            match = re.fullmatch(r'outlook\.timezone="([^"]+)"', it)
            if match:
                zone = match[1]
                clock(zone)
        return Style('IdType="ImmutableId"' in request.preferences, zone)

    def _body(self, request: Request) -> dict | None:
        body: dict | None = None
        if request.body:
            if not request.headers.get("Content-Type", "").startswith("application/json"):
                raise Problem(415, "UnsupportedMediaType", "A supported MIME type could not be found.")
            try:
                body = json.loads(request.body)
            except ValueError:
                raise Problem(400, "BadRequest", "Unable to read JSON request payload.") from None
            if not isinstance(body, dict):
                raise Problem(400, "BadRequest", "Unable to read JSON request payload.")
        if PRESENT:
            wrong = complaint(request.method, request.path.removeprefix("/v1.0"), request.query, body)
            if wrong:
                raise Problem(400, "BadRequest", wrong)
        return body

    def _window(self, asked: Asked) -> tuple[int, int]:
        try:
            begin, end = from_query(asked.query["startDateTime"]), from_query(asked.query["endDateTime"])
        except KeyError as missing:
            raise Problem(400, "ErrorInvalidParameter", f"The query string parameter {missing} is missing.") from None
        if end <= begin or end - begin > 1825 * 86400:
            raise Problem(400, "ErrorCalendarViewRangeTooBig", "The view is too big or ends before it begins.")
        return begin, end

    def _calendar(self, asked: Asked) -> Calendar:
        if asked.part(1) != "calendars":
            return asked.box.default
        found = asked.box.calendars.get(asked.part(2))
        if found is None:
            raise Problem(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return found

    def _event(self, asked: Asked, *, also_bin: bool = False) -> Event:
        id_ = asked.part(2)
        if not re.fullmatch(r"[\w=.-]{20,}", id_):
            raise Problem(400, "ErrorInvalidIdMalformed", "Id is malformed.")
        found = asked.box.by_any_id(id_) or (asked.box.bin.get(id_) if also_bin else None)
        if found is None:
            raise Problem(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return found

    def _matched(self, asked: Asked, event: Event) -> None:
        given = asked.request.headers.get("If-Match")
        if given is not None and given != "*" and given != f'W/"{event.key}"':
            raise Problem(412, "ErrorIrresolvableConflict", "The change key does not match the current one.")

    # --- calendars and views ---

    def _calendars(self, asked: Asked) -> Answer:
        return Answer(
            200, {"value": [self._selected(asked, render.calendar(it)) for it in asked.box.calendars.values()]}
        )

    def _calendar_(self, asked: Asked) -> Answer:
        return Answer(200, render.calendar(asked.box.default))

    def _mailboxSettings(self, asked: Asked) -> Answer:  # noqa: N802
        return Answer(200, {"timeZone": asked.box.zone, "workingHours": asked.box.working_hours})

    def _calendarView(self, asked: Asked) -> Answer:  # noqa: N802
        calendar = self._calendar(asked)
        begin, end = self._window(asked)
        items = asked.box.view(calendar.id, begin, end).values()
        return self._listed(asked, [it for it in items if it.kind != "seriesMaster"])

    def _instances(self, asked: Asked) -> Answer:
        event = self._event(asked)
        if event.series is None:
            raise Problem(400, "ErrorInvalidRequest", "Your request can't be completed. The item is no series master.")
        begin, end = self._window(asked)
        return self._listed(asked, list(asked.box.occurrences(event, begin, end)))

    def _listed(self, asked: Asked, items: list[Item]) -> Answer:
        size, skip = int(asked.query.get("$top", "10")), int(asked.query.get("$skip", "0"))
        if not 1 <= size <= 1000:
            raise Problem(400, "ErrorInvalidParameter", "The $top query option is out of range.")
        shown = [render.item(asked.box, it, asked.style, asked.request.base) for it in items[skip : skip + size]]
        page: dict = {"value": [self._selected(asked, it) for it in shown]}
        if skip + size < len(items):
            query = "&".join(f"{k}={v}" for k, v in {**asked.query, "$skip": str(skip + size)}.items())
            page["@odata.nextLink"] = f"{asked.request.base}{asked.request.path}?{query}"
        return Answer(200, page)

    def _selected(self, asked: Asked, shown: dict) -> dict:
        names = asked.query.get("$select")
        if not names:
            return shown
        wanted = set(names.split(","))
        unknown = wanted - set(shown)
        if unknown:
            raise Problem(400, "BadRequest", f"Could not find a property named '{min(unknown)}'.")
        return {k: v for k, v in shown.items() if k in wanted or k in {"id", "@odata.etag"}}

    # --- delta ---

    def _delta(self, asked: Asked) -> Answer:
        for name in ("$select", "$filter", "$orderby", "$search", "$expand", "$top"):
            if name in asked.query:
                raise Problem(
                    400, "ErrorInvalidUrlQuery", f"The parameter {name} is not supported with change tracking."
                )
        calendar = self._calendar(asked)
        size = self._page_size(asked)
        if "$skiptoken" in asked.query:
            if asked.query["$skiptoken"] not in self._rounds:
                raise Problem(410, "syncStateNotFound", "The sync state generation is not found.")
            entries, after = self._rounds[asked.query["$skiptoken"]]
        elif "$deltatoken" in asked.query:
            entries, after = self._since(asked, calendar, asked.query["$deltatoken"])
        else:
            begin, end = self._window(asked)
            view = asked.box.view(calendar.id, begin, end).values()
            entries = [render.delta_item(asked.box, it, asked.style, asked.request.base) for it in view]
            after = self._token(asked.box, calendar, begin, end)
        page: dict = {
            "@odata.context": f"{asked.request.base}/v1.0/$metadata#Collection(event)",
            "value": entries[:size],
        }
        root = f"{asked.request.base}{asked.request.path}"
        if len(entries) > size:
            skip = secrets.token_urlsafe(16)
            self._rounds[skip] = (entries[size:], after)
            page["@odata.nextLink"] = f"{root}?$skiptoken={skip}"
        else:
            page["@odata.deltaLink"] = f"{root}?$deltatoken={after}"
        return Answer(200, page)

    def _page_size(self, asked: Asked) -> int:
        for it in asked.request.preferences:
            if it.startswith("odata.maxpagesize="):
                return min(int(it.partition("=")[2]), MAX_DELTA_PAGE, self.largest_page)
        return min(10, self.largest_page)

    largest_page = MAX_DELTA_PAGE

    def _token(self, box: Mailbox, calendar: Calendar, begin: int, end: int) -> str:
        reached = sum(1 for of, _ in box.log if of == calendar.id)
        return f"{box.epoch}.{reached}.{begin}.{end}"

    def _since(self, asked: Asked, calendar: Calendar, token: str) -> tuple[list[dict], str]:
        box = asked.box
        match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)\.(\d+)", token)
        if match is None or int(match[1]) != box.epoch:
            status, code = self.forgotten
            raise Problem(status, code, "The sync state generation is not found; continue with a full synchronization.")
        _, reached, begin, end = (int(it) for it in match.groups())
        log = [id_ for of, id_ in box.log if of == calendar.id]
        view = box.view(calendar.id, begin, end)
        entries: list[dict] = []
        for id_ in dict.fromkeys(log[reached:]):
            if id_ in view:
                entries.append(render.delta_item(box, view[id_], asked.style, asked.request.base))
            else:  # also one that never was in the window
                entries.append({"@odata.type": "#microsoft.graph.event", "id": id_, "@removed": {"reason": "deleted"}})
        return entries, self._token(box, calendar, begin, end)

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

    # --- free/busy ---

    def _getSchedule(self, asked: Asked) -> Answer:  # noqa: N802
        if asked.box.personal:
            raise Problem(403, "ErrorAccessDenied", "getSchedule is not supported for personal accounts.")
        body = {name[:1].lower() + name[1:]: it for name, it in (asked.body or {}).items()}
        schedules, interval = body.get("schedules"), body.get("availabilityViewInterval", 30)
        if not isinstance(schedules, list) or not 1 <= len(schedules) <= 20:
            raise Problem(400, "ErrorInvalidParameter", "Between 1 and 20 schedules are needed.")
        if not isinstance(interval, int) or not 5 <= interval <= 1440:
            raise Problem(400, "ErrorInvalidParameter", "The interval must lie between 5 and 1440.")
        begin, end = read(body["startTime"]), read(body["endTime"])
        if end <= begin or end - begin >= 62 * 86400:
            raise Problem(400, "ErrorInvalidTimeInterval", "The requested time duration is too long.")
        return Answer(200, {"value": [self._schedule(asked, it, begin, end, interval) for it in schedules]})

    def _schedule(self, asked: Asked, address: str, begin: int, end: int, interval: int) -> dict:
        box = self.office.boxes.get(address.lower())
        if box is None or box.personal or (box is not asked.box and box.tenant != asked.box.tenant):
            problem = {"message": "Unable to resolve e-mail address.", "responseCode": "ErrorMailRecipientNotFound"}
            return {"scheduleId": address, "availabilityView": "", "scheduleItems": [], "error": problem}
        items, spans = render.schedule_items(box, begin, end, asked.style.zone)
        weight = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3, "unknown": 2}
        view = ""
        for at in range(begin, end, interval * 60):
            inside = [weight[status] for start, stop, status in spans if start < at + interval * 60 and stop > at]
            view += str(max(inside, default=0))
        found = {"scheduleId": address, "availabilityView": view, "scheduleItems": items}
        return {**found, "workingHours": box.working_hours} if box.working_hours else found


__all__ = ["GraphApi", "Problem", "new_id", "occurrence_id", "operation_of"]
