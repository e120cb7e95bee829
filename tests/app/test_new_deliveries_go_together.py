"""What an endpoint was never told goes to it by one job; what fails goes on by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from service.app import deliver_new
from service.app.manage_endpoints import change_endpoint, create_endpoint, delete_endpoint, send_test
from service.app.record import emit
from service.domain.errors import ProviderTrouble
from service.domain.timespan import HOUR
from service.jobs.registry import give_up_job, run_job
from service.ports.webhooks import Attempt
from service.store import webhooks
from service.store.engine import make_engine
from service.store.migrate import migrate
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.databases import postgres
from tests.house import TestHouse, make_house


@pytest.fixture
def at(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def endpoint_of(at: TestHouse) -> str:
    with at.house.reading() as session:
        return session.exec(select(WebhookEndpoint.id)).one()


def told(at: TestHouse, count: int) -> list[str]:
    """So many events, each in a transaction of its own; their ids."""
    ids = []
    for number in range(count):
        with at.house.writing() as session:
            ids.append(emit(at.house, session, "pair.slipping", {"number": number}))
    return ids


def jobs(at: TestHouse, name: str = "deliver_new") -> int:
    return sum(each == name for _, each, _ in at.jobs.waiting())


def deliveries(at: TestHouse) -> list[tuple[str, int]]:
    with at.house.reading() as session:
        query = select(WebhookDelivery.status, WebhookDelivery.attempts).order_by(WebhookDelivery.id)
        return [(a, b) for a, b in session.exec(query).all()]


def served(at: TestHouse) -> bool:
    with at.house.reading() as session:
        return webhooks.endpoint(session, endpoint_of(at)).served


def test_one_job_takes_all_along_in_order(at: TestHouse) -> None:
    ids = told(at, 7)
    assert jobs(at) == 1
    assert served(at)
    at.run()
    assert [post["id"] for post in at.posts.posts] == ids
    assert deliveries(at) == [("delivered", 1)] * 7
    assert not served(at)
    with at.house.reading() as session:
        tries = session.exec(select(WebhookAttempt)).all()
    assert [(t.number, t.status, t.error, t.at, t.milliseconds) for t in tries] == [
        (1, 200, None, at.house.now(), 1)
    ] * 7
    told(at, 1)
    assert jobs(at) == 1, "the one before has ended, so there is another"


def test_what_is_rolled_back_needs_no_job(at: TestHouse) -> None:
    with pytest.raises(RuntimeError), at.house.writing() as session:
        emit(at.house, session, "pair.slipping", {})
        raise RuntimeError
    assert jobs(at) == 0
    assert not served(at)
    told(at, 1)
    assert jobs(at) == 1


def test_what_comes_while_the_job_works_is_taken_along(at: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    real = at.posts.send
    late: list[str] = []

    def send(**facts: Any) -> Attempt:
        if not late:
            late.extend(told(at, 2))
        return real(**facts)

    monkeypatch.setattr(at.posts, "send", send)
    told(at, 1)
    assert at.run() == 1, "one job did it all"
    assert [post["id"] for post in at.posts.posts][1:] == late


def test_a_job_that_lasts_hands_over_to_another(at: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver_new, "AT_ONCE", 2)
    monkeypatch.setattr(deliver_new, "LOOKS", 2)
    told(at, 7)
    assert at.run() == 3, "four, three, and a look at whether there is more"
    assert deliveries(at) == [("delivered", 1)] * 7
    assert not served(at)


def test_what_fails_is_tried_again_by_itself_and_holds_nobody_up(at: TestHouse) -> None:
    at.posts.answers[:] = [
        Attempt(200, None, None, 1),
        Attempt(500, "answered HTTP 500", None, 1),
        Attempt(None, "no answer", None, 1),
    ]
    ids = told(at, 5)
    at.run()
    assert [status for status, _ in deliveries(at)] == ["delivered", "pending", "pending", "delivered", "delivered"]
    assert jobs(at, "deliver_webhook") == 2
    assert not served(at), "what has been tried is no longer new"
    at.clock.advance(15)
    at.run()
    assert deliveries(at) == [
        ("delivered", 1),
        ("delivered", 2),
        ("delivered", 2),
        ("delivered", 1),
        ("delivered", 1),
    ]
    assert sorted(post["id"] for post in at.posts.posts) == sorted([*ids, ids[1], ids[2]])


def test_a_slow_receiver_is_asked_by_several_at_once(at: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(deliver_new.SIDE_BY_SIDE, timeout=20)
    asked: list[str] = []

    def send(**facts: Any) -> Attempt:
        asked.append(facts["event_id"])
        if len(asked) > 1:
            together.wait()
        return Attempt(200, None, None, deliver_new.QUICK_MS + 1)

    monkeypatch.setattr(at.posts, "send", send)
    ids = told(at, 1 + 2 * deliver_new.SIDE_BY_SIDE)
    at.run()
    assert sorted(asked) == sorted(ids)
    assert {status for status, _ in deliveries(at)} == {"delivered"}


def test_each_group_is_recorded_before_the_next_begins(at: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that hangs until it is given up does not keep the first retry waiting for all the others."""
    monkeypatch.setattr(deliver_new, "SIDE_BY_SIDE", 1)
    recorded: list[int] = []

    def send(**_facts: Any) -> Attempt:
        recorded.append(sum(attempts for _, attempts in deliveries(at)))
        return Attempt(None, "no answer in time", None, 15_000)

    monkeypatch.setattr(at.posts, "send", send)
    told(at, 3)
    at.run()
    assert recorded == [0, 1, 2]


@pytest.mark.parametrize("milliseconds", [1, 60])
def test_one_that_is_gone_is_not_asked_again(at: TestHouse, milliseconds: int) -> None:
    at.posts.answers[:] = [Attempt(200, None, None, 1), Attempt(410, "gone", None, milliseconds)]
    told(at, 12)
    at.run()
    assert len(at.posts.posts) == 2
    assert [status for status, _ in deliveries(at)] == ["delivered", "failed", *["dropped"] * 10]
    assert not served(at)


def test_switched_off_in_between_nothing_goes_out(at: TestHouse) -> None:
    told(at, 2)
    change_endpoint(at.house, endpoint_of(at), {"status": "disabled"})
    at.run()
    assert at.posts.posts == []
    assert {status for status, _ in deliveries(at)} == {"dropped"}
    change_endpoint(at.house, endpoint_of(at), {"status": "enabled"})
    send_test(at.house, endpoint_of(at))
    at.run()
    assert len(at.posts.posts) == 1


def test_each_endpoint_has_a_job_of_its_own(at: TestHouse) -> None:
    create_endpoint(at.house, {"url": "https://another.example/hook", "types": ["pair.ended"]})
    create_endpoint(at.house, {"url": "https://third.example/hook"})
    told(at, 3)
    assert jobs(at) == 2
    at.run()
    assert sorted(post["url"] for post in at.posts.posts) == [
        *["https://receiver.example/hook"] * 3,
        *["https://third.example/hook"] * 3,
    ]


def test_done_twice_nothing_goes_out_twice(at: TestHouse) -> None:
    told(at, 2)
    at.run()
    assert run_job(at.house, "deliver_new", (endpoint_of(at),), 0) is None
    assert len(at.posts.posts) == 2


def test_given_up_what_was_never_tried_counts_as_tried(at: TestHouse) -> None:
    told(at, 60)
    give_up_job(at.house, "deliver_new", (endpoint_of(at),), ProviderTrouble("A fault of ours."))
    assert set(deliveries(at)) == {("pending", 1)}
    assert jobs(at, "deliver_webhook") == 60
    assert not served(at)


@pytest.mark.parametrize("what", ["another address", "switched off", "taken out"])
def test_what_becomes_of_an_endpoint_meanwhile_counts_after_the_group(
    at: TestHouse, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Not only after all that were read with it, which may take minutes where the receiver is slow."""
    monkeypatch.setattr(deliver_new, "SIDE_BY_SIDE", 1)
    change = {"another address": {"url": "https://elsewhere.example/hook"}, "switched off": {"status": "disabled"}}
    urls: list[str] = []

    def send(**facts: Any) -> Attempt:
        urls.append(facts["url"])
        if len(urls) == 2:
            if what in change:
                change_endpoint(at.house, endpoint_of(at), change[what])
            else:
                delete_endpoint(at.house, endpoint_of(at))
        return Attempt(200, None, None, deliver_new.QUICK_MS + 1)

    monkeypatch.setattr(at.posts, "send", send)
    told(at, 5)
    at.run()
    before = ["https://receiver.example/hook"] * 2
    assert urls == before + (["https://elsewhere.example/hook"] * 3 if what == "another address" else [])
    if what == "switched off":
        assert [status for status, _ in deliveries(at)] == [*["delivered"] * 2, *["dropped"] * 3]
    if what == "taken out":
        assert deliveries(at) == []


def test_a_lost_job_is_planned_anew_within_the_hour(at: TestHouse) -> None:
    told(at, 2)
    at.jobs._heap.clear()
    deliver_new.plan_forgotten(at.house)
    assert jobs(at) == 0, "it may still be at work"
    at.clock.advance(HOUR + 1)
    assert [deliver_new.plan_forgotten(at.house) for _ in range(2)] == [1, 1]
    assert jobs(at) == 1, "once an hour"
    at.run()
    assert {status for status, _ in deliveries(at)} == {"delivered"}
    assert not served(at)
    assert deliver_new.plan_forgotten(at.house) == 0


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestHouse]:
    if request.param == "sqlite":
        yield make_house(tmp_path)
        return
    with postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        yield make_house(tmp_path, engine=engine)
        engine.dispose()


def test_a_job_does_not_end_while_somebody_who_counts_on_it_is_writing(shared: TestHouse) -> None:
    """Its last look waits for a transaction that has seen it at work; then it finds what that one wrote."""
    at = shared
    told(at, 1)
    at.posts.posts.clear()
    written, asked = threading.Event(), threading.Event()

    def write() -> None:
        with at.house.writing() as session:
            emit(at.house, session, "pair.slipping", {})
            written.set()
            asked.wait(0.2)  # as long as the job's look would need: it must still be waiting then

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(20)
    at.run()
    writer.join()
    assert len(at.posts.posts) == 2
    assert {status for status, _ in deliveries(at)} == {"delivered"}
    assert not served(at)
    assert jobs(at) == 0


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[TestHouse]:
    with postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        yield make_house(tmp_path, engine=engine)
        engine.dispose()


def test_those_who_write_all_the_time_keep_nothing_from_being_sent(
    postgresql: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's last look waits for them, but not for long: what the others have written goes out meanwhile."""
    at = postgresql
    monkeypatch.setattr(deliver_new, "LOOKS", 2)
    told(at, 1)
    with at.house.writing() as session:
        late = emit(at.house, session, "pair.slipping", {})
        deliver_new.deliver_new(at.house, endpoint_of(at))
        assert len(at.posts.posts) == 1
        told(at, 1)
        deliver_new.deliver_new(at.house, endpoint_of(at))
        assert len(at.posts.posts) == 2
        assert served(at)
        assert jobs(at) == 3, "the first, and each of these handed over"
    at.run()
    assert [post["id"] for post in at.posts.posts][2:] == [late]
    assert not served(at)


def test_given_up_while_somebody_writes_another_job_goes_on(
    postgresql: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = postgresql
    monkeypatch.setattr(deliver_new, "GIVE_UP_LOOKS", 2)
    told(at, 1)
    with at.house.writing() as session:
        emit(at.house, session, "pair.slipping", {})
        give_up_job(at.house, "deliver_new", (endpoint_of(at),), ProviderTrouble("A fault of ours."))
        assert deliveries(at) == [("pending", 1)]
        assert served(at)
    at.run()
    assert deliveries(at) == [("pending", 1), ("delivered", 1)]
    assert not served(at)


def test_nobody_waits_for_another_transaction_to_plan_a_job(postgresql: TestHouse) -> None:
    """Or two that tell several endpoints could wait for one another."""
    at = postgresql
    other = threading.Thread(target=told, args=(at, 1))
    with at.house.writing() as session:
        emit(at.house, session, "pair.slipping", {})
        other.start()
        other.join(20)
        assert not other.is_alive()
    assert jobs(at) == 1
    at.run()
    assert len(at.posts.posts) == 2


@pytest.mark.parametrize("answer", [200, 410])
def test_an_endpoint_taken_out_while_tries_are_written_down(
    postgresql: TestHouse, monkeypatch: pytest.MonkeyPatch, answer: int
) -> None:
    """Both touch the endpoint and its deliveries: in the same order, or PostgreSQL would end one of them."""
    at = postgresql
    at.posts.answers[:] = [Attempt(answer, None, None, 1)]
    real, began, troubles = webhooks.still_new, threading.Event(), []

    def take_out() -> None:
        try:
            began.set()
            delete_endpoint(at.house, id_)
        except Exception as trouble:
            troubles.append(trouble)

    taking_out = threading.Thread(target=take_out)

    def still_new(*given: Any) -> set[str]:
        found = real(*given)
        taking_out.start()
        began.wait(20)
        taking_out.join(0.3)  # as long as it needs to come to where it waits
        return found

    monkeypatch.setattr(webhooks, "still_new", still_new)
    told(at, 2)
    id_ = endpoint_of(at)
    at.run()
    taking_out.join()
    assert troubles == []
    assert deliveries(at) == []
    assert len(at.posts.posts) == (2 if answer == 200 else 1)
