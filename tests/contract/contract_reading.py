"""Connecting, and reading what others do in the calendar. A part of ``calendar_contract``, whose fixtures it uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from contract_words import START, Hand, Held, busy, needs
from sketches import SECRET, WINDOW, Sketch, at, midnight

from service.domain.busy import BusyKind
from service.domain.errors import BadCalendar, Refused, Unsupported
from service.domain.timespan import HOUR, Span
from service.ports.calendar import (
    Account,
    CalendarAdapter,
)


class ReadingContract:
    """Inherited by ``CalendarContract``."""

    def shown_sequence(self, sequence: int) -> int:
        """What a reading shows of an event's SEQUENCE; 0 for a provider that does not tell it."""
        return sequence

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
        assert (held.only.remote_id, held.only.master) == (known, moved.span)
        assert held.only.sequence == self.shown_sequence(1)

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
