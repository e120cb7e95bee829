"""What the two want to reach, each with a date at which they look at it together, if they like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from service.app.house import House
from service.domain.errors import BadInput
from service.domain.review import next_date
from service.domain.timespan import local
from service.store import people, reviews
from service.store.tables import Pair

MORNING = time(8)
MOST = 50


def read_objectives(house: House, given: Sequence[Any], held: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The list as it is kept: ``[{id, text, review_on, done}]``. A plain text is an objective without a date; one that
    names the id of an objective held so far keeps it, every other gets an id of its own."""
    known = {item["id"] for item in held}
    made: list[dict[str, Any]] = []
    for index, raw in enumerate(given):
        item = {"text": raw} if isinstance(raw, str) else dict(raw)
        text = " ".join(str(item["text"]).split())
        if not text:
            raise BadInput.of(f"objectives[{index}].text", "must not be empty")
        item_id = item.get("id")
        if item_id is not None and item_id not in known:
            raise BadInput.of(
                f"objectives[{index}].id", "is not one of this pair's objectives; leave it out for a new one"
            )
        if item_id is not None and any(other["id"] == item_id for other in made):
            raise BadInput.of(f"objectives[{index}].id", "stands in the list twice")
        made.append(
            {
                "id": item_id or house.new_id("obj"),
                "text": text,
                "review_on": _day(item.get("review_on"), f"objectives[{index}].review_on"),
                "done": bool(item.get("done", False)),
            }
        )
    return made


def _day(raw: Any, field: str) -> str | None:
    if raw is None:
        return None
    try:
        day = date.fromisoformat(str(raw))
    except ValueError:
        raise BadInput.of(field, "must be a day such as 2026-09-01") from None
    if not 2000 <= day.year < 2200:
        raise BadInput.of(field, "must lie between the years 2000 and 2200")
    return day.isoformat()


def plan_review(house: House, session: Session, pair: Pair, *, today_too: bool = False) -> None:
    """Sets when the pair's next review by date is due: the morning, on the mentor's clock, of the next date of an objective
    that is not done. ``today_too``: this morning counts, though it has gone, unless a review was opened since. Inside the
    caller's transaction."""
    zone = ZoneInfo(people.get_many(session, [pair.mentor_id])[pair.mentor_id].time_zone)
    dates = [
        _morning(date.fromisoformat(item["review_on"]), zone)
        for item in pair.objectives
        if item["review_on"] is not None and not item["done"]
    ]
    after = house.now()
    if today_too:
        morning = _morning(local(after, zone.key).date(), zone)
        latest = reviews.latest(session, pair.id)
        if latest is None or (latest.status != "open" and latest.opened_at < morning):
            after = min(after, morning - 1)
    pair.review_due_at = next_date(dates, after)


def _morning(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, MORNING, zone).timestamp())
