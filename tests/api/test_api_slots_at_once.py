"""Slots past the framework's routing are what the documented route answers, byte for byte, and so are failures."""

from __future__ import annotations

from api_hand import Api
from starlette.testclient import TestClient

from service.api.plumbing.slots_at_once import asked

QUERIES = [
    "",
    "?horizon_days=7",
    "?limit=20&horizon_days=180",
    "?duration_minutes=15&limit=1",
    "?limit=3&limit=4",
    "?limit=0",
    "?limit=21",
    "?limit=x",
    "?horizon_days=181",
    "?duration_minutes=17",
    "?duration_minutes=",
    "?unknown=1",
    "?limit=%31",
]


def _same(api: Api, by_route: TestClient, path: str) -> int:
    fast, slow = api.get(path), by_route.get(path)
    assert fast.status_code == slow.status_code
    assert fast.content == slow.content
    for answer in (fast, slow):
        del answer.headers["x-request-id"]
    assert dict(fast.headers) == dict(slow.headers)
    return int(fast.status_code)


def test_the_same_answer_on_both_ways(api: Api, by_route: TestClient) -> None:
    pair_id = api.pair()
    api.booked(pair_id)
    found = [_same(api, by_route, f"/v1/pairs/{pair_id}/slots{query}") for query in QUERIES]
    assert found == [200] * 4 + [200, *[422] * 6, 200, 200]
    assert api.get(f"/v1/pairs/{pair_id}/slots").json()["slots"]
    with api.house.writing() as session:  # an unknown calendar
        session.connection().exec_driver_sql("UPDATE calendar SET status = 'error', problem = 'unreachable'")
    assert _same(api, by_route, f"/v1/pairs/{pair_id}/slots") == 200
    assert not api.get(f"/v1/pairs/{pair_id}/slots").json()["complete"]
    for odd in ("pair_00000000000000000000000000", "pair_x", "nothing"):
        assert _same(api, by_route, f"/v1/pairs/{odd}/slots") == 404


def test_nobody_comes_in_without_a_key_and_a_revoked_one_is_refused_at_once(api: Api) -> None:
    path = f"/v1/pairs/{api.pair()}/slots"
    assert api.anyone.get(path).status_code == 401
    key = api.made("/v1/keys", {"name": "k", "scope": "read"})
    client = TestClient(api.app, headers={"Authorization": f"Bearer {key['key']}"})
    assert client.get(path).status_code == 200
    assert api.delete(f"/v1/keys/{key['id']}").status_code in (200, 204)
    assert client.get(path).status_code == 401


def test_it_is_counted_under_its_route(api: Api) -> None:
    api.get(f"/v1/pairs/{api.pair()}/slots")
    told = api.anyone.get("/metrics").text
    assert 'holdfast_http_requests_total{method="GET",route="/v1/pairs/{pair_id}/slots",status="200"} 1.0' in told


def test_what_is_read_from_a_query_string() -> None:
    assert asked(b"") == {}
    assert asked(b"limit=5&horizon_days=28") == {"limit": 5, "horizon_days": 28}
    for odd in (b"limit", b"limit=", b"limit=-1", b"limit=5&", b"limit=5&limit=5", b"x=1", b"limit=5;x"):
        assert asked(odd) is None
