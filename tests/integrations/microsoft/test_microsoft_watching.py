"""Subscriptions against a receiver that shakes hands as ours has to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from microsoft_site import BOB, START, Site, draft

from integrations.microsoft.watching import LONGEST
from service.domain.errors import ProviderTrouble, Unauthorized, Unreachable, Unsupported
from service.domain.timespan import DAY, HOUR
from service.ports.watch import Watch

TOKEN = "t" * 43


@dataclass
class Receiver:
    """What ``/hooks/microsoft`` will be: gives the token back as text, keeps every notice."""

    manner: str = "good"
    got: list[tuple[str, dict]] = field(default_factory=list)
    shaken: int = 0

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = parse_qs(urlsplit(self.path).query).get("validationToken", [None])[0]
                if token is None:
                    receiver.got.append((self.path, json.loads(body)))
                    self._say(202, "text/plain", b"")
                    return
                receiver.shaken += 1
                if receiver.manner == "html":
                    self._say(200, "text/html", token.encode())
                elif receiver.manner == "wrong":
                    self._say(200, "text/plain", b"another token")
                elif receiver.manner == "error":
                    self._say(500, "text/plain", token.encode())
                else:
                    self._say(200, "text/plain", token.encode())

            def _say(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks/microsoft?channel=ch_1"

    def notices(self) -> list[dict]:
        return [notice for _, body in self.got for notice in body["value"]]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def watch(site: Site, receiver: Receiver, **settings: str) -> Watch:
    return site.watcher.watch(site.account(**settings), channel_id="ch_1", token=TOKEN, address=receiver.address)


def test_a_subscription_tells_of_every_kind_of_change(site: Site, receiver: Receiver) -> None:
    made = watch(site, receiver)
    assert receiver.shaken == 1  # both addresses are one
    assert made.expires_at == site.clock.now() + LONGEST
    assert LONGEST <= 10_080 * 60
    (kept,) = site.microsoft.notices.alive()
    assert (kept.id, kept.resource, kept.secret, kept.lifecycle) == (made.id, "me/events", TOKEN, receiver.address)

    uid = site.alice.add(START)
    site.alice.move(uid, START + HOUR)
    site.alice.delete(uid)
    site.microsoft.flush()
    notices = receiver.notices()
    assert [it["changeType"] for it in notices] == ["created", "updated", "deleted"]
    assert {(it["clientState"], it["subscriptionId"]) for it in notices} == {(TOKEN, made.id)}


def test_the_notices_name_events_by_their_lasting_ids(site: Site, receiver: Receiver) -> None:
    watch(site, receiver)
    written = site.calendar.create(site.account(), draft())
    site.bob.accept(written.uid)
    site.microsoft.flush()
    assert {it["resourceData"]["id"] for it in receiver.notices()} == {written.remote_id}


def test_a_notice_says_only_where_to_look(site: Site, receiver: Receiver) -> None:
    account = site.account()
    first = site.sync(account=account)
    watch(site, receiver)
    site.alice.add(START)
    site.microsoft.flush()
    assert receiver.notices()
    assert len(site.sync(first.state, account).events) == 1
    site.microsoft.notices.dropping = True  # the promise is broken
    second = site.sync(first.state, account)
    site.alice.add(START + HOUR)
    site.microsoft.flush()
    assert len(receiver.notices()) == 1
    assert len(site.sync(second.state, account).events) == 1  # and the next look finds it all the same


def test_another_calendar_has_a_subscription_of_its_own(site: Site, receiver: Receiver) -> None:
    other = site.alice.box.add_calendar("Team")
    made = watch(site, receiver, calendar=other.id)
    assert made.resource_id == f"me/calendars/{other.id}/events"
    site.alice.add(START)
    site.alice.add(START, calendar=other.id)
    site.microsoft.flush()
    assert len(receiver.notices()) == 1


@pytest.mark.parametrize("manner", ["html", "wrong", "error"])
def test_a_receiver_that_does_not_shake_hands_gets_none(site: Site, receiver: Receiver, manner: str) -> None:
    receiver.manner = manner
    with pytest.raises(ProviderTrouble):
        watch(site, receiver)
    assert site.microsoft.notices.alive() == []


@pytest.mark.parametrize("kind", ["cut", "malformed", "500", "hang"])
def test_what_a_lost_answer_left_behind_is_ended(site: Site, receiver: Receiver, kind: str) -> None:
    site.graph.patience = 0.3 if kind == "hang" else 4.0
    site.microsoft.faults.on("createSubscription", kind, after=True)
    with pytest.raises(Unreachable):
        watch(site, receiver)
    site.graph.patience = 4.0
    made = watch(site, receiver)
    assert [it.id for it in site.microsoft.notices.alive()] == [made.id]


@pytest.mark.parametrize("kind", ["429", "403", "500", "cut", "malformed", "html"])
def test_looking_for_leftovers_is_no_condition(site: Site, receiver: Receiver, kind: str) -> None:
    site.microsoft.faults.on("listSubscriptions", kind, times=None)
    assert watch(site, receiver).id


def test_others_subscriptions_are_left_alone(site: Site, receiver: Receiver) -> None:
    elsewhere = receiver.address.replace("ch_1", "ch_2")
    one = site.watcher.watch(site.account(), channel_id="ch_2", token=TOKEN, address=elsewhere)
    bobs = site.watcher.watch(site.account(address=BOB), channel_id="ch_1", token=TOKEN, address=receiver.address)
    mine = watch(site, receiver)
    assert {it.id for it in site.microsoft.notices.alive()} == {one.id, bobs.id, mine.id}


def test_renewing_prolongs_the_same_one(site: Site, receiver: Receiver) -> None:
    made = watch(site, receiver)
    site.clock.advance(6 * DAY)
    again = site.watcher.renew(site.account(), made, channel_id="ch_1", token=TOKEN, address=receiver.address)
    assert (again.id, again.expires_at) == (made.id, site.clock.now() + LONGEST)
    assert receiver.shaken == 1


def test_renewing_one_that_is_gone_makes_another(site: Site, receiver: Receiver) -> None:
    made = watch(site, receiver)
    site.microsoft.notices.lifecycle(made.id, "subscriptionRemoved")
    again = site.watcher.renew(site.account(), made, channel_id="ch_1", token=TOKEN, address=receiver.address)
    assert again.id != made.id
    assert [it.id for it in site.microsoft.notices.alive()] == [again.id]
    site.clock.advance(8 * DAY)  # run out
    third = site.watcher.renew(site.account(), again, channel_id="ch_1", token=TOKEN, address=receiver.address)
    assert third.id != again.id


@pytest.mark.parametrize("kind", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_lifecycle_notices_come_to_the_same_address(site: Site, receiver: Receiver, kind: str) -> None:
    made = watch(site, receiver)
    site.microsoft.notices.lifecycle(made.id, kind)
    site.microsoft.flush()
    (notice,) = receiver.notices()
    assert (notice["lifecycleEvent"], notice["clientState"]) == (kind, TOKEN)


def test_stopping_twice_is_fine(site: Site, receiver: Receiver) -> None:
    made = watch(site, receiver)
    account = site.account()
    site.watcher.stop(account, made)
    site.watcher.stop(account, made)
    assert site.microsoft.notices.alive() == []
    site.alice.add(START)
    site.microsoft.flush()
    assert receiver.notices() == []


def test_what_was_not_allowed_is_not_watched(site: Site, receiver: Receiver) -> None:
    with pytest.raises(Unsupported):
        watch(site, receiver, access="free_busy")
    assert site.microsoft.calls == []
    account = site.account("Calendars.ReadBasic")
    with pytest.raises(Unsupported):
        site.watcher.watch(account, channel_id="ch_1", token=TOKEN, address=receiver.address)
    with pytest.raises(Unauthorized):
        site.watcher.watch(replace(account, secret={}), channel_id="ch_1", token=TOKEN, address=receiver.address)


def test_a_token_that_is_too_long_is_not_cut(site: Site, receiver: Receiver) -> None:
    with pytest.raises(ProviderTrouble, match="128"):
        site.watcher.watch(site.account(), channel_id="c", token="t" * 129, address=receiver.address)


def test_what_microsoft_grants_counts(site: Site, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.emulators.microsoft.server import Answer

    body = {"id": "s-1", "resource": "me/events", "expirationDateTime": "2027-03-02T10:00:00.9356913Z"}
    monkeypatch.setattr(site.microsoft.notices, "create", lambda *_: Answer(201, body))
    assert watch(site, receiver).expires_at == START - 8 * DAY + 2 * HOUR
    for odd in ({}, {"id": "x"}, {**body, "expirationDateTime": "soon"}, {**body, "id": 7}):
        monkeypatch.setattr(site.microsoft.notices, "create", lambda *_, odd=odd: Answer(201, odd))
        with pytest.raises(Unreachable):
            watch(site, receiver)
