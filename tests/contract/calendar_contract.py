"""What every calendar adapter must do, whatever it talks to: inherit ``CalendarContract`` and give the fixtures.

Required fixtures: ``adapter``, ``account`` (a connected, empty calendar) and ``hand`` (somebody else's program at the same
calendar). Optional ones default to ``None`` and leave out what cannot be tried: ``typed`` (what a user typed to connect),
``stranger`` (the same with a wrong password), ``nothing`` (an address where no calendar is), ``trouble`` (breaks the line),
``hasty`` (the adapter with little patience, for servers that hang). Set ``spoil`` to make a sync state unusable.
What an adapter cannot do by its own word (``capabilities``) is expected to raise ``Unsupported``.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from contract_reading import ReadingContract
from contract_trouble import TroubleContract
from contract_words import Held, Trouble
from contract_writing import WritingContract
from sketches import ZONE

from service.ports.calendar import (
    Account,
    CalendarAdapter,
)


class CalendarContract(ReadingContract, WritingContract, TroubleContract):
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


assert ZoneInfo(ZONE)  # a machine without time zones would fail everywhere; here it says why
