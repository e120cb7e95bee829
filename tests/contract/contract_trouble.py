"""Servers that hang, break off or talk nonsense. A part of ``calendar_contract``, whose fixtures it uses."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from contract_words import PATIENCE, START, Hand, Held, Trouble, draft, needs
from sketches import WINDOW, Sketch

from service.domain.errors import BadCalendar, HoldfastError, Unreachable
from service.ports.calendar import (
    Account,
    CalendarAdapter,
)


class TroubleContract:
    """Inherited by ``CalendarContract``."""

    # What an answer that makes no sense means. An address that a person typed may simply be no calendar; where nobody
    # typed one it is trouble that passes.
    nonsense: type[HoldfastError] = BadCalendar

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
            with pytest.raises(self.nonsense):
                adapter.sync(account, None, WINDOW)
            if typed is not None:
                with pytest.raises(self.nonsense):
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
            (trouble.talking_nonsense, self.nonsense),
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
