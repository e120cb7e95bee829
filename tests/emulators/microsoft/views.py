"""Calendars, views, deltas and free/busy: everything that is read without naming an event."""

from __future__ import annotations

import re
import secrets

from tests.emulators.microsoft import render
from tests.emulators.microsoft.asking import Asked, Checks, Problem
from tests.emulators.microsoft.graph_times import read
from tests.emulators.microsoft.mailbox import Calendar, Item, Mailbox
from tests.emulators.microsoft.server import Answer

MAX_DELTA_PAGE = 200


class Views(Checks):
    """``forgotten`` is how a token that is not known any more is answered; ``largest_page`` cuts deltas smaller."""

    largest_page = MAX_DELTA_PAGE
    forgotten = (410, "syncStateNotFound")

    def __init__(self) -> None:
        self._rounds: dict[str, tuple[list[dict], str]] = {}

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
