"""The contract on Google Calendar, against the strict emulator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from calendar_contract import CalendarContract
from contract_words import OWNER
from gate import Gate
from sketches import WINDOW, ZONE, Sketch, at

from integrations.google import GoogleApi, GoogleCalendar
from service.domain.errors import Unreachable
from service.ports.calendar import Account
from service.ports.clock import FixedClock
from tests.emulators.google import times
from tests.emulators.google.emulator import GoogleEmulator
from tests.emulators.google.hand import Person


class GoogleHand:
    """Somebody at the same calendar, through Google's own pages; events are known by their UID."""

    def __init__(self, person: Person) -> None:
        self._person = person

    def put(self, sketch: Sketch) -> None:
        held = self._held(sketch.uid)
        id_ = held["id"] if held else hashlib.sha1(sketch.uid.encode()).hexdigest()
        if sketch.status == "CANCELLED":
            if held:
                self._person.delete(id_)
            return
        event = {
            "id": id_,
            "iCalUID": sketch.uid,
            "summary": sketch.title,
            "status": sketch.status.lower(),
            "sequence": sketch.sequence,
            **self._times(sketch),
        }
        if sketch.transparent:
            event["transparency"] = "transparent"
        if sketch.rule:
            # Google writes the end of a series, and who skipped what, as iCalendar does.
            event["recurrence"] = [
                f"RRULE:{sketch.rule}",
                *(f"EXDATE;TZID={ZONE}:{one:%Y%m%dT%H%M%S}" for one in sketch.skipped),
            ]
        self._person.put_raw(event)
        for original, instead in sketch.moved:
            when, end = times.when(at(instead), ZONE), times.when(at(instead + timedelta(minutes=sketch.minutes)), ZONE)
            self._person.change(self._person.instance(id_, at(original)), start=when, end=end)

    def delete(self, uid: str) -> None:
        held = self._held(uid)
        assert held is not None
        self._person.delete(held["id"])

    def uids(self) -> list[str]:
        return [event["iCalUID"] for event in self._person.events() if "recurringEventId" not in event]

    def _held(self, uid: str) -> dict | None:
        found = [one for one in self._person.events() if one["iCalUID"] == uid and "recurringEventId" not in one]
        return found[0] if found else None

    def _times(self, sketch: Sketch) -> dict:
        if not hasattr(sketch.start, "hour"):
            last = sketch.start + timedelta(days=1)
            return {"start": {"date": sketch.start.isoformat()}, "end": {"date": last.isoformat()}}
        span = sketch.span
        return {"start": times.when(span.start, ZONE), "end": times.when(span.end, ZONE)}


class TestGoogle(CalendarContract):
    nonsense = Unreachable

    @pytest.fixture
    def google(self) -> Iterator[GoogleEmulator]:
        with GoogleEmulator(clock=FixedClock(WINDOW.start)) as google:
            yield google

    @pytest.fixture
    def trouble(self, google: GoogleEmulator) -> Iterator[Gate]:
        gate = Gate((google.host, google.port))
        yield gate
        gate.close()

    @pytest.fixture
    def adapter(self, trouble: Gate) -> Iterator[GoogleCalendar]:
        api = GoogleApi(base=f"http://127.0.0.1:{trouble.port}", clock=FixedClock(WINDOW.start))
        yield GoogleCalendar(api)
        api.close()

    @pytest.fixture
    def hasty(self, trouble: Gate) -> Iterator[GoogleCalendar]:
        api = GoogleApi(base=f"http://127.0.0.1:{trouble.port}", patience=0.3)
        yield GoogleCalendar(api)
        api.close()

    @pytest.fixture
    def hand(self, google: GoogleEmulator) -> GoogleHand:
        return GoogleHand(google.person(OWNER, zone=ZONE))

    @pytest.fixture
    def account(self, google: GoogleEmulator, hand: GoogleHand) -> Account:
        return Account(calendar_id="cal_1", owner_email=OWNER, zone=ZONE, secret=google.secret(OWNER))

    @pytest.fixture
    def typed(self, account: Account) -> Account:
        return account

    def spoil(self, state: str) -> str:
        held = json.loads(state)
        return json.dumps({**held, "token": held["token"][::-1]})
