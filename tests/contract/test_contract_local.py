"""The calendars that Holdfast keeps itself, behind the same port as all others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from calendar_contract import CalendarContract
from sketches import Sketch
from sqlmodel import select

from integrations.local import LocalCalendar
from service.app.connect_calendar import connect_calendar
from service.ports.calendar import Account, CalendarAdapter
from service.store import local_events
from service.store.tables import LocalEvent
from tests.house import TestHouse, make_house


class LocalHand:
    """The owner, through the events calls of the API. What a local calendar does not have cannot be drawn in it."""

    def __init__(self, house: TestHouse, calendar_id: str) -> None:
        self._house, self._calendar = house, calendar_id

    def put(self, sketch: Sketch) -> None:
        if sketch.rule or sketch.status != "CONFIRMED" or not isinstance(sketch.start, datetime):
            pytest.skip("events of a local calendar neither recur nor have a status, and have a time of day")
        with self._house.house.writing() as session:
            change = local_events.next_change(session, self._calendar)
            row = session.exec(select(LocalEvent).where(LocalEvent.uid == sketch.uid)).first()
            if row is None or row.deleted:
                if row is not None:
                    session.delete(row)
                    session.flush()
                row = LocalEvent(
                    id=self._house.house.new_id("evt"),
                    calendar_id=self._calendar,
                    uid=sketch.uid,
                    start=0,
                    end=0,
                    change=change,
                )
            row.start, row.end, row.title = sketch.span.start, sketch.span.end, sketch.title
            row.transparent, row.sequence, row.change = sketch.transparent, sketch.sequence, change
            row.version += 1
            session.add(row)

    def put_text(self, uid: str, text: str) -> None:
        pytest.skip("a local calendar takes no iCalendar text")

    def text(self, uid: str) -> str:
        pytest.skip("a local calendar gives no iCalendar text")

    def delete(self, uid: str) -> None:
        with self._house.house.writing() as session:
            row = session.exec(select(LocalEvent).where(LocalEvent.uid == uid)).one()
            local_events.erase(session, row)

    def uids(self) -> list[str]:
        with self._house.house.reading() as session:
            rows, _ = local_events.listing(session, self._calendar, cursor=None, limit=200)
            return [row.uid for row in rows]


class TestLocal(CalendarContract):
    @pytest.fixture
    def kept(self, tmp_path: Path) -> TestHouse:
        return make_house(tmp_path)

    @pytest.fixture
    def adapter(self, kept: TestHouse) -> CalendarAdapter:
        adapter = kept.house.calendar("local")
        assert isinstance(adapter, LocalCalendar)
        return adapter

    @pytest.fixture
    def account(self, kept: TestHouse) -> Account:
        calendar = connect_calendar(kept.house, kept.person(), {"provider": "local"})
        return Account(calendar_id=calendar, owner_email="ada@example.org", zone="Europe/Berlin")

    @pytest.fixture
    def hand(self, kept: TestHouse, account: Account) -> LocalHand:
        return LocalHand(kept, account.calendar_id)

    def spoil(self, state: str) -> str:
        pytest.skip("a local calendar's counter cannot be lost")
