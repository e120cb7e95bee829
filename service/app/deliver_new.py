"""The first tries of an endpoint's new deliveries: one job takes along all that it finds, until there is nothing new.

So a receiver is told of a thousand events by a few transactions, and one that hangs keeps only its own job waiting. Which
endpoint has such a job is noted on it (``store.webhooks.serve``); whoever writes a delivery plans one where there is none. What
fails goes on by itself (``deliver_webhook``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from service.app.deliver_webhook import GONE, live_secrets, record, taken
from service.app.house import House
from service.domain.errors import HoldfastError
from service.domain.timespan import HOUR
from service.ports.webhooks import Attempt
from service.store import webhooks
from service.store.webhook_tables import WebhookEndpoint
from service.store.webhooks import New

AT_ONCE = 50  # deliveries read at a time
LOOKS = 20  # at what is new; then another job goes on, so that none lasts for ever
GIVE_UP_LOOKS = 1000
QUICK_MS = 50  # a receiver that answers within this is asked one after the other, in order
SIDE_BY_SIDE = 8  # a slower one is asked by so many threads

Tried = tuple[New, Attempt]


def deliver_new(house: House, endpoint_id: str) -> None:
    """Tries everything once that was never tried. Raises ``NotFound`` where the endpoint is gone."""
    for _ in range(LOOKS):
        if _settled(house, endpoint_id):
            return
    _hand_over(house, endpoint_id)


def give_up_new(house: House, endpoint_id: str, trouble: HoldfastError) -> None:
    """The tries could not be made, however often (a fault of ours): they count as failed ones, and the next are planned."""
    for _ in range(GIVE_UP_LOOKS):
        with house.writing() as session:
            webhooks.endpoint(session, endpoint_id)
            for each in webhooks.new_of(session, endpoint_id, AT_ONCE):
                record(house, session, each.id, 0, Attempt(None, trouble.detail, None, 0))
        if _rests(house, endpoint_id):
            return
    _hand_over(house, endpoint_id)


def plan_forgotten(house: House) -> int:
    """A round: plans a job, once an hour, for endpoints that wait for one that is not there any more (nothing in here loses
    one; a database put back from a copy may); returns how many."""
    with house.reading() as session:
        waiting = webhooks.forgotten(session, house.now() - HOUR)
    if waiting:
        with house.writing() as session:
            for endpoint_id in waiting:
                house.jobs.enqueue(session, "deliver_new", endpoint_id, key=f"{endpoint_id}:{house.now() // HOUR}")
    return len(waiting)


def _hand_over(house: House, endpoint_id: str) -> None:
    with house.writing() as session:
        house.jobs.enqueue(session, "deliver_new", endpoint_id, key=house.new_id("job"))


def _rests(house: House, endpoint_id: str) -> bool:
    """Whether there is nothing new, and nobody who writes some just now and counts on us: then the job ends."""
    try:
        with house.writing() as session:
            return webhooks.rest(session, endpoint_id)
    except webhooks.StillWritten:
        return False


def _settled(house: House, endpoint_id: str) -> bool:
    """Tries what is new; true once nothing was and the job may end."""
    with house.reading() as session:
        endpoint = webhooks.endpoint(session, endpoint_id)
        new = webhooks.new_of(session, endpoint_id, AT_ONCE)
    if not new:
        return _rests(house, endpoint_id)
    if endpoint.status != "enabled":
        with house.writing() as session:
            for row in webhooks.pending_of(session, endpoint_id):
                row.status, row.next_attempt_at = "dropped", None
        return False
    secrets = live_secrets(house, endpoint)

    def send(each: New) -> Attempt:
        return house.webhooks.send(
            url=endpoint.url, event_id=each.event_id, timestamp=house.now(), body=each.body.encode(), secrets=secrets
        )

    for tried in _tries(send, new):
        if not _record(house, endpoint, tried):
            break
    return False


def _tries(send: Callable[[New], Attempt], new: Sequence[New]) -> Iterator[list[Tried]]:
    """Tries in groups, each of which is recorded before the next: a slow one holds up no more than its own group."""
    quick: list[Tried] = []
    for each in new:
        quick.append((each, send(each)))
        if quick[-1][1].milliseconds > QUICK_MS or quick[-1][1].status == GONE:
            break
    yield quick
    rest = new[len(quick) :]
    if rest:
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="deliver") as pool:
            for at in range(0, len(rest), SIDE_BY_SIDE):
                group = rest[at : at + SIDE_BY_SIDE]
                yield list(zip(group, pool.map(send, group), strict=True))


def _record(house: House, endpoint: WebhookEndpoint, tried: Sequence[Tried]) -> bool:
    """Writes down what came of them; false where the endpoint is no longer what it was: it was changed, switched off or taken
    out, or says itself that it is gone."""
    with house.writing() as session:
        version = webhooks.in_turn(session, endpoint.id)
        open_ = webhooks.still_new(session, endpoint.id, tried[-1][0].id)
        good = [(n.id, a.status, a.milliseconds) for n, a in tried if taken(a) and n.id in open_]
        webhooks.note_delivered(session, house.now(), good)
        for new, attempt in tried:
            if not taken(attempt):
                record(house, session, new.id, 0, attempt)
    return version == endpoint.version and not any(attempt.status == GONE for _, attempt in tried)
