"""What somebody with bad luck or bad intent does around connected accounts: at once, twice, in between, and far too much."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from scripted_account import Provider, state_of, with_provider
from scripted_calendar import ScriptedCalendar
from sqlmodel import select
from starlette.testclient import TestClient

from service.api.application import create_app
from service.app.choose_calendar import choose_calendar
from service.app.connect_calendar import connect_calendar, disconnect_calendar
from service.app.forget_person import forget_person
from service.app.manage_keys import create_key
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.sync_calendar import sync_calendar
from service.domain.errors import HoldfastError, NotFound, Refused
from service.store import calendars
from service.store.tables import Calendar, WatchRow
from service.web import pages
from tests.house import TestHouse, make_house


class World:
    def __init__(self, at: TestHouse, name: str = "google") -> None:
        self.at, self.provider = at, Provider(at.clock, name)
        with_provider(at, self.provider)
        self.person = at.person("Ada Mentor")

    def begun(self) -> str:
        waiting = connect_calendar(self.at.house, self.person, {"provider": self.provider.name})
        with self.at.house.reading() as session:
            return state_of(authorization_url(self.at.house, calendars.get(session, waiting)))

    def back(self, state: str) -> str:
        return finish_sign_in(self.at.house, self.provider.name, {"state": state, "code": "c"})

    def rows(self) -> list[Calendar]:
        with self.at.house.reading() as session:
            return calendars.of_people(session, [self.person])

    def box(self) -> ScriptedCalendar:
        return self.provider.box()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(make_house(tmp_path))


def test_disconnecting_while_a_reading_is_under_way_mails_nobody(world: World) -> None:
    calendar = world.back(world.begun())
    world.at.run()

    def leave() -> None:
        world.provider.good.clear()
        world.provider.refusing = Refused("Access was withdrawn.")
        disconnect_calendar(world.at.house, calendar)

    world.box().meanwhile = leave
    with pytest.raises(NotFound):
        sync_calendar(world.at.house, calendar)
    world.at.run()
    assert world.rows() == []
    assert world.at.mails.sent == []
    assert world.at.posts.of("calendar.disconnected") == []


def test_a_reading_that_finds_the_access_gone_because_it_was_just_given_back(world: World) -> None:
    calendar = world.back(world.begun())
    world.at.run()
    revoke = world.provider.revoke

    def revoked(secret: Any) -> None:
        revoke(secret)
        world.provider.good.clear()
        world.provider.refusing = Refused("Access was withdrawn.")
        sync_calendar(world.at.house, calendar)  # a push came at this very moment

    world.provider.revoke = revoked  # type: ignore[method-assign]
    disconnect_calendar(world.at.house, calendar)
    world.at.run()
    assert world.rows() == []
    assert world.at.mails.sent == []
    assert world.at.posts.of("calendar.disconnected") == []


def test_one_account_connected_twice_at_the_same_moment_is_one_calendar(world: World) -> None:
    states = [world.begun(), world.begun()]
    gate, real, done = threading.Barrier(2), world.box().sync, []
    world.box().sync = lambda *a: (_meet(gate), real(*a))[1]  # type: ignore[method-assign,assignment]
    threads = [threading.Thread(target=lambda s=state: done.append(world.back(s))) for state in states]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    rows = world.rows()
    assert [one.status for one in rows] == ["connected"]
    assert done == [rows[0].id] * 2
    assert rows[0].is_primary


def _meet(gate: threading.Barrier) -> None:
    try:
        gate.wait(2)
    except threading.BrokenBarrierError:
        return


def test_what_was_chosen_during_a_reconnection_stays_chosen(world: World) -> None:
    calendar = world.back(world.begun())
    world.at.run()
    state = world.begun()
    world.box().meanwhile = lambda: choose_calendar(world.at.house, calendar, {"counts": False})
    assert world.back(state) == calendar
    assert [one.counts for one in world.rows()] == [False]


@pytest.mark.parametrize("taken_out", ["the waiting calendar", "the person"])
def test_what_was_given_and_cannot_be_kept_is_given_back(world: World, taken_out: str) -> None:
    state = world.begun()

    def away() -> None:
        if taken_out == "the person":
            forget_person(world.at.house, world.person)
        else:
            disconnect_calendar(world.at.house, world.rows()[0].id)

    world.box().meanwhile = away
    with pytest.raises(HoldfastError):
        world.back(state)
    assert len(world.provider.revoked) == 1
    assert world.rows() == []


def test_access_that_another_sign_in_rests_on_is_not_given_back(world: World) -> None:
    world.back(world.begun())
    state = world.begun()
    world.box().meanwhile = lambda: disconnect_calendar(
        world.at.house, next(one.id for one in world.rows() if one.status == "authorization_required")
    )
    with pytest.raises(NotFound):
        world.back(state)
    assert world.provider.revoked == []


def test_whoever_comes_back_is_led_to_the_persons_page_only_where_the_way_began_there(world: World) -> None:
    app = create_app(world.at.house, ready=lambda: {})
    pages.mount(app, world.at.house, demo=False)
    client = TestClient(app, base_url="http://holdfast.test")
    answer = client.get("/oauth/google/callback", params={"state": world.begun(), "code": "c"})
    assert answer.status_code == 200
    assert "/me/" not in answer.text, "the address may have come to anybody"
    for forged in ("own.", f"own.{world.begun()}"):
        assert client.get("/oauth/google/callback", params={"state": forged, "code": "c"}).status_code == 403


def test_a_key_that_may_only_read_cannot_connect_anybody(world: World) -> None:
    world.begun()
    app = create_app(world.at.house, ready=lambda: {})
    shown = {}
    for scope in ("read", "write"):
        _, key = create_key(world.at.house, name=scope, scope=scope)
        client = TestClient(app, headers={"Authorization": f"Bearer {key}"})
        [item] = client.get(f"/v1/people/{world.person}/calendars").json()["items"]
        assert client.get(f"/v1/calendars/{item['id']}").json() == item
        shown[scope] = item["authorization_url"]
    assert shown["read"] is None
    assert shown["write"]


class TestMessages:
    """Far too much, and nothing that makes sense, at the providers' side."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        made = World(make_house(tmp_path), "microsoft")
        made.back(made.begun())
        made.at.run()
        return made

    @pytest.fixture
    def client(self, world: World) -> TestClient:
        return TestClient(create_app(world.at.house, ready=lambda: {}))

    def test_a_body_without_end(self, client: TestClient) -> None:
        for path in ("/hooks/microsoft", "/hooks/microsoft/cal_01k0a7m9s8e4v2b6c3d5f7g9h1"):
            answer = client.post(path, content=b" " * 1_100_000, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
            assert client.post(f"{path}?validationToken=x", content=b" " * 1_100_000).status_code == 413

    @pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"value": [' + b'{"a":' * 50_000])
    def test_what_is_no_message(self, client: TestClient, body: bytes) -> None:
        assert client.post("/hooks/microsoft", content=body).status_code == 422

    def test_a_message_is_read_whatever_type_it_says_it_has(self, world: World, client: TestClient) -> None:
        with world.at.house.reading() as session:
            [watch] = session.exec(select(WatchRow)).all()
        notice = {"subscriptionId": watch.id, "clientState": world.provider.tokens[watch.id], "changeType": "updated"}
        for kind in ("text/plain", "application/json; charset=utf-8", ""):
            world.at.clock.at += 1
            before = world.box().syncs
            headers = {"Content-Type": kind} if kind else {}
            body = json.dumps({"value": [notice]}).encode()
            assert client.post("/hooks/microsoft", content=body, headers=headers).status_code == 202
            world.at.run()
            assert world.box().syncs == before + 1, kind

    def test_a_thousand_changes_in_one_message_are_one_reading(self, world: World, client: TestClient) -> None:
        with world.at.house.reading() as session:
            [watch] = session.exec(select(WatchRow)).all()
        token, before = world.provider.tokens[watch.id], world.box().syncs
        notices = [
            {
                "subscriptionId": watch.id if number % 2 else f"stranger-{number}",
                "clientState": token,
                "changeType": "updated",
                "resource": f"Users/1/Events/{number}",
                "resourceData": {"@odata.etag": f'W/"{number}"'},
            }
            for number in range(1000)
        ]
        for _ in range(2):  # sent again after a lost answer
            assert client.post("/hooks/microsoft", json={"value": notices}).status_code == 202
        world.at.run()
        assert world.box().syncs == before + 2, "one for each message"


def test_a_provider_whose_messages_do_not_count_up_is_heard_all_the_same(world: World) -> None:
    world.back(world.begun())
    world.at.run()
    with world.at.house.reading() as session:
        [watch] = session.exec(select(WatchRow)).all()
    client = TestClient(create_app(world.at.house, ready=lambda: {}))
    for _ in range(3):
        world.at.clock.at += 1
        before = world.box().syncs
        headers = {
            "x-goog-channel-id": watch.id,
            "x-goog-channel-token": world.provider.tokens[watch.id],
            "x-goog-resource-state": "exists",
            "x-goog-message-number": "1",
        }
        assert client.post("/hooks/google", headers=headers).status_code == 204
        world.at.run()
        assert world.box().syncs == before + 1
