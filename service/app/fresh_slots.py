"""The answer to "that time has gone": a 409 that carries fresh slots, so that nobody has to ask again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.read_busy import Known
from service.app.show_slots import slot_words
from service.domain.errors import CalendarUnknown, Conflict, TimeGone
from service.domain.pair import PairStatus
from service.domain.timespan import Span
from service.store import pairs

HORIZON_DAYS = 28


Problem = TypeVar("Problem", bound=Conflict)


def with_fresh_slots(house: House, pair_id: str, trouble: Problem, *, duration_minutes: int) -> Problem:
    """The same problem with ``slots`` as in ``GET /v1/pairs/{id}/slots``; none where the pair rests or has ended."""
    with house.reading() as session:
        if pairs.get(session, pair_id).status != PairStatus.ACTIVE:
            return type(trouble)(trouble.detail, extra={**trouble.extra, "slots": []})
    situation = read_situation(house, pair_id, horizon_days=HORIZON_DAYS, duration_minutes=duration_minutes)
    found = find_slots(house, situation, limit=5)
    slots = [slot_words(slot, situation.zones) for slot in found.slots]
    return type(trouble)(trouble.detail, extra={**trouble.extra, "slots": slots, "complete": found.complete})


def check_free(known: Mapping[str, Known], span: Span, *, own: Span | None = None) -> None:
    """Raises ``CalendarUnknown`` or ``TimeGone`` unless all are known to be free. ``own``: the meeting's present time,
    whose copies in people's calendars are not in its own way."""
    unknown = [item for one in known.values() for item in one.unknown]
    if unknown:
        raise CalendarUnknown(
            "A calendar cannot be read at the moment, so nobody can say that this time is free. Try again shortly.",
            extra={"unknown": [{"calendar_id": u.calendar_id, "reason": u.reason} for u in unknown]},
        )
    for one in known.values():
        # What is known was cut to the new time, and so was the meeting's own copy in it.
        busy = one.busy.without(max(own.start, span.start), min(own.end, span.end)) if own else one.busy
        if busy.overlaps(span.start, span.end):
            raise TimeGone("One of you is no longer free at that time.")
