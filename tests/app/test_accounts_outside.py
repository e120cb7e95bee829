"""Calls to a provider: counted by what came of them, left off for an account that has to wait and for a provider that answers
nobody."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_account import Provider, state_of, with_provider

from service.api.metrics import Metrics
from service.app.connect_calendar import connect_calendar
from service.app.counted import CountedFinder, CountedSignIn, CountedWatcher, counted_calendar
from service.app.keep_counts import keep_counts
from service.app.outside import ACCOUNTS, FAILURES, FIRST_PAUSE, LONGEST_PAUSE, Outside, Tally, outcome_of
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.sync_calendar import sync_calendar
from service.domain import errors
from service.domain.errors import (
    BadCalendar,
    Changed,
    Gone,
    ProviderTrouble,
    Refused,
    SyncReset,
    Throttled,
    TimedOut,
    Unauthorized,
    Unreachable,
    Unsupported,
)
from service.ports.calendar import Account, Finds
from service.ports.clock import FixedClock
from service.store import calendars
from tests.house import MONDAY, TestHouse, make_house


def account(who: str) -> Account:
    return Account(calendar_id=f"cal-{who}", owner_email="", zone="UTC", settings={"subject": who})


class Line:
    """One provider's ``Outside`` and what is asked through it."""

    def __init__(self, *, shared: bool = True) -> None:
        self.clock, self.tally, self.asked = FixedClock(MONDAY), Tally(), 0
        self.outside = Outside("google", self.tally, self.clock, shared=shared)

    def ask(self, who: str, trouble: Exception | None = None) -> str:
        try:
            with self.outside.call("read", account(who)):
                self.asked += 1
                if trouble is not None:
                    raise trouble
        except Exception as seen:
            return type(seen).__name__
        return "ok"


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (Throttled("x"), "throttled"),
        (TimedOut("x"), "timeout"),
        (Unreachable("x"), "unreachable"),
        (Unauthorized("x"), "unauthorized"),
        (Refused("x"), "refused"),
        (Changed("x"), "changed"),
        (Gone("x"), "gone"),
        (SyncReset("x"), "sync_reset"),
        (Unsupported("x"), "unsupported"),
        (BadCalendar("x"), "bad_answer"),
        (ProviderTrouble("x"), "error"),
        (ValueError("x"), "error"),
    ],
)
def test_each_failure_has_its_word(trouble: Exception, word: str) -> None:
    assert outcome_of(trouble) == word
    line = Line()
    assert line.ask("ada", trouble) == type(trouble).__name__
    assert line.tally.take() == {("google", "read", word): 1}
    assert line.tally.take() == {}


def test_a_time_out_is_no_answer_for_everybody_else() -> None:
    assert TimedOut.code == errors.Unreachable.code


def test_an_account_that_has_to_wait_is_not_asked_before() -> None:
    line = Line()
    line.ask("ada", Throttled("Wait.", retry_after=30))
    assert line.ask("ada") == "Throttled"
    assert (line.ask("bob"), line.asked) == ("ok", 2)
    line.clock.at += 30
    assert (line.ask("ada"), line.asked) == ("ok", 3)
    assert line.tally.take()["google", "read", "left_off"] == 1


def test_without_a_word_how_long_the_jobs_decide() -> None:
    line = Line()
    line.ask("ada", Throttled("Wait."))
    assert line.ask("ada") == "ok"


def break_down(line: Line) -> None:
    for number in range(FAILURES):
        line.ask(f"person{number % ACCOUNTS}", Unreachable("No answer."))


def test_a_provider_that_answers_nobody_is_left_alone_and_then_tried_by_one() -> None:
    line = Line()
    break_down(line)
    asked = line.asked
    assert line.ask("somebody") == "Unreachable"
    assert line.asked == asked, "nothing went out"
    line.clock.at += FIRST_PAUSE
    assert line.ask("somebody", TimedOut("No answer.")) == "TimedOut"
    assert (line.ask("another"), line.asked) == ("Unreachable", asked + 1)
    line.clock.at += FIRST_PAUSE
    assert line.ask("another") == "Unreachable", "twice as long the second time"
    line.clock.at += FIRST_PAUSE
    assert [line.ask("another"), line.ask("a third")] == ["ok", "ok"]
    assert line.asked == asked + 3


def test_it_is_never_left_alone_for_long() -> None:
    line = Line()
    break_down(line)
    for _ in range(20):
        line.clock.at += LONGEST_PAUSE
        assert line.ask("somebody", Unreachable("No answer.")) == "Unreachable"
    line.clock.at += LONGEST_PAUSE
    assert line.ask("somebody") == "ok"


def test_where_calendars_are_looked_at_often_it_is_tried_often() -> None:
    line = Line()
    line.outside = Outside("google", line.tally, line.clock, round_seconds=2)
    break_down(line)
    for wait in (2, 4, 8, 8):
        line.clock.at += wait
        asked = line.asked
        line.ask("somebody", Unreachable("No answer."))
        assert line.asked == asked + 1


def test_only_one_tries() -> None:
    line = Line()
    break_down(line)
    line.clock.at += FIRST_PAUSE
    inside, go_on, seen = threading.Event(), threading.Event(), []

    def first() -> None:
        with line.outside.call("read", account("first")):
            inside.set()
            go_on.wait(10)
            seen.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    assert line.ask("second") == "Unreachable"
    go_on.set()
    thread.join()
    assert (seen, line.ask("second")) == (["first"], "ok")


def test_one_mailbox_that_is_broken_is_not_the_provider() -> None:
    line = Line()
    for _ in range(50):
        line.ask("ada", Unreachable("No answer."))
    assert line.ask("bob") == "ok"


def test_who_refuses_has_answered() -> None:
    line = Line()
    for number in range(50):
        line.ask(f"person{number}", Refused("No.") if number % 3 == 0 else Unreachable("No answer."))
    assert line.ask("ada") == "ok"


def test_servers_of_many_owners_are_not_down_together() -> None:
    line = Line(shared=False)
    break_down(line)
    assert line.ask("ada") == "ok"


# --- in the house ---


class Booked:
    def __init__(self, at: TestHouse) -> None:
        self.at, self.provider = at, Provider(at.clock)
        adapter = with_provider(at, self.provider)
        self.outside = Outside("google", at.house.tally, at.clock)
        self.adapter = counted_calendar(adapter, self.outside)
        at.house = replace(
            at.house,
            calendars={**at.house.calendars, "google": self.adapter},
            watchers={"google": CountedWatcher(self.provider, self.outside)},
            sign_ins={
                "google": CountedSignIn(self.provider, Outside("google", at.house.tally, at.clock, shared=False))
            },
        )
        self.mentor, self.mentee = at.person("Ada Mentor"), at.person("Emil Mentee")
        at.local(self.mentee)
        self.calendar = connect_calendar(at.house, self.mentor, {"provider": "google"})
        with at.house.reading() as session:
            url = authorization_url(at.house, calendars.get(session, self.calendar))
        finish_sign_in(at.house, "google", {"state": state_of(url), "code": "c"})
        at.run()

    def lines(self) -> dict[str, float]:
        text = Metrics(self.at.house).text().decode()
        rows = [row for row in text.splitlines() if row.startswith("holdfast_provider_calls_total{")]
        return {row.partition("{")[2].rpartition("}")[0]: float(row.rpartition(" ")[2]) for row in rows}


def label(operation: str, outcome: str) -> str:
    return f'operation="{operation}",outcome="{outcome}",provider="google"'


def test_what_the_house_does_is_counted_and_outlives_the_process(tmp_path: Path) -> None:
    booked = Booked(make_house(tmp_path))
    assert isinstance(booked.adapter, CountedFinder)
    assert isinstance(booked.adapter, Finds)
    booked.at.booked(booked.at.pair(booked.mentor, booked.mentee))
    lines = booked.lines()
    for operation in ("sign_in", "connect", "read", "create", "watch"):
        assert lines[label(operation, "ok")] >= 1, operation
    booked.provider.box().trouble = TimedOut("No answer.")
    sync_calendar(booked.at.house, booked.calendar)
    booked.provider.box().trouble = None
    booked.provider.good.clear()
    sync_calendar(booked.at.house, booked.calendar)
    keep_counts(booked.at.house)
    again = booked.lines()
    assert again[label("read", "timeout")] == 1
    assert again[label("read", "unauthorized")] == 1
    assert again[label("refresh", "ok")] == 1
    assert again[label("read", "ok")] == lines[label("read", "ok")] + 1
    assert booked.lines() == again, "asking changes nothing"


def test_what_cannot_be_stored_is_counted_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = make_house(tmp_path)
    at.house.tally.add("google", "read", "ok")
    from service.store import provider_calls

    def broken(*_: Any) -> None:
        raise RuntimeError("The database is away.")

    with monkeypatch.context() as patch:
        patch.setattr(provider_calls, "add", broken)
        with pytest.raises(RuntimeError):
            keep_counts(at.house)
    keep_counts(at.house)
    with at.house.reading() as session:
        assert provider_calls.totals(session) == [("google", "read", "ok", 1)]


def test_trouble_that_passes_is_looked_at_again_soon(tmp_path: Path) -> None:
    booked = Booked(make_house(tmp_path))

    def status() -> str:
        with booked.at.house.reading() as session:
            return calendars.get(session, booked.calendar).status

    booked.provider.box().trouble = Unreachable("No answer.")
    sync_calendar(booked.at.house, booked.calendar)
    assert status() == "error"
    booked.provider.box().trouble = None
    booked.at.clock.at += 5
    booked.at.run()
    assert status() == "connected", "long before the next round"
    booked.provider.box().trouble = Throttled("Wait.", retry_after=20)
    sync_calendar(booked.at.house, booked.calendar)
    booked.provider.box().trouble = None
    booked.at.clock.at += 20
    booked.at.run()
    assert status() == "error", "not before it was told"
    booked.at.clock.at += 1
    booked.at.run()
    assert status() == "connected"
