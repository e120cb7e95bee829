"""What the demo's own pages show: a person's calendar as a calendar program would, and the webhook log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.app.house import House
from service.domain.timespan import local
from service.store import calendars, local_events, meetings, pairs, webhooks
from service.store.tables import LocalEvent, Meeting, Person
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery
from service.web import clocks
from service.web.demo_receiver import Receiver

BEFORE, AFTER = 4, 8  # weeks that the calendar page leads to


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a day: an event of the calendar, or a meeting to which one was invited."""

    title: str
    start: int
    end: int
    all_day: bool
    event: LocalEvent | None
    ours: bool
    open: bool  # a meeting of ours that is still to come, so moving it means something


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week shown."""

    at: int
    today: bool
    weekend: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, and which weeks lie beside it (``None``: no further)."""

    days: tuple[Day, ...]
    earlier: int | None
    later: int | None


def calendar_week(house: House, person: Person, week: int) -> Week:
    """The week ``week`` weeks from now on the person's clock."""
    zone, now = ZoneInfo(person.time_zone), house.now()
    monday = local(clocks.week_start(now, person.time_zone), person.time_zone).date() + timedelta(weeks=week)
    edges = [_midnight(monday + timedelta(days=i), zone) for i in range(8)]
    with house.reading() as session:
        own = [c.id for c in calendars.of_people(session, [person.id]) if c.provider == "local"]
        events = local_events.between(session, own, edges[0], edges[-1])
        planned = [
            (row, pairs.get(session, row.pair_id))
            for row in meetings.of_person(session, person.id, ends_after=edges[0])
            if row.start < edges[-1] and row.calendar_id not in own
        ]
    invited = [row for row, _ in planned]
    days = tuple(
        Day(
            edges[i],
            edges[i] <= now < edges[i + 1],
            i >= 5,
            tuple(_items(events, invited, edges[i], edges[i + 1], now)),
        )
        for i in range(7)
    )
    return Week(days, week - 1 if week > -BEFORE else None, week + 1 if week < AFTER else None)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time.min, zone).timestamp())


def _items(events: Sequence[LocalEvent], invited: Sequence[Meeting], start: int, end: int, now: int) -> list[Item]:
    items = [
        Item(
            title=event.title or "Busy",
            start=event.start,
            end=event.end,
            all_day=event.start <= start and event.end >= end,
            event=event,
            ours=event.meeting_id is not None,
            open=event.meeting_id is not None and event.end > now,
        )
        for event in events
        if event.start < end and event.end > start
    ]
    items += [
        Item("Holdfast meeting, by invitation", row.start, row.end, False, None, True, False)
        for row in invited
        if row.start < end and row.end > start
    ]
    return sorted(items, key=lambda item: (not item.all_day, item.start, item.end))


@dataclass(frozen=True, slots=True)
class Delivered:
    """A line of the webhook log."""

    row: WebhookDelivery
    kind: str
    body: str
    tries: tuple[WebhookAttempt, ...]
    received: int  # how often the demo's receiver saw it with a good signature


def webhook_log(house: House, receiver: Receiver, limit: int = 60) -> tuple[list[str], list[Delivered]]:
    """``(addresses of the endpoints, deliveries newest first)``."""
    with house.reading() as session:
        endpoints, _ = webhooks.endpoints(session, cursor=None, limit=20)
        lines = [
            Delivered(row, event.type, _pretty(event.body), tuple(tries), receiver.seen.get(event.id, 0))
            for endpoint in endpoints
            for row, event, tries in webhooks.log(session, endpoint.id, cursor=None, limit=limit)[0]
        ]
    lines.sort(key=lambda line: line.row.id, reverse=True)
    return [endpoint.url for endpoint in endpoints], lines[:limit]


def _pretty(body: str) -> str:
    return json.dumps(json.loads(body), indent=2)
