"""One house between the two emulators, in one process and on one clock: for breaking any call and looking at what is left."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import event
from sqlmodel import select
from starlette.testclient import TestClient

from integrations.google import GoogleApi, GoogleCalendar, GoogleSignIn, GoogleWatcher
from integrations.http import GuardedClient
from integrations.microsoft import Graph, MicrosoftCalendar, MicrosoftSignIn, MicrosoftWatcher
from service.api import hooks
from service.app.connect_calendar import connect_calendar
from service.app.read_busy import known_of
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.sync_calendar import due_calendars, sync_calendar
from service.domain.timespan import HOUR
from service.jobs.rounds import renew_watches
from service.store import calendars, meetings
from service.store.engine import make_engine
from service.store.migrate import migrate
from service.store.tables import Calendar, WatchRow
from tests.emulators.google.emulator import CLIENT_ID, CLIENT_SECRET, FREE_BUSY, GoogleEmulator
from tests.emulators.google.faults import Fault
from tests.emulators.microsoft.emulator import MicrosoftEmulator
from tests.house import MONDAY, TestHouse, make_house

PATIENCE, HASTY = BOTH = 5.0, 0.7  # seconds that an answer is waited for; where one hangs on purpose
KINDS = {
    "429": Fault.THROTTLED,
    "403 rate limit": Fault.RATE_LIMITED,
    "500": Fault.BROKEN,
    "503": Fault.BUSY,
    "hang": Fault.HANGS,
    "cut": Fault.CUT,
    "malformed": Fault.NONSENSE,
}


class Door:
    """Our address on this machine: takes the providers' messages to whichever house stands behind it just now."""

    def __init__(self) -> None:
        door = self
        self.client: TestClient | None = None

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                assert door.client is not None
                answer = door.client.post(self.path, content=body, headers=dict(self.headers))
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("content-type", "text/plain"))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@dataclass
class Town:
    """The emulators and the door; ``house()`` gives a fresh house each time."""

    google: GoogleEmulator
    microsoft: MicrosoftEmulator
    door: Door
    template: Path
    clock: Any
    number: int = 0

    def __post_init__(self) -> None:
        # Made once, because they take long to make: certificates loaded, Google's description read, statements compiled.
        self.client = GuardedClient(allow_private=True, ca_bundle=self.microsoft.ca_bundle)
        self.apis = {
            it: GoogleApi(base=self.google.url, clock=self.clock, patience=it, client=self.client) for it in BOTH
        }
        self.graphs = {it: Graph(self.client, self.microsoft.url, clock=self.clock, patience=it) for it in BOTH}
        self.file = self.template
        self.engine = make_engine(f"sqlite:///{self.file}")
        event.listen(self.engine, "do_connect", self._lead)

    def _lead(self, _dialect: Any, _record: Any, arguments: list[Any], _named: Any) -> None:
        arguments[0] = str(self.file)

    def fresh(self) -> None:
        """Another empty database behind the same engine."""
        self.number += 1
        self.file = self.template.with_name(f"{self.number}.sqlite")
        shutil.copy(self.template, self.file)
        self.engine.dispose()

    def close(self) -> None:
        self.client.close()
        self.engine.dispose()

    def broken(self, provider: str, operation: str, kind: str, *, times: int | None, after: bool = False) -> None:
        if provider == "google":
            self.google.faults.add(operation, KINDS[kind], times=times, after=after)
        else:
            self.microsoft.faults.on(operation, kind, times=times, after=after)

    def struck(self, provider: str) -> int:
        return self.google.faults.struck if provider == "google" else self.microsoft.faults.met

    def mended(self) -> None:
        self.google.faults.clear()
        self.microsoft.faults.clear()


class Case:
    """A mentor with an account, a mentee with a local calendar, on a fresh database."""

    def __init__(self, town: Town, provider: str, folder: Path, *, access: str = "events", hasty: bool = False) -> None:
        self.town, self.provider, self.access = town, provider, access
        town.fresh()
        town.clock.at = MONDAY
        self.at: TestHouse = make_house(folder, clock=town.clock, engine=town.engine)
        town.mended()
        self._wire(HASTY if hasty else PATIENCE)
        self.email = f"mentor{town.number}@{provider}.example"
        if provider == "google":
            town.google.person(self.email)
        else:
            town.microsoft.add_account(self.email, "Mia Mentor")
        facts = {"name": "Mia Mentor", "email": self.email, "time_zone": "Europe/Berlin"}
        from service.app.keep_person import create_person

        self.mentor = create_person(self.at.house, facts)
        self.mentee = self.at.person("Emil Mentee")
        self.at.local(self.mentee)
        self.calendar = self._connected()

    def _wire(self, patience: float) -> None:
        town = self.town
        client, api, graph = town.client, town.apis[patience], town.graphs[patience]
        self.at.house = replace(
            self.at.house,
            public_url=town.door.url,
            calendars={
                **self.at.house.calendars,
                "google": GoogleCalendar(api),
                "microsoft": MicrosoftCalendar(graph),
            },
            sign_ins={
                "google": GoogleSignIn(api, client_id=CLIENT_ID, client_secret=CLIENT_SECRET),
                "microsoft": MicrosoftSignIn(
                    client,
                    graph,
                    client_id=town.microsoft.client_id,
                    client_secret=town.microsoft.client_secret,
                    login_base=town.microsoft.url,
                    asks="Calendars.ReadWrite" if self.access == "events" else "Calendars.ReadBasic",
                    patience=patience,
                ),
            },
            watchers={"google": GoogleWatcher(api), "microsoft": MicrosoftWatcher(graph)},
        )
        receivers = FastAPI(openapi_url=None)  # the providers' side alone: the whole application takes long to make
        receivers.include_router(hooks.router(self.at.house))
        town.door.client = TestClient(receivers)

    def _connected(self) -> str:
        from urllib.parse import parse_qsl, urlsplit

        from tests.emulators.google.oauth import Consent

        house, town = self.at.house, self.town
        calendar = connect_calendar(house, self.mentor, {"provider": self.provider})
        with house.reading() as session:
            url = authorization_url(house, calendars.get(session, calendar))
        assert url is not None
        if self.provider == "google":
            given = None if self.access == "events" else {*FREE_BUSY}
            town.google.oauth.redirect_uris.add(f"{town.door.url}/oauth/google/callback")
            town.google.consent = Consent(email=self.email, scopes=given)
            query = dict(parse_qsl(urlsplit(town.google.browse(url)).query))
        else:
            given = None if self.access == "events" else {"Calendars.ReadBasic"}
            query = town.microsoft.browse(url, self.email, gives=given)
        return finish_sign_in(house, self.provider, query)

    def close(self) -> None:
        self.town.mended()

    # --- looking ---

    def row(self) -> Calendar:
        with self.at.house.reading() as session:
            return calendars.get(session, self.calendar)

    def seen(self, start: int, hours: int = 1) -> str:
        """``busy``, ``unknown`` or ``free``: what is said of the mentor then."""
        with self.at.house.reading() as session:
            known = known_of(self.at.house, session, [self.mentor], start, start + hours * HOUR)[self.mentor]
        if known.busy.overlaps(start, start + hours * HOUR):
            return "busy"
        return "free" if known.complete else "unknown"

    def meeting(self, id_: str) -> Any:
        with self.at.house.reading() as session:
            return meetings.get(session, id_)

    def events(self) -> list[tuple[str, int]]:
        """``(UID, start)`` of everything in the mentor's calendar at the provider."""
        from tests.emulators.google import times

        if self.provider == "google":
            return [(e["iCalUID"], times.span(e, "UTC")[0]) for e in self.town.google.person(self.email).events()]
        outlook = self.town.microsoft.outlook(self.email)
        return [(uid, outlook.event(uid).start) for uid in outlook.uids()]

    def mailed(self, kind: str) -> int:
        """How often the provider mailed the mentee: ``REQUEST``, ``CANCEL``."""
        uids = self._uids()
        if self.provider == "google":
            return sum(1 for m in self.town.google.mails if m.method == kind and m.uid in uids)
        words = {"REQUEST": {"invitation", "update"}, "CANCEL": {"cancellation"}}[kind]
        return sum(1 for m in self.town.microsoft.mails if m.kind in words and m.uid in uids)

    def _uids(self) -> set[str]:
        if self.provider == "google":
            box = self.town.google.world.boxes[self.email]
            return {one.data["iCalUID"] for one in box.events.values() if "iCalUID" in one.data}
        box = self.town.microsoft.office.boxes[self.email]
        return {e.uid for e in [*box.events.values(), *box.bin.values()]}

    def our_mails(self) -> list[str]:
        return [str(m.method) for m in self.at.mails.sent if m.invitation is not None]

    def watches(self) -> int:
        with self.at.house.reading() as session:
            return len(session.exec(select(WatchRow)).all())

    # --- doing ---

    def add(self, start: int) -> None:
        """The mentor notes something by hand."""
        from service.domain.timespan import Span

        if self.provider == "google":
            self.town.google.person(self.email).add(Span(start, start + HOUR))
        else:
            self.town.microsoft.outlook(self.email).add(start, start + HOUR)

    def go_on(self, seconds: int, step: int = HOUR) -> None:
        """Time passes: the rounds and the jobs do what is due."""
        end = self.at.clock.at + seconds
        while True:
            self.at.run()
            for calendar in due_calendars(self.at.house):
                sync_calendar(self.at.house, calendar)
            renew_watches(self.at.house)
            self.at.run()
            if self.at.clock.at >= end:
                return
            self.at.clock.at = min(self.at.clock.at + step, end)


def template(folder: Path) -> Path:
    """An empty database, migrated once."""
    path = folder / "template.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()  # the last one to leave empties the journal
    return path
