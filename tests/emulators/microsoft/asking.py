"""One request on its way through Graph, held against what Graph takes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from tests.emulators.microsoft.graph_times import clock, from_query
from tests.emulators.microsoft.mailbox import Calendar, Event, Mailbox
from tests.emulators.microsoft.post_office import PostOffice
from tests.emulators.microsoft.render import Style
from tests.emulators.microsoft.server import Request, error
from tests.emulators.microsoft.slice import PRESENT, complaint


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


class Checks:
    """What every room of Graph asks of a request."""

    office: PostOffice

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
