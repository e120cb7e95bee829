"""Takes out, once a day, what nobody needs any more: keys of old requests, the delivery log, what was asked
long ago, the words of sent mails."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlmodel import Session

from service.app.house import House
from service.domain.timespan import DAY
from service.store import old_rows

log = structlog.get_logger(__name__)

KEEP_KEYS = 7 * DAY
KEEP_DELIVERIES = 30 * DAY
KEEP_SENT_MAIL = DAY
KEEP_ASKS = 400 * DAY  # nothing is asked about the same thing again so late
AT_ONCE = 500


def tidy(house: House) -> None:
    """One run, in small transactions. Running it twice changes nothing."""
    now = house.now()
    keys = _all(house, lambda s: old_rows.drop_idempotency(s, before=now - KEEP_KEYS, limit=AT_ONCE))
    events = _all(house, lambda s: old_rows.drop_webhook_events(s, before=now - KEEP_DELIVERIES, limit=AT_ONCE))
    mails = _all(house, lambda s: old_rows.blank_sent_mails(s, before=now - KEEP_SENT_MAIL, limit=AT_ONCE))
    asks = _all(house, lambda s: old_rows.drop_asks(s, before=now - KEEP_ASKS, limit=AT_ONCE))
    log.info("tidied", asks=asks, idempotency_keys=keys, webhook_events=events, mails=mails)


def _all(house: House, batch: Callable[[Session], int]) -> int:
    total = 0
    while True:
        with house.writing() as session:
            done = batch(session)
        total += done
        if done < AT_ONCE:
            return total
