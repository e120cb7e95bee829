"""Which calls there are, what each is called here, and which scopes it takes."""

from __future__ import annotations

from tests.emulators.microsoft.server import Request

BASIC = {"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"}
READ = {"Calendars.Read", "Calendars.ReadWrite"}
WRITE = {"Calendars.ReadWrite"}
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
