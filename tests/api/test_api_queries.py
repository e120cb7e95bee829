"""How often the database is asked: never once a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from api_hand import Api
from sqlalchemy import event

KEY = 1  # the question whose key it is; the bootstrap key needs none


@contextmanager
def _counted(api: Api) -> Iterator[list[str]]:
    """Every statement that reaches SQLite itself, whichever way it was sent."""
    asked: list[str] = []
    traced: list[sqlite3.Connection] = []

    def note(statement: str) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT", "ROLLBACK")):
            asked.append(statement)

    def trace(connection: sqlite3.Connection, *_more: object) -> None:
        connection.set_trace_callback(note)
        traced.append(connection)

    event.listen(api.house.engine, "checkout", trace)
    try:
        yield asked
    finally:
        event.remove(api.house.engine, "checkout", trace)
        for connection in traced:
            connection.set_trace_callback(None)


def _questions(api: Api, path: str) -> int:
    with _counted(api) as asked:
        assert api.get(path).status_code == 200
    return len(asked)


def _grown(api: Api, pair_id: str, calendar: str, endpoint: str) -> None:
    """One more of everything."""
    for rank in range(3):
        api.booked(pair_id, rank=rank)
    for hour in range(3):
        times = {"start": api.in_hours(500 + hour), "end": api.in_hours(501 + hour)}
        api.made(f"/v1/calendars/{calendar}/events", {"title": "x", **times})
    for _ in range(3):
        api.pair()
        api.made("/v1/webhook-endpoints", {"url": "https://a.example"})
        api.made("/v1/keys", {"name": "k", "scope": "read"})
        api.post(f"/v1/webhook-endpoints/{endpoint}/test")
    api.at.run()


def test_a_longer_list_asks_no_more(api: Api) -> None:
    pair_id = api.pair()
    mentor = api.get(f"/v1/pairs/{pair_id}").json()["mentor_id"]
    calendar = api.get(f"/v1/people/{mentor}/calendars").json()["items"][0]["id"]
    endpoint = api.made("/v1/webhook-endpoints", {"url": "https://a.example"})["id"]
    api.post(f"/v1/webhook-endpoints/{endpoint}/test")
    api.booked(pair_id)
    allowed = {
        "/v1/people": 1,
        f"/v1/people/{mentor}/calendars": 2,
        f"/v1/calendars/{calendar}/events": 2,
        "/v1/pairs": 1,
        f"/v1/pairs/{pair_id}/meetings": 7,
        f"/v1/pairs/{pair_id}/ledger": 2,
        f"/v1/pairs/{pair_id}/patterns": 3,
        "/v1/webhook-endpoints": 1,
        f"/v1/webhook-endpoints/{endpoint}/deliveries": 3,
        "/v1/keys": 1,
    }
    before = {path: _questions(api, path) for path in allowed}
    assert {path: n for path, n in before.items() if n > allowed[path]} == {}
    _grown(api, pair_id, calendar, endpoint)
    api.local(mentor)
    assert {path: _questions(api, path) for path in allowed} == before


def test_slots_ask_little(api: Api) -> None:
    pair_id = api.pair()
    path = f"/v1/pairs/{pair_id}/slots"
    few = _questions(api, path)
    assert few + KEY <= 3
    api.booked(pair_id)
    api.booked(pair_id)
    assert _questions(api, path) == few
    assert _questions(api, path + "?horizon_days=90&limit=20") == few
    client = api.with_key("read")
    with _counted(api) as asked:
        assert client.get(path).status_code == 200
    assert len(asked) == few + KEY


def test_a_key_is_one_question(api: Api) -> None:
    client = api.with_key("read")
    bootstrap = _questions(api, "/v1/people")
    with _counted(api) as asked:
        assert client.get("/v1/people").status_code == 200
    assert len(asked) == bootstrap + KEY


def test_a_feed_asks_no_more_for_more_meetings(api: Api) -> None:
    pair_id = api.pair()
    mentee = api.get(f"/v1/pairs/{pair_id}").json()["mentee_id"]
    path = api.get(f"/v1/people/{mentee}").json()["feed_url"].removeprefix("http://holdfast.test")
    api.booked(pair_id)
    few = _questions(api, path)
    api.booked(pair_id)
    api.booked(pair_id)
    assert _questions(api, path) == few
