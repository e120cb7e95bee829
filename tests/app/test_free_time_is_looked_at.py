"""The daily look at free time: what it keeps, what it leaves out, when it is due, and that it goes when it is to go."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic import command
from scripted_calendar import ScriptedCalendar, event
from sqlalchemy import event as sql_event
from sqlalchemy import text

from service.app.connect_calendar import connect_calendar, disconnect_calendar
from service.app.export_person import export_person
from service.app.find_slots import read_situation
from service.app.forget_person import forget_person
from service.app.keep_person import change_person
from service.app.look_ahead import due_looks, look_ahead
from service.app.sync_calendar import sync_calendar
from service.domain.churn import LEADS, NO_CHURN, ChurnTable, Looks
from service.domain.churn.looks import OVER
from service.domain.errors import BadInput, Unreachable
from service.domain.timespan import DAY, HOUR
from service.jobs.rounds import enqueue_looks
from service.store import churn, people
from service.store import migrate as migrations
from service.store.engine import make_engine
from service.store.migrate import migrate
from tests.databases import postgres, sqlite
from tests.free_time import MIDNIGHT, TUESDAY_DAY, at, look_at, looked_daily, weeks_of_late_tuesdays
from tests.house import TestHouse, make_house


@pytest.fixture
def dav() -> ScriptedCalendar:
    return ScriptedCalendar()


@pytest.fixture
def house(tmp_path: Path, dav: ScriptedCalendar) -> TestHouse:
    return make_house(tmp_path, calendars={"caldav": dav})


def looks_of(house: TestHouse, person: str) -> Looks:
    with house.house.reading() as session:
        row = churn.get(session, person)
        assert row is not None
        return Looks.unpack(row.looks)


def state(house: TestHouse, person: str, day: int, sight: int, hour: int) -> str:
    """``day`` counts from the first Tuesday."""
    looks = looks_of(house, person)
    at = np.flatnonzero(looks.days == TUESDAY_DAY + day)
    if not at.size or not looks.known[at[0], sight, hour]:
        return "unknown"
    return "taken" if looks.taken[at[0], sight, hour] else "free"


def test_free_hours_that_fill_up_are_seen(house: TestHouse) -> None:
    person = house.person()
    calendar = house.local(person)
    look_at(house, 0)
    house.event(calendar, at(3, 15))
    sync_calendar(house.house, calendar)
    looked_daily(house, 4, first=1)
    assert [state(house, person, 3, LEADS.index(lead), 15) for lead in (3, 2, 1, 0)] == [
        "free",
        "taken",
        "taken",
        "taken",
    ]
    assert [state(house, person, 3, OVER, hour) for hour in (14, 15, 16)] == ["free", "taken", "free"]


def test_a_look_is_due_once_a_local_day_and_a_crash_in_between_does_not_matter(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    berlin, auckland = house.person("Ada"), house.person("Kiri", zone="Pacific/Auckland")
    for person in (berlin, auckland):
        house.local(person)
    look_at(house, 0)
    assert not due_looks(house.house)
    monkeypatch.setattr("service.app.look_ahead.AT_ONCE", 1)
    house.clock.at = at(1, 0) + 60
    from service.app import look_ahead as module

    keep = module._keep

    def fails_for_berlin(row: Any, person: Any, *more: Any) -> None:
        keep(row, person, *more)
        if person.id == berlin:
            raise RuntimeError("the power went")

    monkeypatch.setattr(module, "_keep", fails_for_berlin)
    with pytest.raises(RuntimeError):
        look_ahead(house.house)
    before = looks_of(house, auckland).pack()
    assert due_looks(house.house)
    monkeypatch.setattr(module, "_keep", keep)
    look_ahead(house.house)
    assert not due_looks(house.house)
    assert state(house, berlin, 2, LEADS.index(1), 10) == "free"
    assert looks_of(house, auckland).pack() == before or state(house, auckland, 2, LEADS.index(1), 10) == "free"
    again = looks_of(house, berlin).pack()
    look_ahead(house.house)
    assert looks_of(house, berlin).pack() == again


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_workers_at_once_look_once_at_each(database: str, tmp_path: Path) -> None:
    with sqlite(tmp_path) if database == "sqlite" else postgres() as url:
        engine = make_engine(url)
        migrate(engine)
        house = make_house(tmp_path, engine=engine)
        people_ = [house.person(f"Ada {n}") for n in range(120)]
        for person in people_[:3]:
            house.local(person)
        house.clock.at = at(0, 0)
        troubles: list[BaseException] = []

        def work() -> None:
            try:
                look_ahead(house.house)
            except BaseException as trouble:
                troubles.append(trouble)

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert troubles == []
        assert not due_looks(house.house)
        assert state(house, people_[2], 2, LEADS.index(2), 10) == "free"
        engine.dispose()


def test_who_was_here_before_is_looked_at_from_now_on(tmp_path: Path) -> None:
    """The migration begins for everybody."""
    engine = make_engine(f"sqlite:///{tmp_path}/old.sqlite")
    migrate(engine)
    person = make_house(tmp_path, engine=engine).person()
    config = migrations._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
        command.upgrade(config, "0007")
        assert connection.execute(text("SELECT person_id, next_look_at, looks FROM churn")).all() == [(person, 0, b"")]
    engine.dispose()


def test_the_rounds_enqueue_it_and_the_job_does_it(house: TestHouse) -> None:
    person = house.person()
    house.local(person)
    assert enqueue_looks(house.house)
    house.run()
    assert not enqueue_looks(house.house)
    house.clock.at = at(0, 0)
    assert enqueue_looks(house.house)
    assert enqueue_looks(house.house)
    house.run()
    assert state(house, person, 1, LEADS.index(1), 10) == "free"


def connected(house: TestHouse, person: str) -> str:
    return connect_calendar(
        house.house, person, {"provider": "caldav", "url": "https://dav.example", "username": "m", "password": "p"}
    )


def test_a_calendar_that_cannot_be_read_shows_nothing(house: TestHouse, dav: ScriptedCalendar) -> None:
    person = house.person()
    calendar = connected(house, person)
    house.local(person)
    for day in range(4):
        dav.trouble = Unreachable("It did not answer.") if day == 2 else None
        house.clock.at = at(day, 0) + 600
        sync_calendar(house.house, calendar)
        look_ahead(house.house)
    seen = {lead: state(house, person, 3, LEADS.index(lead), 10) for lead in (3, 2, 1, 0)}
    assert seen == {3: "free", 2: "free", 1: "unknown", 0: "free"}
    assert state(house, person, 1, OVER, 10) == "free", "read again in time, the end of the day can still be told"


def test_a_calendar_not_read_for_long_shows_nothing(house: TestHouse, dav: ScriptedCalendar) -> None:
    person = house.person()
    connected(house, person)
    house.clock.at = at(4, 0)
    look_ahead(house.house)
    assert looks_of(house, person).days.size == 0


def test_a_new_calendar_is_no_change_of_plan(house: TestHouse, dav: ScriptedCalendar) -> None:
    """What a calendar connected later shows was there before: it overwrote nothing."""
    person = house.person()
    house.local(person)
    looked_daily(house, 3)
    dav.events["old"] = event("old", at(4, 10), at(4, 11))
    calendar = connected(house, person)
    for day in range(3, 6):
        house.clock.at = at(day, 0) + 600
        sync_calendar(house.house, calendar)
        look_ahead(house.house)
    assert [state(house, person, 4, LEADS.index(lead), 10) for lead in (3, 2, 1, 0)] == [
        "unknown",
        "unknown",
        "taken",
        "taken",
    ]
    assert [state(house, person, 4, OVER, hour) for hour in (10, 11)] == ["taken", "free"]
    assert state(house, person, 1, OVER, 10) == "free", "what was over stays"
    disconnect_calendar(house.house, calendar)
    look_at(house, 6)
    assert state(house, person, 5, LEADS.index(1), 10) == "unknown"


def test_another_clock_begins_anew(house: TestHouse) -> None:
    person = house.person()
    house.local(person)
    looked_daily(house, 3)
    change_person(house.house, person, {"time_zone": "America/New_York"})
    house.run()
    house.clock.at = at(3, 7)
    look_ahead(house.house)
    looks = looks_of(house, person)
    assert looks.known[looks.days > TUESDAY_DAY + 2, LEADS.index(2)].any(axis=1).sum() == 1


def test_an_uploaded_calendar_never_changes_and_says_nothing(house: TestHouse) -> None:
    from integrations.ics import IcsCalendar  # noqa: F401 - what is uploaded is read by it elsewhere
    from service.store.tables import Calendar

    person = house.person()
    calendar = house.local(person)
    with house.house.writing() as session:
        row = session.get(Calendar, calendar)
        assert row is not None
        row.settings = {"source": "upload"}
    looked_daily(house, 2)
    assert looks_of(house, person).days.size == 0


def test_our_own_meetings_take_no_hour(house: TestHouse) -> None:
    pair, calendar, _ = house.ready_pair()
    look_at(house, 0)
    meeting = house.booked(pair)
    from service.store import meetings, pairs

    with house.house.reading() as session:
        row, mentor = meetings.get(session, meeting), pairs.get(session, pair).mentor_id
    day, hour = divmod(row.start - MIDNIGHT, DAY)
    hour //= HOUR
    sync_calendar(house.house, calendar)
    with house.house.reading() as session:
        from service.app.read_busy import known_of

        assert known_of(house.house, session, [mentor], row.start, row.end)[mentor].busy.starts.size
    looked_daily(house, day + 2, first=1)
    assert state(house, mentor, day, OVER, hour) == "free"
    house.event(calendar, row.start + DAY)
    house.event(calendar, row.start + 2 * DAY)
    sync_calendar(house.house, calendar)
    look_at(house, day + 4)
    assert state(house, mentor, day + 2, OVER, hour) == "taken"


def test_after_weeks_the_model_is_told_and_no_question_more_is_asked(house: TestHouse) -> None:
    mentor, mentee = house.person("Marta"), house.person("Emil")
    house.local(mentee)
    pair = house.pair(mentor, mentee)
    asked: list[str] = []
    sql_event.listen(house.house.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    read_situation(house.house, pair, horizon_days=28)
    before = len(asked)
    weeks_of_late_tuesdays(house, mentor)
    asked.clear()
    situation = read_situation(house.house, pair, horizon_days=28)
    assert len(asked) == before
    steps = situation.parties[0].churn.steps.reshape(len(LEADS), 7, 24)
    assert steps[LEADS.index(2), 1, 15] > 32 > 0 > steps[LEADS.index(2), 1, 14]
    assert situation.parties[1].churn is NO_CHURN, "that an unused calendar stays free says nothing"


def test_it_is_given_out_and_forgotten_with_the_person(house: TestHouse) -> None:
    person = house.person()
    weeks_of_late_tuesdays(house, person, weeks=5)
    given = export_person(house.house, person)["churn"]
    assert given["weeks"] == 5
    tuesday = next(day for day in given["days"] if day["date"] == "2026-06-09")
    assert tuesday["seen"]["2"][15] == "-"
    assert tuesday["seen"]["over"][15] == "x"
    forget_person(house.house, person)
    with house.house.reading() as session:
        assert churn.get(session, person) is None
        assert people.get_many(session, [person])[person].churn_table is None


def test_who_does_not_want_it_has_nothing_kept(house: TestHouse) -> None:
    person = house.person(preferences={"churn": False})
    calendar = house.local(person)
    for day in range(40):
        house.event(calendar, at(day, 10))
    sync_calendar(house.house, calendar)
    look_at(house, 0)
    with house.house.reading() as session:
        assert churn.get(session, person) is None
    assert export_person(house.house, person)["churn"] == {"wanted": False, "weeks": 0, "items": [], "days": []}
    change_person(house.house, person, {"preferences": {"churn": True}})
    looked_daily(house, 36, first=1)
    with house.house.reading() as session:
        assert ChurnTable.unpack(people.get(session, person).churn_table).weeks >= 4
    change_person(house.house, person, {"preferences": {"churn": False}})
    with house.house.reading() as session:
        assert churn.get(session, person) is None
        assert people.get(session, person).churn_table is None
    with pytest.raises(BadInput):
        change_person(house.house, person, {"preferences": {"churn": None}})


def test_holidays_are_no_habit(house: TestHouse) -> None:
    person = house.person(preferences={"holidays": "DE"})
    house.local(person)
    # Sunday 2026-05-31 to Thursday; Fronleichnam is no holiday of all Germany, Whit Monday was 25 May.
    house.clock.at = at(-10, 0) + 600
    look_ahead(house.house)
    whit_monday = TUESDAY_DAY - 8
    assert whit_monday not in looks_of(house, person).days
    assert TUESDAY_DAY - 9 in looks_of(house, person).days


def test_half_a_year_of_looks_stays_small(house: TestHouse) -> None:
    person = house.person()
    weeks_of_late_tuesdays(house, person, weeks=5)
    with house.house.reading() as session:
        row = churn.get(session, person)
        assert row is not None
        assert len(row.looks) < 200 * 35
        assert row.next_look_at > house.clock.at
