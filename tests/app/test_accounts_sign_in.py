"""Connecting an account: the way there and back, what was given, coming back to it, and giving it up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted_account import PUBLIC, Provider, state_of, with_provider
from sqlmodel import select

from service.app.connect_calendar import connect_calendar, disconnect_calendar
from service.app.forget_person import forget_person
from service.app.propose_slots import propose_slots
from service.app.read_busy import known_of
from service.app.sign_in import GOOD_FOR, authorization_url, finish_sign_in
from service.app.sync_calendar import sync_calendar
from service.domain.errors import Denied, LinkExpired, Refused, Unreachable
from service.domain.timespan import DAY, HOUR
from service.store import calendars, meetings
from service.store.tables import Calendar, SignInRow, WatchRow
from tests.house import TestHouse, make_house


class World:
    """A house with one provider, and the way through its sign-in."""

    def __init__(self, at: TestHouse, name: str = "google") -> None:
        self.at = at
        self.provider = Provider(at.clock, name)
        self.adapter = with_provider(at, self.provider)

    @property
    def house(self) -> Any:
        return self.at.house

    def begun(self, person: str, provider: str | None = None) -> tuple[str, str]:
        """A sign-in that was begun: ``(calendar, state)``."""
        calendar = connect_calendar(self.house, person, {"provider": provider or self.provider.name})
        return calendar, state_of(authorization_url(self.house, self.row(calendar)))

    def connected(self, person: str, who: str | None = None) -> str:
        """The whole way; returns the calendar's id."""
        self.provider.who = who or self.provider.who
        _, state = self.begun(person)
        done = finish_sign_in(self.house, self.provider.name, {"state": state, "code": "c"})
        self.at.run()
        return done

    def row(self, calendar: str) -> Calendar:
        with self.house.reading() as session:
            return calendars.get(session, calendar)

    def rows(self, person: str) -> list[Calendar]:
        with self.house.reading() as session:
            return calendars.of_people(session, [person])

    def unknown(self, person: str) -> dict[str, str]:
        now = self.house.now()
        with self.house.reading() as session:
            known = known_of(self.house, session, [person], now, now + DAY)[person]
        return {one.calendar_id: one.reason for one in known.unknown}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(make_house(tmp_path))


def test_a_calendar_waits_until_access_is_given_and_then_is_read(world: World) -> None:
    person = world.at.person()
    calendar, state = world.begun(person)
    assert (world.row(calendar).status, world.row(calendar).access) == ("authorization_required", "free_busy")
    assert world.unknown(person) == {calendar: "authorization_required"}
    assert f"redirect_uri={PUBLIC}".replace("://", "%3A%2F%2F") in str(
        authorization_url(world.house, world.row(calendar))
    )
    assert finish_sign_in(world.house, "google", {"state": state, "code": "c"}) == calendar
    row = world.row(calendar)
    assert (row.status, row.access, row.writable, row.server_invites, row.is_primary) == (
        "connected", "events", True, True, True,
    )  # fmt: skip
    assert world.unknown(person) == {}
    assert authorization_url(world.house, row) is None
    assert b"access-" not in (row.secret or b"")


def test_a_state_is_good_once(world: World) -> None:
    calendar, state = world.begun(world.at.person())
    finish_sign_in(world.house, "google", {"state": state, "code": "c"})
    with pytest.raises(Denied):
        finish_sign_in(world.house, "google", {"state": state, "code": "c"})
    assert world.row(calendar).status == "connected"


def test_a_state_runs_out_and_says_so(world: World) -> None:
    calendar, state = world.begun(world.at.person())
    world.at.clock.at += GOOD_FOR
    assert authorization_url(world.house, world.row(calendar)) is None, "nobody is sent on a way that leads nowhere"
    with pytest.raises(LinkExpired):
        finish_sign_in(world.house, "google", {"state": state, "code": "c"})
    row = world.row(calendar)
    assert (row.status, row.problem) == ("authorization_required", "link-expired")


@pytest.mark.parametrize("change", [lambda s: "", lambda s: s[:-1], lambda s: s + "x", lambda s: s.swapcase()])
def test_a_state_that_is_not_ours_is_denied(world: World, change: Any) -> None:
    calendar, state = world.begun(world.at.person())
    with pytest.raises(Denied):
        finish_sign_in(world.house, "google", {"state": change(state), "code": "c"})
    finish_sign_in(world.house, "google", {"state": state, "code": "c"})  # the real one is still good
    assert world.row(calendar).status == "connected"


def test_a_state_is_bound_to_its_provider(world: World) -> None:
    with_provider(world.at, Provider(world.at.clock, "microsoft"))
    calendar, state = world.begun(world.at.person())
    with pytest.raises(Denied):
        finish_sign_in(world.house, "microsoft", {"state": state, "code": "c"})
    assert world.row(calendar).status == "authorization_required"
    assert finish_sign_in(world.house, "google", {"state": state, "code": "c"}) == calendar


def test_of_two_who_come_back_with_one_state_one_is_let_in(world: World) -> None:
    _, state = world.begun(world.at.person())
    with world.house.writing() as session:  # the other one is just taking it
        session.delete(session.exec(select(SignInRow)).one())
    with pytest.raises(Denied):
        finish_sign_in(world.house, "google", {"state": state, "code": "c"})


def test_a_refusal_is_kept_with_its_reason_and_a_new_try_takes_its_place(world: World) -> None:
    person = world.at.person()
    calendar, state = world.begun(person)
    with pytest.raises(Refused):
        finish_sign_in(world.house, "google", {"state": state, "error": "access_denied"})
    row = world.row(calendar)
    assert (row.status, row.problem, row.problem_text) == (
        "authorization_required", "refused", "Access was not given.",
    )  # fmt: skip
    assert world.unknown(person) == {calendar: "refused"}
    world.connected(person)
    assert [row.status for row in world.rows(person)] == ["connected"], "no dead one keeps the person unknown"
    assert world.unknown(person) == {}


def test_a_sign_in_that_is_still_under_way_is_left_alone_by_another(world: World) -> None:
    person = world.at.person()
    first, state = world.begun(person)
    world.begun(person)
    assert finish_sign_in(world.house, "google", {"state": state, "code": "c"}) == first


def test_free_busy_alone_is_a_full_citizen(world: World) -> None:
    mentor, mentee = world.at.person("Marta Mentor"), world.at.person("Emil Mentee")
    world.provider.access = "free_busy"
    calendar = world.connected(mentor)
    row = world.row(calendar)
    assert (row.access, row.writable, row.server_invites, row.status) == ("free_busy", False, False, "connected")
    world.at.local(mentee)
    meeting_id = world.at.booked(world.at.pair(mentor, mentee))
    with world.house.reading() as session:
        meeting = meetings.get(session, meeting_id)
    assert meeting.organizer == "mentee", "the one calendar that can be written carries it"
    assert [mail.to.email for mail in world.at.mails.sent if mail.invitation] == ["marta@example.org"]


def test_several_accounts_of_one_person(world: World) -> None:
    person = world.at.person()
    private = world.connected(person, "ada@gmail.example")
    world.provider.names["ada@work.example"] = ["primary", "team"]
    work = world.connected(person, "ada@work.example")
    rows = {row.id: row for row in world.rows(person)}
    assert len(rows) == 3
    assert [row.id for row in rows.values() if row.is_primary] == [private], "the first stays the one written to"
    assert rows[work].settings["email"] == "ada@work.example"
    assert world.unknown(person) == {}
    start = world.house.now() + 5 * HOUR
    world.provider.box("team", "ada@work.example").events["x"] = _event("x", start)
    for id_ in rows:
        sync_calendar(world.house, id_)
    with world.house.reading() as session:
        busy = known_of(world.house, session, [person], start, start + HOUR)[person].busy
    assert busy.overlaps(start, start + HOUR), "every calendar of every account counts"


def _event(uid: str, start: int) -> Any:
    from scripted_calendar import event

    return event(uid, start, start + HOUR)


def test_connected_again_it_keeps_its_id_and_finds_what_happened_meanwhile(world: World) -> None:
    mentor, mentee = world.at.person("Marta Mentor"), world.at.person("Emil Mentee")
    calendar = world.connected(mentor)
    world.at.local(mentee)
    meeting_id = world.at.booked(world.at.pair(mentor, mentee))
    with world.house.reading() as session:
        meeting = meetings.get(session, meeting_id)
    assert meeting.ics_uid.endswith(".theirs"), "the meeting bears the UID that the provider gave it"
    world.provider.good.clear()
    world.provider.refusing = Refused("Access was withdrawn.")
    sync_calendar(world.house, calendar)
    assert world.row(calendar).status == "disconnected"
    version = world.row(calendar).version
    world.provider.box().move(meeting.ics_uid, meeting.start + DAY, meeting.end + DAY)
    world.provider.refusing = None
    again = world.connected(mentor)
    row = world.row(calendar)
    assert again == calendar
    assert [c.id for c in world.rows(mentor)] == [calendar]
    assert (row.status, row.problem, row.failures, row.is_primary) == ("connected", None, 0, True)
    assert row.version > version
    with world.house.reading() as session:
        moved = meetings.get(session, meeting_id)
    assert (moved.start, moved.sequence) == (meeting.start + DAY, 1)
    assert len(world.provider.watches) == 2, "the old promise ended with the access: a new one was asked for"
    assert len(world.at.posts.of("meeting.rescheduled")) == 1


def test_what_was_connected_and_does_not_answer_yet_is_kept(world: World) -> None:
    person = world.at.person()
    world.provider.box().trouble = Unreachable("No answer.")
    calendar = world.connected(person)
    assert world.row(calendar).status == "error"
    assert world.unknown(person) == {calendar: "unreachable"}
    world.provider.box().trouble = None
    world.at.clock.at += HOUR
    world.at.run()
    assert world.row(calendar).status == "connected"
    assert world.unknown(person) == {}


def test_working_hours_come_over_where_nobody_set_them(world: World) -> None:
    world.provider.working_hours = [{"weekdays": ["mon"], "start": "08:00", "end": "12:00"}]
    plain = world.at.person()
    own = world.at.person("Bob", working_hours=[{"weekdays": ["tue"], "start": "10:00", "end": "14:00"}])
    world.connected(plain)
    world.connected(own, "bob@gmail.example")
    from service.store import people

    with world.house.reading() as session:
        assert people.get(session, plain).working_hours == world.provider.working_hours
        assert people.get(session, own).working_hours[0]["weekdays"] == ["tue"]


def test_giving_up_an_account_revokes_once_and_forgets(world: World) -> None:
    person = world.at.person()
    world.provider.names[world.provider.who] = ["primary", "team"]
    world.connected(person)
    first, second = (row.id for row in world.rows(person))
    assert len(world.provider.watches) == 2
    disconnect_calendar(world.house, first)
    assert world.provider.revoked == [], "the other calendar still needs it"
    disconnect_calendar(world.house, second)
    assert len(world.provider.revoked) == 1
    assert world.provider.watches == {}
    assert world.rows(person) == []
    with world.house.reading() as session:
        assert session.exec(select(WatchRow)).all() == []


def test_an_account_that_somebody_else_connected_too_is_not_revoked_under_them(world: World) -> None:
    ada, shared = world.at.person("Ada"), world.at.person("Sharing")
    mine, theirs = world.connected(ada), world.connected(shared)
    disconnect_calendar(world.house, mine)
    assert world.provider.revoked == []
    sync_calendar(world.house, theirs)
    assert world.row(theirs).status == "connected"


def test_giving_up_what_was_never_given_calls_nobody(world: World) -> None:
    calendar, state = world.begun(world.at.person())
    disconnect_calendar(world.house, calendar)
    assert world.provider.revoked == []
    with pytest.raises(Denied):
        finish_sign_in(world.house, "google", {"state": state, "code": "c"})


def test_whoever_is_forgotten_is_revoked(world: World) -> None:
    person = world.at.person()
    world.connected(person)
    forget_person(world.house, person)
    assert len(world.provider.revoked) == 1
    assert world.provider.watches == {}


def test_no_slots_while_access_is_still_to_be_given(world: World) -> None:
    mentor, mentee = world.at.person("Marta Mentor"), world.at.person("Emil Mentee")
    world.begun(mentor)
    world.at.local(mentee)
    proposal = propose_slots(world.house, world.at.pair(mentor, mentee))
    from service.store import proposals

    with world.house.reading() as session:
        assert proposals.slots(session, proposal) == []
