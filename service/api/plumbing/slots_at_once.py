"""``GET /v1/pairs/{id}/slots`` past the framework's routing: what is asked most is answered by hand.

It answers only what goes well: to a live key, whose look-up and the reading share one view of the database. Anything else, no
key, a wrong parameter or a pair that is not there, goes on to the doorman and the documented route (``api.proposals``), which
do the same and say in the usual words what is wrong. A test holds both answers together.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.plumbing.access import Caller, bearer_of, path_of
from service.api.plumbing.looking import looked
from service.app.answer_slots import answer_slots
from service.app.house import House
from service.app.manage_keys import identify

ROUTE = SimpleNamespace(path="/v1/pairs/{pair_id}/slots")
_PATH = re.compile(r"/v1/pairs/(pair_[0-9a-z]{26})/slots", re.ASCII)
_NUMBERS = re.compile(rb"(horizon_days|limit|duration_minutes)=([0-9]{1,4})", re.ASCII)


class SlotsAtOnce:
    """Stands before the doorman, and answers nobody without a key that he would let in."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["method"] == "GET" and (pair := _PATH.fullmatch(path_of(scope))):
            numbers, key = asked(scope["query_string"]), bearer_of(scope)
            if key and numbers is not None and (body := await self._answer(key, pair[1], numbers)) is not None:
                scope["route"] = ROUTE
                headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)

    async def _answer(self, key: str, pair_id: str, numbers: dict[str, int]) -> bytes | None:
        try:
            return await looked(self.house, _look, key, pair_id, numbers)
        except Exception:  # the documented route meets it again, and has the words for it
            return None


def _look(house: House, key: str, pair_id: str, numbers: dict[str, int]) -> bytes | None:
    with house.looking() as look:
        found = identify(house, key, look)
        if found is None or not Caller(*found).reaches("read"):
            return None
        return answer_slots(house, pair_id, **numbers, look=look)


def asked(query: bytes) -> dict[str, int] | None:
    """The numbers of a query string; ``None`` where there is anything else in it, or one of them twice."""
    if not query:
        return {}
    found: dict[str, int] = {}
    for part in query.split(b"&"):
        number = _NUMBERS.fullmatch(part)
        if number is None or (name := number[1].decode()) in found:
            return None
        found[name] = int(number[2])
    return found
