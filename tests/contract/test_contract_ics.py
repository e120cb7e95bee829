"""The contract for published .ics addresses: read whole each time, never written."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from calendar_contract import CalendarContract
from contract_words import OWNER
from gate import Gate
from sketches import WINDOW, ZONE, Sketch, to_ics

from integrations.http import GuardedClient
from integrations.ics import IcsCalendar
from service.ports.calendar import Account
from service.ports.clock import FixedClock

_LOGIN = "Basic YWxpY2U6Y29ycmVjdA=="  # alice:correct


class Publisher:
    """A calendar program that publishes: the hand that changes events, and the web server that shows them."""

    def __init__(self) -> None:
        self._sketches: dict[str, Sketch] = {}
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, headers, body = publisher.answer(self.path, self.headers)
                self.send_response_only(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def answer(self, path: str, headers) -> tuple[int, dict[str, str], bytes]:
        if path != "/private-token/basic.ics":
            return 404, {}, b"not here"
        if headers.get("Authorization") != _LOGIN:
            return 401, {"WWW-Authenticate": 'Basic realm="calendar"'}, b""
        body = to_ics(*self._sketches.values()).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if headers.get("If-None-Match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {"ETag": etag, "Content-Type": "text/calendar; charset=utf-8"}, body

    def put(self, sketch: Sketch) -> None:
        self._sketches[sketch.uid] = sketch

    def delete(self, uid: str) -> None:
        del self._sketches[uid]

    def uids(self) -> list[str]:
        return list(self._sketches)


class TestIcs(CalendarContract):
    @pytest.fixture
    def client(self) -> Iterator[GuardedClient]:
        client = GuardedClient(allow_private=True)
        yield client
        client.close()

    @pytest.fixture
    def adapter(self, client: GuardedClient) -> IcsCalendar:
        return IcsCalendar(client, FixedClock(WINDOW.start))

    @pytest.fixture
    def hand(self) -> Iterator[Publisher]:
        publisher = Publisher()
        yield publisher
        publisher.close()

    @pytest.fixture
    def trouble(self, hand: Publisher) -> Iterator[Gate]:
        gate = Gate(("127.0.0.1", hand.port))
        yield gate
        gate.close()

    @pytest.fixture
    def account(self, trouble: Gate) -> Account:
        return Account(
            calendar_id="cal_1",
            owner_email=OWNER,
            zone=ZONE,
            settings={},
            secret={"url": f"http://alice:correct@127.0.0.1:{trouble.port}/private-token/basic.ics"},
        )

    @pytest.fixture
    def hasty(self, adapter: IcsCalendar, monkeypatch: pytest.MonkeyPatch) -> IcsCalendar:
        monkeypatch.setattr("integrations.ics.adapter.DEADLINE", 0.3)
        return adapter

    @pytest.fixture
    def typed(self, account: Account) -> Account:
        return account

    @pytest.fixture
    def stranger(self, account: Account) -> Account:
        return replace(account, secret={"url": account.secret["url"].replace("correct", "wrong")})

    @pytest.fixture
    def nothing(self, account: Account) -> Account:
        return replace(account, secret={"url": account.secret["url"].replace("basic", "other")})
