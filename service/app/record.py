"""Writing down what happened: the pair's ledger, and the webhook events that tell other systems.

Both are called inside the transaction that changes the state, so that neither can exist without the other.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from sqlmodel import Session

from service.app.house import House
from service.domain.cadence_round import GRACE
from service.domain.ledger import EntryType
from service.domain.timespan import Span, rfc3339
from service.store import loops, pairs, webhooks
from service.store.engine import at_the_end
from service.store.webhook_tables import WebhookDelivery

EVENT_TYPES = (
    "proposal.created",
    "proposal.expired",
    "meeting.booked",
    "meeting.rescheduled",
    "meeting.cancelled",
    "meeting.held",
    "meeting.missed",
    "pair.slipping",
    "pair.paused",
    "pair.ended",
    "calendar.disconnected",
)
TEST_TYPE = "webhook.test"
TO_SERVE = "holdfast_to_serve"


# What happened to a pair makes Holdfast look at it again (``app.look_after``); these say nothing about where it stands.
SILENT = ("invitation", "calendar", "fallback", "review", "outcome")


def note(house: House, session: Session, pair_id: str, entry: EntryType, /, **data: Any) -> None:
    """Adds a line to the pair's ledger, and plans a look at the pair where that can change what is to be done for it."""
    pairs.write(session, pair_id, house.new_id("led"), house.now(), entry, data)
    if entry.value.partition(".")[0] not in SILENT and entry is not EntryType.PROPOSAL_NUDGED:
        loops.touch(session, pair_id, house.now() + (GRACE if entry is EntryType.PAIR_CREATED else 0))


def emit(house: House, session: Session, kind: str, data: dict[str, Any], *, only: str | None = None) -> str:
    """Writes a webhook event and its delivery to every endpoint that wants it (or to ``only`` one). Returns its id.

    A job takes all new deliveries of an endpoint along (``deliver_new``): one is planned where none is there.
    ``data`` holds ids and times; never names, addresses, titles or free text."""
    now = house.now()
    event_id = house.new_id("msg")
    body = json.dumps({"type": kind, "timestamp": rfc3339(now), "data": data}, separators=(",", ":"))
    webhooks.write_event(session, event_id, kind, body, now)
    told = webhooks.wanting(session, kind) if only is None else [webhooks.told_alone(session, only)]
    for endpoint_id, served in told:
        delivery_id = house.new_id("dlv")
        webhooks.write_delivery(session, delivery_id, endpoint_id, event_id, now)
        if not served:
            _to_serve(house, session).setdefault(endpoint_id, delivery_id)
    return event_id


def _to_serve(house: House, session: Session) -> dict[str, str]:
    """Endpoints without a job, each with a new delivery: they get one at the end of the transaction, in one order. Nobody
    who holds an endpoint then waits for anything but the next, so nobody waits in a circle, and nobody for long."""
    kept: dict[str, str] | None = session.info.get(TO_SERVE)
    if kept is None:
        kept = session.info[TO_SERVE] = {}
        at_the_end(session, partial(_serve, house))
    return kept


def _serve(house: House, session: Session) -> None:
    for endpoint_id, delivery_id in sorted(session.info.pop(TO_SERVE).items()):
        if webhooks.serve(session, endpoint_id):
            house.jobs.enqueue(session, "deliver_new", endpoint_id, key=delivery_id)


def enqueue_delivery(house: House, session: Session, delivery: WebhookDelivery, *, delay: int) -> None:
    """Plans the next try of a delivery."""
    key = _key(delivery.id, delivery.run, delivery.attempts)
    house.jobs.enqueue(session, "deliver_webhook", delivery.id, delivery.attempts, key=key, delay=delay)


def _key(delivery_id: str, run: int, attempts: int) -> str:
    return f"{delivery_id}:{run}:{attempts}"


def times(span: Span) -> dict[str, str]:
    """A span as the API and the webhooks write it."""
    return {"start": rfc3339(span.start), "end": rfc3339(span.end)}
