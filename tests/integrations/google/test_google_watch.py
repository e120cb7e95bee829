"""Push: channels that tell, run out, are replaced and stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from google_site import LATER, MEETING, NOW, Site

from service.domain.errors import Changed, ProviderTrouble, Unauthorized, Unreachable, Unsupported
from service.domain.timespan import DAY, HOUR
from service.ports.watch import Watch
from tests.emulators.google.emulator import FREE_BUSY, GoogleEmulator
from tests.emulators.google.faults import Fault


class Receiver:
    """Where Holdfast listens."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response_only(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/hooks/google"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def watch(site: Site, address: str, channel_id: str = "chan-1", **account: str) -> Watch:
    return site.watcher.watch(site.account(**account), channel_id=channel_id, token="secret-token", address=address)


def test_a_change_is_told_with_our_token(site: Site, receiver: Receiver) -> None:
    made = watch(site, receiver.address)
    assert (made.id, made.expires_at) == ("chan-1", NOW + 7 * DAY)
    event = site.alice.add(MEETING)
    site.alice.move(event, LATER)
    site.google.channels.settle()
    assert [one["x-goog-resource-state"] for one in receiver.heard] == ["sync", "exists", "exists"]
    assert {one["x-goog-channel-token"] for one in receiver.heard} == {"secret-token"}
    assert {one["x-goog-resource-id"] for one in receiver.heard} == {made.resource_id}
    numbers = [int(one["x-goog-message-number"]) for one in receiver.heard]
    assert numbers == sorted(set(numbers))
    assert [one.status for one in site.google.channels.delivered] == [204] * 3


def test_what_the_provider_says_of_its_end_holds(site: Site, receiver: Receiver) -> None:
    site.google.channels.lifetime = 2 * HOUR
    made = watch(site, receiver.address)
    assert made.expires_at == NOW + 2 * HOUR
    site.clock.advance(3 * HOUR)
    site.alice.add(MEETING)
    site.google.channels.settle()
    assert [one["x-goog-resource-state"] for one in receiver.heard] == ["sync"]


def test_an_end_left_unsaid_is_soon(site: Site, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    real = site.google.channels.watch
    for odd in (None, "", "soon", "-5", "9" * 30):

        def unsaid(*call: object, odd: str | None = odd) -> dict:
            answer = real(*call)
            del answer["expiration"]
            return answer if odd is None else answer | {"expiration": odd}

        monkeypatch.setattr(site.google.channels, "watch", unsaid)
        assert watch(site, receiver.address, f"chan-{odd or odd is None}").expires_at == NOW + HOUR


def test_renewing_opens_the_new_before_it_closes_the_old(site: Site, receiver: Receiver) -> None:
    old = watch(site, receiver.address)
    new = site.watcher.renew(site.account(), old, channel_id="chan-2", token="t2", address=receiver.address)
    assert new.id == "chan-2"
    assert list(site.google.channels.open) == ["chan-2"]
    methods = [request.method for request in site.google.requests]
    assert methods == ["calendar.events.watch", "calendar.events.watch", "calendar.channels.stop"]


def test_stopping_twice_is_fine(site: Site, receiver: Receiver) -> None:
    made = watch(site, receiver.address)
    for _ in range(2):
        site.watcher.stop(site.account(), made)
    assert not site.google.channels.open
    site.watcher.stop(site.account(), Watch(id="chan-9", resource_id=None, expires_at=0))


def test_a_channel_id_is_used_once(site: Site, receiver: Receiver) -> None:
    watch(site, receiver.address)
    with pytest.raises(Changed):
        watch(site, receiver.address)


def test_busy_times_alone_are_not_pushed(site: Site, receiver: Receiver) -> None:
    account = site.account(FREE_BUSY)
    site.google.faults.add("*", Fault.BROKEN)  # whoever asks is found out
    with pytest.raises(Unsupported):
        site.watcher.watch(account, channel_id="c", token="t", address=receiver.address)
    with pytest.raises(Unsupported):
        site.watcher.stop(account, Watch("c", "r", 0))
    assert site.google.faults.struck == 0


def test_an_address_that_is_not_https_is_not_taken(client, receiver: Receiver) -> None:
    site = Site(client)
    with site.google, GoogleEmulator(clock=site.clock, allow_http_hooks=False) as strict:
        site.google.channels._allow_http = False
        with pytest.raises(ProviderTrouble):
            watch(site, receiver.address)
        assert not strict.channels.open


def test_an_access_token_that_ran_out(site: Site, receiver: Receiver) -> None:
    account = site.account()
    site.google.oauth.expire()
    with pytest.raises(Unauthorized):
        site.watcher.watch(account, channel_id="c", token="t", address=receiver.address)


def test_an_answer_without_a_resource_is_no_watch(
    site: Site, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.google.channels, "watch", lambda *_: {"id": "chan-1"})
    with pytest.raises(Unreachable):
        watch(site, receiver.address)


def test_push_may_be_lost(site: Site, receiver: Receiver) -> None:
    watch(site, receiver.address)
    site.google.channels.settle()
    site.google.channels.drop = True
    site.alice.add(MEETING)
    site.google.channels.settle()
    assert len(receiver.heard) == 1
