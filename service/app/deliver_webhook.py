"""One further try at delivering a webhook event (the first is ``deliver_new``'s), and what comes of a try: that, and the next
try, are written in one transaction."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.record import enqueue_delivery
from service.domain.errors import HoldfastError
from service.domain.timespan import DAY, HOUR, MINUTE
from service.ports.webhooks import Attempt
from service.store import webhooks
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint

# Seconds before each further try: the first within half a minute, also after a receiver that hung until it was given up,
# the last about three days on.
BACKOFF = (10, 2 * MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY)
LONGEST_WAIT = DAY
GONE = 410


def deliver_webhook(house: House, delivery_id: str, number: int) -> None:
    """Try ``number`` (from 0). A try that was recorded already, or belongs to an earlier run, is not repeated."""
    with house.reading() as session:
        delivery = webhooks.delivery(session, delivery_id)
        if delivery.status != "pending" or delivery.attempts != number:
            return
        endpoint = webhooks.endpoint(session, delivery.endpoint_id)
        event = webhooks.event(session, delivery.event_id)
    if endpoint.status != "enabled":
        _drop(house, delivery_id)
        return
    attempt = house.webhooks.send(
        url=endpoint.url,
        event_id=event.id,
        timestamp=house.now(),
        body=event.body.encode(),
        secrets=live_secrets(house, endpoint),
    )
    _record(house, delivery_id, number, attempt)


def give_up_delivery(house: House, delivery_id: str, number: int, trouble: HoldfastError) -> None:
    """The try itself could not be made, however often (a fault of ours): it counts as a failed one, and the next is planned."""
    _record(house, delivery_id, number, Attempt(None, trouble.detail, None, 0))


def live_secrets(house: House, endpoint: WebhookEndpoint) -> list[str]:
    """The endpoint's secrets, newest first: two while the old one is being rotated out."""
    found = [house.vault.open(endpoint.secret, endpoint.id)]
    if endpoint.previous_secret and (endpoint.previous_until or 0) > house.now():
        found.append(house.vault.open(endpoint.previous_secret, endpoint.id))
    return found


def _record(house: House, delivery_id: str, number: int, attempt: Attempt) -> None:
    with house.writing() as session:
        record(house, session, delivery_id, number, attempt)


def taken(attempt: Attempt) -> bool:
    """Whether the receiver has it."""
    return attempt.status is not None and 200 <= attempt.status < 300


def record(house: House, session: Session, delivery_id: str, number: int, attempt: Attempt) -> None:
    """Writes down what came of try ``number`` (from 0), and plans the next, inside the caller's transaction; nothing where that
    was done before."""
    delivery = webhooks.delivery(session, delivery_id)
    if attempt.status == GONE:  # which touches all of the endpoint's deliveries: first the endpoint, as everywhere
        webhooks.in_turn(session, delivery.endpoint_id)
        session.refresh(delivery)
    if delivery.status != "pending" or delivery.attempts != number:
        return
    now = house.now()
    session.add(
        WebhookAttempt(
            delivery_id=delivery_id,
            number=number + 1,
            at=now,
            status=attempt.status,
            error=attempt.error,
            milliseconds=attempt.milliseconds,
        )
    )
    delivery.attempts = number + 1
    delivery.next_attempt_at = None
    if taken(attempt):
        delivery.status, delivery.delivered_at = "delivered", now
    elif attempt.status == GONE:
        delivery.status = "failed"
        endpoint = webhooks.endpoint(session, delivery.endpoint_id)
        endpoint.status, endpoint.disabled_because = "disabled", "the receiver answered 410 Gone"
        endpoint.version += 1
        for other in webhooks.pending_of(session, endpoint.id):
            other.status, other.next_attempt_at = "dropped", None
    elif (wait := _wait(delivery, attempt)) is None:
        delivery.status = "failed"
    else:
        delivery.next_attempt_at = now + wait
        enqueue_delivery(house, session, delivery, delay=wait)


def _wait(delivery: WebhookDelivery, attempt: Attempt) -> int | None:
    if delivery.attempts > len(BACKOFF):
        return None
    planned = BACKOFF[delivery.attempts - 1]
    asked = int(attempt.retry_after or 0)
    return max(planned, min(asked, LONGEST_WAIT))


def _drop(house: House, delivery_id: str) -> None:
    with house.writing() as session:
        delivery = webhooks.delivery(session, delivery_id)
        if delivery.status == "pending":
            delivery.status, delivery.next_attempt_at = "dropped", None
