"""kill -9 at every point of a job's life: each is done, what is idempotent is done once, and nothing hangs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import select

from service.app.answer_proposal import accept_slot
from service.app.manage_endpoints import create_endpoint
from service.domain.errors import BadInput
from service.domain.ledger import Seat
from service.jobs import registry
from service.jobs.registry import Job
from service.jobs.single_process import SingleProcess
from service.ports.mailer import Sending
from service.store import meetings, pairs
from service.store.tables import LocalEvent, MailRow
from service.store.webhook_tables import WebhookAttempt, WebhookDelivery
from tests.databases import sqlite
from tests.jobs.jobs_at_work import AtWork, at_work, eventually
from tests.jobs.jobs_child import LoudMailer, Points, effect, flaky
from tests.jobs.jobs_family import children, effects

POINTS = {
    "after-event",  # the calendar is written, and nobody here knows
    "before-mail",
    "after-mail",  # the mail is out, and nobody here knows
    "before-deliver_new",
    "after-post",  # the receiver has it, and nobody here knows
    "after-deliver_new",  # all is recorded but the job's own end
    "before-retry",  # a try has failed, and the next is not planned
}


@pytest.mark.slow
def test_killed_at_every_point_and_started_again(
    shared_or_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = shared_or_file
    with at_work(url, tmp_path, start=False) as work:
        meeting = booked(work)
        work.ask("flaky", 1, key="1")
        begun = set(work.states())
        assert set(work.states().values()) == {"ENQUEUED"}
        with children(url, tmp_path, *POINTS) as [child]:
            child.ready()
            child.hear_all({f"at {point}" for point in POINTS})
            child.kill()
        held = work.states()
        assert Counter(held[job] for job in begun)["PENDING"] == len(POINTS), "what was begun looks begun"

        house = dataclasses.replace(work.house, mailer=LoudMailer(tmp_path, Points([])))
        monkeypatch.setitem(registry.JOBS, "flaky", Job(flaky(tmp_path), (0,)))
        real_send = house.webhooks.send
        monkeypatch.setattr(
            house.webhooks, "send", lambda **f: (effect(tmp_path, f"post {f['event_id']}"), real_send(**f))[1]
        )
        work.jobs.start(house)
        eventually(lambda: work.all_done() and "flaky 1" in effects(tmp_path), seconds=60)
        check(work, meeting, effects(tmp_path))


def booked(work: AtWork) -> str:
    """A meeting just accepted: its booking, its invitation, one more mail and the webhooks (three receivers, one for each point
    of their job) wait in the queue."""
    for name in ("one", "another"):
        create_endpoint(work.house, {"url": f"https://{name}.example/hook"})
    pair, _, _ = work.test_house.ready_pair()
    proposal, slots = work.test_house.slots(pair)
    meeting = accept_slot(work.house, proposal, slot_id=slots[0].id, by=Seat.MENTEE)
    with work.house.writing() as session:
        invitation = session.exec(select(MailRow)).one()
        session.add(
            MailRow(
                id="mail:another",
                person_id=invitation.person_id,
                subject="Another",
                text="Words.",
                html="Words.",
                created_at=work.house.now(),
            )
        )
        work.jobs.enqueue(session, "send_mail", "mail:another", key="mail:another")
    return meeting


def check(work: AtWork, meeting_id: str, outside: list[str]) -> None:
    """All is done, and once wherever once was possible."""
    with work.house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        events = session.exec(select(LocalEvent).where(LocalEvent.meeting_id == meeting_id)).all()
        mails = session.exec(select(MailRow)).all()
        deliveries = session.exec(select(WebhookDelivery)).all()
        attempts = session.exec(select(WebhookAttempt)).all()
        ledger = [entry.type.value for entry in pairs.ledger(session, meeting.pair_id)]
    assert meeting.booking_status == "written"
    assert [event.deleted for event in events] == [False], "written twice, and one event all the same"
    assert {mail.status for mail in mails} == {Sending.SENT.value}
    assert ledger.count("invitation.sent") == 1
    assert ledger.count("meeting.booked") == 1
    sent = Counter(line for line in outside if line.startswith("mail "))
    assert sorted(sent.values()) == [1, 2], "the one killed between sending and noting went out twice …"
    assert {line.removeprefix("mail ").partition("@")[0] for line in sent} == {mail.id for mail in mails}, (
        "… under one Message-ID"
    )
    assert {delivery.status for delivery in deliveries} == {"delivered"}
    assert len(attempts) == len(deliveries)
    posts = Counter(line for line in outside if line.startswith("post "))
    assert sorted(set(posts.values())) == [3, 4], "what was recorded is not posted again"
    assert sum(posts.values()) == len(deliveries) + 1, "the one killed between posting and noting went out twice"
    assert outside.count("flaky 1") >= 1


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_or_file(request: pytest.FixtureRequest, tmp_path: Path):  # type: ignore[no-untyped-def]
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_url")
    else:
        with sqlite(tmp_path) as address:
            yield address


@pytest.mark.slow
def test_one_process_works_on_a_sqlite_file(tmp_path: Path) -> None:
    """The second is refused in a sentence; a killed one leaves no lock behind."""
    file = tmp_path / "holdfast.sqlite"
    ours = SingleProcess(file)
    with sqlite(tmp_path) as url:
        with at_work(url, tmp_path, start=False):
            pass
        with children(url, tmp_path) as [first]:
            first.ready()
            with pytest.raises(BadInput) as refused:
                ours.acquire()
            assert refused.value.detail == (
                "HOLDFAST_DATABASE_URL: another Holdfast process serves this SQLite file; "
                "stop it, or use PostgreSQL for several"
            )
            first.kill()
        ours.acquire()
        ours.release()


def test_the_lock_of_one_process(tmp_path: Path) -> None:
    file = tmp_path / "data.sqlite"
    (tmp_path / "link.sqlite").symlink_to(file)
    first, second = SingleProcess(file), SingleProcess(tmp_path / "link.sqlite")
    first.acquire()
    first.acquire()
    with pytest.raises(BadInput):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()
    with pytest.raises(BadInput, match="cannot be written"):
        SingleProcess(tmp_path / "no such folder" / "data.sqlite").acquire()
