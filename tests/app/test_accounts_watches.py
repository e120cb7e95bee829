"""Being told of changes: promises made, renewed, replaced and ended; and a message that only ever means: look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted_account import Provider, state_of, with_provider
from sqlmodel import select
from starlette.testclient import TestClient

from service.api.application import create_app
from service.app.connect_calendar import connect_calendar, disconnect_calendar
from service.app.sign_in import authorization_url, finish_sign_in
from service.app.watch_calendar import due_watches
from service.domain.errors import Unreachable, Unsupported
from service.domain.timespan import DAY, HOUR
from service.jobs.rounds import renew_watches
from service.store import calendars
from service.store.tables import WatchRow
from tests.house import TestHouse, make_house


@pytest.fixture(params=["google", "microsoft"])
def provider(request: pytest.FixtureRequest, at: TestHouse) -> Provider:
    made = Provider(at.clock, request.param)
    with_provider(at, made)
    return made


@pytest.fixture
def at(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


@pytest.fixture
def calendar(at: TestHouse, provider: Provider) -> str:
    id_ = connect_calendar(at.house, at.person(), {"provider": provider.name})
    with at.house.reading() as session:
        row = calendars.get(session, id_)
    finish_sign_in(at.house, provider.name, {"state": state_of(authorization_url(at.house, row)), "code": "c"})
    return id_


def rows(at: TestHouse) -> list[WatchRow]:
    with at.house.reading() as session:
        return list(session.exec(select(WatchRow)).all())


class Sender:
    """The provider, sending messages to our address."""

    def __init__(self, at: TestHouse, provider: Provider) -> None:
        self.provider = provider
        self.client = TestClient(create_app(at.house, ready=lambda: {}))
        self.number = 0

    def send(self, watch: str, token: str, *, again: bool = False, **more: Any) -> Any:
        self.number += 0 if again else 1
        if self.provider.name == "google":
            headers = {
                "X-Goog-Channel-ID": watch,
                "X-Goog-Channel-Token": token,
                "X-Goog-Resource-State": more.get("state", "exists"),
                "X-Goog-Message-Number": str(self.number),
            }
            return self.client.post("/hooks/google", headers=headers)
        item = {"subscriptionId": watch, "clientState": token, "resource": "Users/1/Events/2"}
        if "lifecycle" in more:
            item["lifecycleEvent"] = more["lifecycle"]
        else:
            item |= {"changeType": "updated", "resourceData": {"@odata.etag": f'W/"{self.number}"'}}
        return self.client.post("/hooks/microsoft", json={"value": [item]})


@pytest.fixture
def sender(at: TestHouse, provider: Provider) -> Sender:
    return Sender(at, provider)


def syncs(at: TestHouse) -> int:
    return sum(1 for _, name, _ in at.jobs.waiting() if name == "sync_calendar")


def test_made_on_connecting_with_a_reading_right_after(at: TestHouse, provider: Provider, calendar: str) -> None:
    at.run()
    [row] = rows(at)
    assert row.calendar_id == calendar
    assert list(provider.watches) == [row.id]
    assert provider.tokens[row.id] not in row.token_hash
    assert due_watches(at.house) == []
    at.run()
    assert provider.asked == ["watch"]


def test_renewed_before_it_ends(at: TestHouse, provider: Provider, calendar: str) -> None:
    at.run()
    [before] = rows(at)
    at.clock.at = before.expires_at - 13 * HOUR
    assert renew_watches(at.house) == 0
    at.clock.at = before.expires_at - 11 * HOUR
    assert renew_watches(at.house) == 1
    assert renew_watches(at.house) == 1
    at.run()
    assert provider.asked == ["watch", "renew"], "asked twice in an hour, done once"
    [after] = rows(at)
    assert after.expires_at > before.expires_at
    assert list(provider.watches) == [after.id]


def test_made_anew_when_it_ran_out_unnoticed(at: TestHouse, provider: Provider, calendar: str) -> None:
    at.run()
    at.clock.at += 30 * DAY
    renew_watches(at.house)
    at.run()
    assert provider.asked == ["watch", "watch"]
    assert len(rows(at)) == 1


def test_what_cannot_be_watched_just_now_is_tried_again_and_what_cannot_at_all_is_left(
    at: TestHouse, provider: Provider, calendar: str
) -> None:
    provider.watch_trouble = Unreachable("No answer.")
    at.run()
    assert rows(at) == []
    provider.watch_trouble = None
    at.clock.at += 10
    at.run()
    assert len(rows(at)) == 1
    provider.watch_trouble = Unsupported("Not this one.")
    at.clock.at += 30 * DAY
    renew_watches(at.house)
    at.run()
    assert not [job for job in at.jobs.waiting() if job[1] == "watch_calendar"]


def test_every_push_is_a_reading_even_one_that_looks_like_the_one_before(
    at: TestHouse, provider: Provider, calendar: str, sender: Sender
) -> None:
    """Within one second, and with nothing in the message that differs: what it tells of may have come after the reading."""
    at.run()
    [row] = rows(at)
    token = provider.tokens[row.id]
    before = provider.box().syncs
    first = sender.send(row.id, token)
    assert first.status_code == (204 if provider.name == "google" else 202)
    assert syncs(at) == 1
    at.run()
    assert provider.box().syncs == before + 1
    sender.send(row.id, token, again=True)
    at.run()
    assert provider.box().syncs == before + 2


def test_a_strangers_push_does_nothing_and_is_answered_the_same(
    at: TestHouse, provider: Provider, calendar: str, sender: Sender
) -> None:
    at.run()
    [row] = rows(at)
    good = sender.send(row.id, provider.tokens[row.id])
    at.run()
    done = provider.box().syncs
    for watch, token in (
        (row.id, "wrong"),
        (row.id, ""),
        ("nobody", provider.tokens[row.id]),
        ("", ""),
        (row.id, "ü"),
    ):
        if provider.name == "google" and not token.isascii():
            continue  # no header holds it
        answer = sender.send(watch, token)
        assert (answer.status_code, answer.content) == (good.status_code, good.content)
    for lifecycle in ("subscriptionRemoved", "reauthorizationRequired", "missed"):
        sender.send(row.id, "wrong", lifecycle=lifecycle, state="not_exists")
    at.run()
    assert provider.box().syncs == done
    assert [one.id for one in rows(at)] == [row.id]
    assert provider.asked == ["watch"]


def test_ended_on_disconnecting(at: TestHouse, provider: Provider, calendar: str, sender: Sender) -> None:
    at.run()
    [row] = rows(at)
    disconnect_calendar(at.house, calendar)
    assert provider.watches == {}
    assert rows(at) == []
    assert sender.send(row.id, provider.tokens[row.id]).status_code < 300
    at.run()


def test_one_that_was_made_while_its_calendar_was_disconnected_is_ended_too(
    at: TestHouse, provider: Provider, calendar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = provider.watch

    def slowly(*given: Any, **more: Any) -> Any:
        made = ask(*given, **more)
        disconnect_calendar(at.house, calendar)
        return made

    monkeypatch.setattr(provider, "watch", slowly)
    monkeypatch.setattr(provider, "revoke", lambda secret: None)  # Microsoft takes no token back
    at.run()
    assert provider.asked == ["watch", "stop"]
    assert provider.watches == {}
    assert rows(at) == []


class TestLifecycle:
    """What Graph alone tells."""

    @pytest.fixture
    def provider(self, at: TestHouse) -> Provider:
        made = Provider(at.clock, "microsoft")
        with_provider(at, made)
        return made

    def test_one_that_was_removed_is_replaced_and_the_calendar_read(
        self, at: TestHouse, provider: Provider, calendar: str, sender: Sender
    ) -> None:
        at.run()
        [row] = rows(at)
        before = provider.box().syncs
        sender.send(row.id, provider.tokens[row.id], lifecycle="subscriptionRemoved")
        at.run()
        assert provider.asked == ["watch", "watch"]
        [fresh] = rows(at)
        assert fresh.id != row.id
        assert provider.box().syncs >= before + 1

    def test_one_that_asks_to_be_authorised_again_is_renewed(
        self, at: TestHouse, provider: Provider, calendar: str, sender: Sender
    ) -> None:
        at.run()
        [row] = rows(at)
        sender.send(row.id, provider.tokens[row.id], lifecycle="reauthorizationRequired")
        at.run()
        assert provider.asked == ["watch", "renew"]

    def test_every_missed_is_a_reading(self, at: TestHouse, provider: Provider, calendar: str, sender: Sender) -> None:
        at.run()
        [row] = rows(at)
        for _ in range(2):
            before = provider.box().syncs
            at.clock.at += 60
            sender.send(row.id, provider.tokens[row.id], lifecycle="missed")
            at.run()
            assert provider.box().syncs == before + 1

    @pytest.mark.parametrize("token", ["plain", "Validation: Testing+é <script>alert(1)</script>", "a%20b&c=d"])
    def test_the_handshake_gives_the_token_back_as_text(self, sender: Sender, token: str) -> None:
        answer = sender.client.post(
            "/hooks/microsoft", params={"validationToken": token}, headers={"Content-Type": "text/plain"}
        )
        assert answer.status_code == 200
        assert answer.text == token
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"

    @pytest.mark.parametrize(
        "body", [{}, {"value": None}, {"value": "x"}, {"value": [None, 3, {}, {"clientState": 5}]}]
    )
    def test_nonsense_is_answered_like_anything_else(self, sender: Sender, body: Any) -> None:
        assert sender.client.post("/hooks/microsoft", json=body).status_code == 202


def test_no_push_without_an_address_that_can_be_reached(tmp_path: Path) -> None:
    from dataclasses import replace

    at = make_house(tmp_path)
    provider = Provider(at.clock)
    with_provider(at, provider)
    at.house = replace(at.house, public_url="http://intranet.example")
    id_ = connect_calendar(at.house, at.person(), {"provider": "google"})
    with at.house.reading() as session:
        row = calendars.get(session, id_)
    finish_sign_in(at.house, "google", {"state": state_of(authorization_url(at.house, row)), "code": "c"})
    at.run()
    assert provider.asked == []
    assert due_watches(at.house) == []
