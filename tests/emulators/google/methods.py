"""The methods of the Calendar API: who may call them, with what, and what they do."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.emulators.google import description, partial, writing
from tests.emulators.google.channels import Channels
from tests.emulators.google.freebusy import FreeBusy
from tests.emulators.google.listing import Lister
from tests.emulators.google.oauth import OAuth
from tests.emulators.google.problems import Problem, not_found
from tests.emulators.google.world import ROLES, Box, World

_CALENDAR = "https://www.googleapis.com/auth/calendar"


@dataclass(frozen=True)
class Request:
    """One call of the Calendar API that reached its method."""

    method: str
    account: str
    path: dict[str, str]
    query: dict[str, Any]
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any] = field(repr=False)


class Methods:
    """Checks each call against the description, then does it. ``quota``: calls that an account may make in a minute of the
    clock; ``None``: as many as it likes."""

    def __init__(self, world: World, oauth: OAuth, lister: Lister, free_busy: FreeBusy, channels: Channels) -> None:
        self.world, self.oauth, self.lister = world, oauth, lister
        self.free_busy, self.channels = free_busy, channels
        self.requests: list[Request] = []
        self.quota: int | None = None
        self._spent: dict[tuple[str, int], int] = {}

    def call(
        self, verb: str, path: str, query: dict[str, list[str]], headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, Any] | None]:
        """One method of the Calendar API. Raises ``Problem``."""
        method = description.find(verb, path)
        account = self._account(method, headers)
        asked = description.check_query(method, query)
        recorded = dict(asked)
        selection = partial.parse(asked.pop("fields")) if "fields" in asked else {}
        description.check_response_fields(method, selection)
        content = description.check_body(method, body)
        self.requests.append(Request(method.id, account, method.path, recorded, headers, content))
        self._check_quota(account)
        do = self._METHODS.get(method.id)
        if do is None:
            raise Problem(501, "notImplemented", f"{method.id} is not emulated")
        answer = do(self, account, method, asked, headers, content)
        if answer is None:
            return 204, None
        return 200, partial.select(answer, selection)

    def _account(self, method: description.Method, headers: dict[str, str]) -> str:
        kind, _, text = headers.get("authorization", "").partition(" ")
        token = self.oauth.access.get(text)
        if kind != "Bearer" or token is None or token.expires_at <= self.world.clock.now():
            raise Problem(401, "authError", "Invalid Credentials")
        if not set(token.scopes) & set(method.spec["scopes"]):
            raise Problem(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
        return token.email

    def _check_quota(self, account: str) -> None:
        if self.quota is None:
            return
        minute = self.world.clock.now() // 60
        self._spent[account, minute] = self._spent.get((account, minute), 0) + 1
        if self._spent[account, minute] > self.quota:
            raise Problem(403, "userRateLimitExceeded", "User Rate Limit Exceeded")

    def _box(self, account: str, method: description.Method, headers: dict[str, str], role: str) -> Box:
        box = self.world.box(account, method.path["calendarId"])
        token = self.oauth.access[headers["authorization"].partition(" ")[2]]
        owned_only = not {_CALENDAR, f"{_CALENDAR}.events", f"{_CALENDAR}.readonly"} & set(token.scopes)
        if owned_only and box.roles[account] != "owner":
            raise Problem(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
        if ROLES.index(box.roles[account]) < ROLES.index(role):
            raise Problem(403, "requiredAccessLevel", f"You need to have {role} access to this calendar.")
        return box

    def _list(self, account: str, method: description.Method, query: Any, headers: Any, _: Any) -> dict[str, Any]:
        return self.lister.list(self._box(account, method, headers, "reader"), query)

    def _instances(self, account: str, method: description.Method, query: Any, headers: Any, _: Any) -> dict[str, Any]:
        return self.lister.instances(self._box(account, method, headers, "reader"), method.path["eventId"], query)

    def _get(self, account: str, method: description.Method, query: Any, headers: Any, _: Any) -> dict[str, Any]:
        box = self._box(account, method, headers, "reader")
        found = writing.get(self.world, box, method.path["eventId"])
        return self.world.view(box, found, query.get("maxAttendees"))

    def _insert(self, account: str, method: description.Method, query: Any, headers: Any, body: Any) -> dict[str, Any]:
        box = self._box(account, method, headers, "writer")
        return self.world.view(box, writing.insert(self.world, account, box, body, query))

    def _patch(self, account: str, method: description.Method, query: Any, headers: Any, body: Any) -> dict[str, Any]:
        box = self._box(account, method, headers, "writer")
        id_, version = method.path["eventId"], headers.get("if-match")
        return self.world.view(box, writing.patch(self.world, account, box, id_, body, query, version))

    def _delete(self, account: str, method: description.Method, query: Any, headers: Any, _: Any) -> None:
        box = self._box(account, method, headers, "writer")
        writing.delete(self.world, account, box, method.path["eventId"], query, headers.get("if-match"))

    def _watch(self, account: str, method: description.Method, _: Any, headers: Any, body: Any) -> dict[str, Any]:
        return self.channels.watch(account, self._box(account, method, headers, "reader"), body)

    def _stop(self, account: str, _m: Any, _q: Any, _h: Any, body: Any) -> None:
        self.channels.stop(account, body)

    def _query(self, account: str, _m: Any, _q: Any, _h: Any, body: Any) -> dict[str, Any]:
        return self.free_busy.query(account, body)

    def _calendars(self, account: str, _m: Any, query: Any, _h: Any, _b: Any) -> dict[str, Any]:
        shown = [_entry(box, account) for box in self.world.boxes.values() if account in box.roles]
        first = int(query.get("pageToken") or 0)
        size = min(query.get("maxResults", 100), self.lister.page_size)
        if first > len(shown):
            raise not_found()
        answer: dict[str, Any] = {"kind": "calendar#calendarList", "items": shown[first : first + size]}
        if first + size < len(shown):
            answer["nextPageToken"] = str(first + size)
        else:
            answer["nextSyncToken"] = secrets.token_urlsafe(12)
        return answer

    _METHODS: ClassVar[dict[str, Callable[..., dict[str, Any] | None]]] = {
        "calendar.events.list": _list,
        "calendar.events.instances": _instances,
        "calendar.events.get": _get,
        "calendar.events.insert": _insert,
        "calendar.events.patch": _patch,
        "calendar.events.delete": _delete,
        "calendar.events.watch": _watch,
        "calendar.channels.stop": _stop,
        "calendar.freebusy.query": _query,
        "calendar.calendarList.list": _calendars,
    }


def _entry(box: Box, account: str) -> dict[str, Any]:
    return {
        "kind": "calendar#calendarListEntry",
        "id": box.id,
        "summary": box.summary,
        "timeZone": box.zone,
        "accessRole": box.roles[account],
        "selected": True,
        "conferenceProperties": {"allowedConferenceSolutionTypes": list(box.conferences)},
        **({"primary": True} if box.id == account else {}),
    }
