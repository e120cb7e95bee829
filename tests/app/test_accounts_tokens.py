"""Access tokens: renewed in time and once, by whomever; and what follows when they are withdrawn for good."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_account import AccountCalendar, Provider, state_of, with_provider

from service.app.connect_calendar import connect_calendar
from service.app.read_busy import known_of
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.sync_calendar import sync_calendar
from service.app.tokens import secret_of
from service.domain.errors import ProviderTrouble, Refused, Unreachable
from service.domain.timespan import DAY, HOUR
from service.store import calendars
from service.store.engine import make_engine
from service.store.migrate import migrate
from service.store.tables import Calendar
from tests.databases import postgres, sqlite
from tests.house import TestHouse, make_house


def connected(at: TestHouse, provider: Provider, person: str) -> list[str]:
    """Signs in; the ids of the person's calendars."""
    calendar = connect_calendar(at.house, person, {"provider": provider.name})
    state = state_of(authorization_url(at.house, row(at, calendar)))
    finish_sign_in(at.house, provider.name, {"state": state, "code": "c"})
    at.run()
    with at.house.reading() as session:
        return [one.id for one in calendars.of_people(session, [person])]


def row(at: TestHouse, calendar: str) -> Calendar:
    with at.house.reading() as session:
        return calendars.get(session, calendar)


def secrets(at: TestHouse, ids: list[str]) -> list[dict[str, str]]:
    return [secret_of(at.house, row(at, id_)) for id_ in ids]


@pytest.fixture
def at(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


@pytest.fixture
def provider(at: TestHouse) -> Provider:
    made = Provider(at.clock)
    with_provider(at, made)
    return made


def test_a_token_is_renewed_before_it_runs_out_and_not_sooner(at: TestHouse, provider: Provider) -> None:
    [calendar] = connected(at, provider, at.person())
    sync_calendar(at.house, calendar)
    assert provider.refreshes == []
    at.clock.at += HOUR - 30
    sync_calendar(at.house, calendar)
    sync_calendar(at.house, calendar)
    assert len(provider.refreshes) == 1
    assert row(at, calendar).refreshing_until is None


def test_a_token_that_turns_out_to_be_no_good_is_renewed_once(at: TestHouse, provider: Provider) -> None:
    [calendar] = connected(at, provider, at.person())
    provider.good.clear()
    sync_calendar(at.house, calendar)
    assert len(provider.refreshes) == 1
    assert row(at, calendar).status == "connected"


def test_one_renewal_serves_every_calendar_of_the_account_and_no_other(at: TestHouse, provider: Provider) -> None:
    person = at.person()
    provider.names[provider.who] = ["primary", "team", "choir"]
    ids = connected(at, provider, person)
    provider.who = "ada@work.example"
    other = next(id_ for id_ in connected(at, provider, person) if id_ not in ids)
    before = secrets(at, [other])
    for token in [secrets(at, ids)[0]["access_token"]]:
        provider.good.remove(token)
    for id_ in ids:
        sync_calendar(at.house, id_)
    assert len(provider.refreshes) == 1
    assert len({one["refresh_token"] for one in secrets(at, ids)}) == 1
    assert secrets(at, [other]) == before


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with sqlite(tmp_path) if request.param == "sqlite" else postgres() as address:
        yield address


def test_two_houses_and_many_threads_never_race_one_refresh_token(url: str, tmp_path: Path) -> None:
    """Two calendars of one account, read by two installations on one database, four threads each: one renewal.

    The provider takes each refresh token once; whoever came second with it would lose the account."""
    engines = [make_engine(url), make_engine(url)]
    migrate(engines[0])
    first = make_house(tmp_path, engine=engines[0])
    provider = Provider(first.clock)
    with_provider(first, provider)
    provider.names[provider.who] = ["primary", "team"]
    ids = connected(first, provider, first.person())
    second = TestHouse(replace(first.house, engine=engines[1]), first.clock, first.jobs, first.mails, first.posts)
    provider.good.clear()
    provider.go_on.clear()
    threads = [
        threading.Thread(target=sync_calendar, args=(at.house, ids[number % 2]))
        for number, at in enumerate([first, second, second, first, first, second, second, first])
    ]
    for thread in threads:
        thread.start()
    assert provider.renewing.wait(20)
    threads[0].join(0.3)  # the others come to the door meanwhile
    provider.go_on.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert len(provider.refreshes) == 1
    assert [row(first, id_).status for id_ in ids] == ["connected", "connected"]
    assert len({one["refresh_token"] for one in secrets(first, ids)}) == 1
    assert [row(first, id_).refreshing_until for id_ in ids] == [None, None]
    for engine in engines:
        engine.dispose()


def test_one_who_died_renewing_keeps_nobody_out_for_long(at: TestHouse, provider: Provider) -> None:
    [calendar] = connected(at, provider, at.person())
    provider.good.clear()
    with at.house.writing() as session:
        calendars.locked(session, calendar).refreshing_until = at.clock.at + 30
    at.clock.at += 30
    sync_calendar(at.house, calendar)
    assert row(at, calendar).status == "connected"


def test_what_fails_while_renewing_is_no_withdrawal(at: TestHouse, provider: Provider) -> None:
    [calendar] = connected(at, provider, at.person())
    provider.good.clear()
    for trouble in (Unreachable("No answer."), ProviderTrouble("It does not know this installation.")):
        provider.refusing = trouble
        sync_calendar(at.house, calendar)
        assert (row(at, calendar).status, row(at, calendar).problem) == ("error", trouble.code)
        assert row(at, calendar).refreshing_until is None, "the next one need not wait"
        provider.refreshes.clear()
    provider.refusing = None
    sync_calendar(at.house, calendar)
    assert row(at, calendar).status == "connected"
    assert at.posts.of("calendar.disconnected") == []


def test_withdrawn_for_good(at: TestHouse, provider: Provider) -> None:
    """Told once: one webhook a calendar, one mail an account; unknown with its reason; everything else goes on."""
    mentor, mentee = at.person("Marta Mentor"), at.person("Emil Mentee")
    provider.names[provider.who] = ["primary", "team"]
    ids = connected(at, provider, mentor)
    at.local(mentee)
    pair = at.pair(mentor, mentee)
    meeting = at.booked(pair)
    mails = len(at.mails.sent)
    provider.good.clear()
    provider.refusing = Refused("Access was withdrawn or has run out.")
    for _ in range(3):
        for id_ in ids:
            sync_calendar(at.house, id_)
        at.run()
        provider.refreshes.clear()
    assert [data["calendar_id"] for data in at.posts.of("calendar.disconnected")] == ids
    told = at.mails.sent[mails:]
    assert [mail.to.email for mail in told] == ["marta@example.org"]
    assert "/me/" in told[0].text
    assert provider.who in told[0].text
    assert told[0].invitation is None
    for word in ("fail", "error", "fault", "must", "invalid"):
        assert word not in told[0].text.lower()
    now = at.house.now()
    with at.house.reading() as session:
        known = known_of(at.house, session, [mentor], now, now + 40 * DAY)[mentor]
    assert {one.reason for one in known.unknown} == {"disconnected"}
    assert at.slots(pair)[1] == []
    from service.app.alter_meeting import cancel_meeting
    from service.domain.ledger import Seat
    from service.store import meetings

    cancel_meeting(at.house, meeting, by=Seat.MENTEE)
    at.run()
    with at.house.reading() as session:
        assert meetings.get(session, meeting).status == "cancelled", "everything else goes on"


def test_a_second_withdrawal_is_told_again(at: TestHouse, provider: Provider) -> None:
    person = at.person()
    for number in (1, 2):
        provider.refusing = None
        [calendar] = connected(at, provider, person)
        provider.good.clear()
        provider.refusing = Refused("Access was withdrawn.")
        at.clock.at += 60
        sync_calendar(at.house, calendar)
        at.run()
        assert len(at.posts.of("calendar.disconnected")) == number
        assert len(at.mails.sent) == number


def test_a_refusal_of_the_access_before_does_not_end_the_new_one(at: TestHouse, provider: Provider) -> None:
    """A reading began with the old access, its owner connects anew meanwhile, then the old access is refused."""
    person = at.person()
    [calendar] = connected(at, provider, person)
    provider.good.clear()
    provider.go_on.clear()
    provider.refusing = Refused("Access was withdrawn.")
    slow = threading.Thread(target=sync_calendar, args=(at.house, calendar))
    slow.start()
    assert provider.renewing.wait(20)
    assert connected(at, provider, person) == [calendar]
    provider.go_on.set()
    slow.join(20)
    assert row(at, calendar).status == "connected"
    assert at.posts.of("calendar.disconnected") == []


def test_a_renewal_that_ends_after_a_new_sign_in_does_not_take_its_place(at: TestHouse, provider: Provider) -> None:
    person = at.person()
    [calendar] = connected(at, provider, person)
    provider.good.clear()
    provider.go_on.clear()
    slow = threading.Thread(target=sync_calendar, args=(at.house, calendar))
    slow.start()
    assert provider.renewing.wait(20)
    connected(at, provider, person)
    [new] = secrets(at, [calendar])
    provider.go_on.set()
    slow.join(20)
    assert secrets(at, [calendar]) == [new]


def test_a_token_that_is_refused_right_after_renewing_is_a_withdrawal(
    at: TestHouse, provider: Provider, monkeypatch: Any
) -> None:
    [calendar] = connected(at, provider, at.person())
    from service.domain.errors import Unauthorized

    def never(*_: Any) -> None:
        raise Unauthorized("No.")

    monkeypatch.setattr(AccountCalendar, "sync", never)
    sync_calendar(at.house, calendar)
    assert len(provider.refreshes) == 1
    assert row(at, calendar).status == "disconnected"
