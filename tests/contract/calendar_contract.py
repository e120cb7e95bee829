"""What every calendar adapter must do, whatever it talks to: inherit ``CalendarContract`` and give the fixtures.

Required fixtures: ``adapter``, ``account`` (a connected, empty calendar) and ``hand`` (somebody else's program at the same
calendar). Optional ones default to ``None`` and leave out what cannot be tried: ``typed`` (what a user typed to connect),
``stranger`` (the same with a wrong password), ``nothing`` (an address where no calendar is), ``trouble`` (breaks the line),
``hasty`` (the adapter with little patience, for servers that hang). Set ``spoil`` to make a sync state unusable.
What an adapter cannot do by its own word (``capabilities``) is expected to raise ``Unsupported``.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest
from sketches import SECRET, WINDOW, ZONE, Sketch, at, midnight

from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar, Changed, Gone, Refused, Unreachable, Unsupported
from service.domain.timespan import HOUR, Span
from service.ports.calendar import (
    Account,
    Attendee,
    CalendarAdapter,
    EventDraft,
    RemoteEvent,
    SyncResult,
)

OWNER = "alice@example.com"
START = datetime(2027, 3, 10, 9, 0)
PATIENCE = 3.0  # seconds in which a hanging server must be given up, with a hasty adapter


class Hand(Protocol):
    """Somebody else's calendar program at the same calendar."""

    def put(self, sketch: Sketch) -> None:
        """Creates the event, or replaces the one with this UID."""

    def delete(self, uid: str) -> None:
        """Deletes it."""

    def uids(self) -> list[str]:
        """The UID of every event there, one entry per event."""


class Trouble(Protocol):
    """Something that breaks the line to the server while a block runs."""

    def hanging(self) -> AbstractContextManager[None]: ...
    def cutting(self) -> AbstractContextManager[None]: ...
    def talking_nonsense(self) -> AbstractContextManager[None]: ...


class Held:
    """What Holdfast would hold: applies sync results as the use case does."""

    def __init__(self, adapter: CalendarAdapter, account: Account) -> None:
        self._adapter, self._account = adapter, account
        self.state: str | None = None
        self.events: dict[str, RemoteEvent] = {}

    def sync(self) -> SyncResult:
        result = self._adapter.sync(self._account, self.state, WINDOW)
        if result.unchanged:
            assert not result.events
            assert not result.removed
        elif result.full:
            self.events = {}
        self.events |= {event.remote_id: event for event in result.events}
        for gone in result.removed:
            self.events.pop(gone, None)
        self.state = result.state
        return result

    @property
    def only(self) -> RemoteEvent:
        (event,) = self.events.values()
        return event

    def times(self) -> list[tuple[int, int, BusyKind]]:
        found = [(o.start, o.end, o.kind) for event in self.events.values() for o in event.occurrences]
        return sorted(found)


def busy(*spans: Span, kind: BusyKind = BusyKind.BUSY) -> list[tuple[int, int, BusyKind]]:
    return [(span.start, span.end, kind) for span in spans]


def draft(uid: str = "mtg_01@holdfast", *, start: datetime = START, sequence: int = 0) -> EventDraft:
    """A meeting of ours."""
    return EventDraft(
        uid=uid,
        meeting_id="mtg_01",
        sequence=sequence,
        span=Span(at(start), at(start) + HOUR),
        stamp=at(datetime(2027, 3, 1)) + sequence,
        summary=SECRET,
        description="Two people who mean to meet.",
        organizer=Attendee("Alice", OWNER),
        attendees=(Attendee("Alice", OWNER), Attendee("Bob", "bob@example.net")),
        zone=ZONE,
    )


def needs(thing: object, what: str) -> None:
    if thing is None:
        pytest.skip(f"this calendar has no {what}")


class CalendarContract:
    """Inherit as ``class TestSomething(CalendarContract)``."""

    @pytest.fixture
    def typed(self) -> Account | None:
        return None

    @pytest.fixture
    def stranger(self) -> Account | None:
        return None

    @pytest.fixture
    def nothing(self) -> Account | None:
        return None

    @pytest.fixture
    def trouble(self) -> Trouble | None:
        return None

    @pytest.fixture
    def hasty(self, adapter: CalendarAdapter) -> CalendarAdapter:
        return adapter

    @pytest.fixture
    def held(self, adapter: CalendarAdapter, account: Account) -> Held:
        return Held(adapter, account)

    @pytest.fixture
    def writer(self, adapter: CalendarAdapter) -> CalendarAdapter:
        if not adapter.capabilities.writes:
            pytest.skip("this calendar is only read")
        return adapter

    def spoil(self, state: str) -> str:
        """A state that the server takes for one of its own and does not know any more."""
        return "spoilt"

    # --- connecting ---

    def test_connecting_says_what_lies_behind_the_address(
        self, adapter: CalendarAdapter, typed: Account | None, account: Account, hand: Hand
    ) -> None:
        needs(typed, "address to connect to")
        hand.put(Sketch("one", START))
        found = adapter.connect(typed)
        # Bookings go into the primary one; what cannot be written is never that.
        assert [connection.primary for connection in found].count(True) == int(adapter.capabilities.writes)
        assert all(connection.name for connection in found)
        seen: list[str] = []
        for connection in found:
            assert connection.writable == adapter.capabilities.writes
            behind = replace(account, settings=connection.settings, server_invites=connection.server_invites)
            seen += [event.uid or "" for event in adapter.sync(behind, None, WINDOW).events]
            assert not set(account.secret.values()) & set(connection.settings.values())
        assert seen == ["one"]

    def test_a_wrong_password_is_refused(
        self, adapter: CalendarAdapter, stranger: Account | None, account: Account
    ) -> None:
        needs(stranger, "password")
        with pytest.raises(Refused) as refusal:
            adapter.connect(stranger)
        assert not [secret for secret in stranger.secret.values() if secret in refusal.value.detail]
        with pytest.raises(Refused):
            adapter.sync(replace(account, secret=stranger.secret), None, WINDOW)

    def test_an_address_without_a_calendar_is_no_calendar(
        self, adapter: CalendarAdapter, nothing: Account | None
    ) -> None:
        needs(nothing, "address that could be wrong")
        with pytest.raises(BadCalendar):
            adapter.connect(nothing)

    # --- reading ---

    def test_the_first_sync_is_full(self, held: Held, hand: Hand) -> None:
        assert held.sync().full
        assert held.events == {}
        hand.put(Sketch("one", START))
        hand.put(Sketch("two", START + timedelta(days=1)))
        held.state = None
        result = held.sync()
        assert result.full
        assert sorted(event.uid or "" for event in result.events) == ["one", "two"]

    def test_sync_sees_what_others_create_move_rename_and_delete(self, held: Held, hand: Hand) -> None:
        held.sync()
        first = Sketch("one", START)
        hand.put(first)
        held.sync()
        assert held.times() == busy(first.span)
        assert held.only.master == first.span
        known = held.only.remote_id

        moved = replace(first, start=START + timedelta(hours=3), sequence=1)
        hand.put(moved)
        held.sync()
        assert held.times() == busy(moved.span)
        assert (held.only.remote_id, held.only.master, held.only.sequence) == (known, moved.span, 1)

        hand.put(replace(moved, title="Another title"))
        held.sync()
        assert held.times() == busy(moved.span)
        assert held.only.master == moved.span

        hand.delete("one")
        held.sync()
        assert held.events == {}

    def test_nothing_changed_means_nothing_comes(self, held: Held, hand: Hand) -> None:
        hand.put(Sketch("one", START))
        held.sync()
        before = held.state
        for _ in range(2):
            result = held.sync()
            assert (result.unchanged, result.events, result.removed) == (True, (), ())
            assert result.state == before

    def test_only_what_changed_comes_again(self, adapter: CalendarAdapter, held: Held, hand: Hand) -> None:
        if not adapter.capabilities.incremental:
            pytest.skip("this calendar always comes whole")
        for day in range(3):
            hand.put(Sketch(f"event-{day}", START + timedelta(days=day)))
        held.sync()
        hand.put(Sketch("event-1", START + timedelta(days=9)))
        hand.delete("event-2")
        result = held.sync()
        assert not result.full
        assert [event.uid for event in result.events] == ["event-1"]
        assert len(result.removed) == 1

    def test_a_recurrence_keeps_its_wall_clock_across_summer_time(self, held: Held, hand: Hand) -> None:
        weeks = [START + timedelta(weeks=week) for week in range(5)]  # 10, 17, 24, 31 March, 7 April
        hand.put(
            Sketch(
                "weekly",
                START,
                rule="FREQ=WEEKLY;COUNT=5",
                skipped=(weeks[1],),
                moved=((weeks[3], weeks[3] + timedelta(hours=4)),),
            )
        )
        held.sync()
        expected = [weeks[0], weeks[2], weeks[3] + timedelta(hours=4), weeks[4]]
        assert held.times() == busy(*(Span(at(one), at(one) + HOUR) for one in expected))
        assert held.only.recurring

    def test_a_kept_skeleton_expands_to_the_same_times(
        self, adapter: CalendarAdapter, account: Account, held: Held, hand: Hand
    ) -> None:
        hand.put(Sketch("weekly", START, rule="FREQ=WEEKLY", skipped=(START + timedelta(weeks=2),)))
        held.sync()
        if held.only.skeleton is None:
            with pytest.raises(Unsupported):
                adapter.expand("", account, WINDOW)
            return
        assert SECRET not in held.only.skeleton
        assert adapter.expand(held.only.skeleton, account, WINDOW) == held.only.occurrences
        later = Span(WINDOW.end, WINDOW.end + 14 * 24 * HOUR)
        assert len(adapter.expand(held.only.skeleton, account, later)) == 2

    def test_an_all_day_event_fills_the_owners_day(self, held: Held, hand: Hand) -> None:
        day = date(2027, 3, 28)  # 23 hours long
        hand.put(Sketch("whole-day", day))
        held.sync()
        whole = Span(at(midnight(day)), at(midnight(day + timedelta(days=1))))
        assert whole.seconds == 23 * HOUR
        assert held.times() == busy(whole)

    def test_free_and_cancelled_events_take_no_time(self, held: Held, hand: Hand) -> None:
        hand.put(Sketch("free", START, transparent=True))
        hand.put(Sketch("off", START + timedelta(hours=2), status="CANCELLED"))
        held.sync()
        assert held.times() == []

    def test_calling_an_event_off_frees_its_time(self, held: Held, hand: Hand) -> None:
        sketch = Sketch("one", START)
        hand.put(sketch)
        held.sync()
        hand.put(replace(sketch, status="CANCELLED", sequence=1))
        held.sync()
        assert held.times() == []
        assert all(event.cancelled for event in held.events.values())

    def test_tentative_is_tentative(self, held: Held, hand: Hand) -> None:
        sketch = Sketch("perhaps", START, status="TENTATIVE")
        hand.put(sketch)
        held.sync()
        assert held.times() == busy(sketch.span, kind=BusyKind.TENTATIVE)

    def test_a_lost_state_heals_by_listing_afresh(self, held: Held, hand: Hand) -> None:
        hand.put(Sketch("stays", START))
        hand.put(Sketch("goes", START + timedelta(days=1)))
        held.sync()
        hand.delete("goes")
        hand.put(Sketch("comes", START + timedelta(days=2)))
        assert held.state is not None
        for broken in (self.spoil(held.state), "", "no state at all", "[]"):
            held.state = broken
            result = held.sync()
            assert result.full
            assert sorted(event.uid or "" for event in held.events.values()) == ["comes", "stays"]

    def test_titles_never_come_out(self, held: Held, hand: Hand) -> None:
        hand.put(Sketch("one", START))
        hand.put(Sketch("weekly", START + timedelta(hours=5), rule="FREQ=WEEKLY"))
        result = held.sync()
        assert len(result.events) == 2
        assert SECRET not in repr(result)

    # --- writing ---

    def test_an_adapter_that_does_not_write_says_so(self, adapter: CalendarAdapter, account: Account) -> None:
        if adapter.capabilities.writes:
            return
        with pytest.raises(Unsupported):
            adapter.create(account, draft())
        with pytest.raises(Unsupported):
            adapter.update(account, "anything", None, draft())
        with pytest.raises(Unsupported):
            adapter.cancel(account, "anything", None, draft())

    def test_creating_twice_makes_one_event(
        self, writer: CalendarAdapter, account: Account, hand: Hand, held: Held
    ) -> None:
        held.sync()
        one = writer.create(account, draft())
        other = writer.create(account, draft())
        assert (one.remote_id, one.etag, one.uid) == (other.remote_id, other.etag, other.uid)
        assert hand.uids() == [one.uid]
        held.sync()
        event = held.only
        assert (event.remote_id, event.uid, event.etag) == (one.remote_id, one.uid, one.etag)
        assert (event.master, event.sequence) == (draft().span, 0)
        assert held.times() == busy(draft().span)

    def test_an_update_moves_the_event(self, writer: CalendarAdapter, account: Account, hand: Hand, held: Held) -> None:
        written = writer.create(account, draft())
        held.sync()
        later = draft(start=START + timedelta(hours=2), sequence=1)
        moved = writer.update(account, written.remote_id, written.etag, later)
        assert (moved.remote_id, moved.uid) == (written.remote_id, written.uid)
        assert moved.etag != written.etag
        held.sync()
        assert (held.only.master, held.only.sequence, held.only.etag) == (later.span, 1, moved.etag)
        assert hand.uids() == [written.uid]

    def test_writing_the_version_that_stands_there_succeeds(
        self, writer: CalendarAdapter, account: Account, held: Held
    ) -> None:
        written = writer.create(account, draft())
        later = draft(start=START + timedelta(hours=2), sequence=1)
        moved = writer.update(account, written.remote_id, written.etag, later)
        held.sync()
        # The answer to the first attempt was lost, so the second comes with the old version.
        again = writer.update(account, written.remote_id, written.etag, later)
        assert again.etag == moved.etag
        assert held.sync().unchanged

    def test_an_update_never_overwrites_what_it_has_not_seen(
        self, writer: CalendarAdapter, account: Account, hand: Hand, held: Held
    ) -> None:
        written = writer.create(account, draft())
        theirs = Sketch(written.uid, START + timedelta(days=1), sequence=1)
        hand.put(theirs)
        with pytest.raises(Changed):
            writer.update(account, written.remote_id, written.etag, draft(start=START + timedelta(hours=2), sequence=1))
        held.sync()
        assert held.only.master == theirs.span

    def test_updating_a_deleted_event_says_so(self, writer: CalendarAdapter, account: Account, hand: Hand) -> None:
        written = writer.create(account, draft())
        hand.delete(written.uid)
        for etag in (written.etag, None):
            with pytest.raises(Gone):
                writer.update(account, written.remote_id, etag, draft(start=START + timedelta(hours=2), sequence=1))
        assert hand.uids() == []

    def test_cancelling_twice_is_fine(self, writer: CalendarAdapter, account: Account, hand: Hand, held: Held) -> None:
        written = writer.create(account, draft())
        held.sync()
        writer.cancel(account, written.remote_id, written.etag, draft(sequence=1))
        writer.cancel(account, written.remote_id, written.etag, draft(sequence=1))
        writer.cancel(account, written.remote_id, None, draft(sequence=1))
        assert hand.uids() == []
        held.sync()
        assert held.times() == []

    def test_cancelling_spares_what_others_changed(self, writer: CalendarAdapter, account: Account, hand: Hand) -> None:
        written = writer.create(account, draft())
        hand.put(Sketch(written.uid, START + timedelta(days=1), sequence=1))
        with pytest.raises(Changed):
            writer.cancel(account, written.remote_id, written.etag, draft(sequence=1))
        assert hand.uids() == [written.uid]

    # --- trouble ---

    def test_a_hanging_server_is_given_up_soon(
        self, hasty: CalendarAdapter, account: Account, typed: Account | None, trouble: Trouble | None
    ) -> None:
        needs(trouble, "line that could break")
        with trouble.hanging():
            for act in self._acts(hasty, account, typed):
                began = time.monotonic()
                with pytest.raises(Unreachable):
                    act()
                assert time.monotonic() - began < PATIENCE

    def test_a_cut_line_is_unreachable(
        self, adapter: CalendarAdapter, account: Account, typed: Account | None, trouble: Trouble | None
    ) -> None:
        needs(trouble, "line that could break")
        with trouble.cutting():
            for act in self._acts(adapter, account, typed):
                with pytest.raises(Unreachable):
                    act()

    def test_nonsense_is_no_calendar(
        self, adapter: CalendarAdapter, account: Account, typed: Account | None, trouble: Trouble | None
    ) -> None:
        needs(trouble, "line that could break")
        with trouble.talking_nonsense():
            with pytest.raises(BadCalendar):
                adapter.sync(account, None, WINDOW)
            if typed is not None:
                with pytest.raises(BadCalendar):
                    adapter.connect(typed)

    def test_nothing_is_lost_in_trouble(
        self, hasty: CalendarAdapter, account: Account, held: Held, hand: Hand, trouble: Trouble | None
    ) -> None:
        needs(trouble, "line that could break")
        hand.put(Sketch("one", START))
        held.sync()
        hand.put(Sketch("two", START + timedelta(days=1)))
        hand.delete("one")
        for broken, errors in (
            (trouble.cutting, Unreachable),
            (trouble.talking_nonsense, BadCalendar),
        ):
            with broken(), pytest.raises(errors):
                held.sync()
        held.sync()
        assert [event.uid for event in held.events.values()] == ["two"]

    def _acts(self, adapter: CalendarAdapter, account: Account, typed: Account | None) -> list:
        acts = [lambda: adapter.sync(account, None, WINDOW)]
        if typed is not None:
            acts.append(lambda: adapter.connect(typed))
        if adapter.capabilities.writes:
            acts.append(lambda: adapter.create(account, draft()))
            acts.append(lambda: adapter.cancel(account, "/somewhere/one.ics", None, draft()))
        return acts


assert ZoneInfo(ZONE)  # a machine without time zones would fail everywhere; here it says why
