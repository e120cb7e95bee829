"""``/v1/people/{id}/busy``: when someone is not free."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer
from service.api.plumbing.describe import tells
from service.api.plumbing.ids import PersonId
from service.api.schemas.base import Instant
from service.api.schemas.calendars import BusyShown
from service.app.house import House
from service.app.read_busy import known_of
from service.domain.errors import BadInput
from service.domain.timespan import DAY, rfc3339
from service.store import people

USUAL_DAYS, MOST_DAYS = 28, 400


def router(house: House) -> APIRouter:
    """Reading busy time."""
    routes = APIRouter(tags=["people"], dependencies=[Depends(caller_of)])

    @routes.get("/v1/people/{person_id}/busy", **tells(BusyShown, "Read when a person is not free"))
    def read(
        person_id: PersonId,
        start: Annotated[Instant | None, Query(alias="from", description="Left out: now.")] = None,
        end: Annotated[
            Instant | None,
            Query(alias="to", description=f"Left out: {USUAL_DAYS} days on. At most {MOST_DAYS} days after `from`."),
        ] = None,
    ) -> JSONResponse:
        """Merged, and cut to what was asked for. A calendar that could not be read is `unknown`, never free."""
        begin = house.now() if start is None else start
        until = begin + USUAL_DAYS * DAY if end is None else end
        if not begin < until <= begin + MOST_DAYS * DAY:
            raise BadInput.of("to", f"must be after from, by {MOST_DAYS} days at most")
        with house.reading() as session:
            people.get(session, person_id)
            known = known_of(house, session, [person_id], begin, until)[person_id]
        items = [{"start": rfc3339(a), "end": rfc3339(b), "kind": kind} for a, b, kind in known.busy.merged()]
        unknown = [{"calendar_id": u.calendar_id, "reason": u.reason} for u in known.unknown]
        return answer({"items": items, "complete": known.complete, "unknown": unknown})

    return routes
