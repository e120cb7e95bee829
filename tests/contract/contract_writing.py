"""Our own events: written once, never over what others wrote. A part of ``calendar_contract``, whose fixtures it uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from contract_words import START, Hand, Held, busy, draft
from sketches import Sketch

from service.domain.errors import Changed, Gone, Unsupported
from service.ports.calendar import (
    Account,
    CalendarAdapter,
)


class WritingContract:
    """Inherited by ``CalendarContract``."""

    shown_sequence: Callable[[int], int]  # ``ReadingContract`` has it

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
        assert (held.only.master, held.only.etag) == (later.span, moved.etag)
        assert held.only.sequence == self.shown_sequence(1)
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
