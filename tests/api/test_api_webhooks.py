"""Webhook endpoints and their deliveries over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from api_hand import Api, fields, problem

from service.domain.timespan import DAY
from service.ports.webhooks import Attempt

URL = "https://hr.example.org/hooks"
NO_ENDPOINT, NO_DELIVERY = "wh_01k0a7m9s8e4v2b6c3d5f7g9h1", "dlv_01k0a7m9s8e4v2b6c3d5f7g9h1"


def test_the_secret_is_shown_once(api: Api) -> None:
    answer = api.post("/v1/webhook-endpoints", {"url": URL, "types": ["pair.ended"]})
    assert answer.status_code == 201
    made = answer.json()
    path = f"/v1/webhook-endpoints/{made['id']}"
    assert answer.headers["Location"] == path
    assert made["secret"].startswith("whsec_")
    assert (made["url"], made["types"], made["status"]) == (URL, ["pair.ended"], "enabled")
    without = {k: v for k, v in made.items() if k != "secret"}
    assert api.get(path).json() == without
    assert api.get("/v1/webhook-endpoints").json()["items"][-1] == without


def test_an_endpoint_is_changed_switched_and_deleted(api: Api) -> None:
    path = f"/v1/webhook-endpoints/{api.made('/v1/webhook-endpoints', {'url': URL})['id']}"
    changed = api.patch(path, {"url": f"{URL}/2", "types": ["pair.paused"], "status": "disabled"}).json()
    assert (changed["url"], changed["types"], changed["status"]) == (f"{URL}/2", ["pair.paused"], "disabled")
    assert changed["disabled_because"]
    problem(api.post(f"{path}/test"), 409, "not-now")
    assert api.patch(path, {"status": "enabled"}).json()["disabled_because"] is None
    assert api.delete(path).status_code == 204
    problem(api.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": ""}, "url"),
        ({"url": URL, "types": ["pair.married"]}, "types[0]"),
        ({"url": URL, "types": [1]}, "types[0]"),
        ({"url": URL, "types": None}, "types"),
        ({"url": URL, "secret": "mine"}, "secret"),
    ],
)
def test_a_bad_endpoint(shared: Api, body: dict[str, Any], field: str) -> None:
    assert list(fields(shared.post("/v1/webhook-endpoints", body))) == [field]


def test_while_a_secret_is_rotated_both_sign(api: Api) -> None:
    made = api.made("/v1/webhook-endpoints", {"url": URL})
    path = f"/v1/webhook-endpoints/{made['id']}"
    rotated = api.post(f"{path}/rotate").json()
    assert rotated["secret"] not in (None, made["secret"])
    assert rotated["previous_secret_until"] == api.in_hours(24)
    api.post(f"{path}/test")
    api.at.run()
    assert api.at.posts.posts[-1]["secrets"] == [rotated["secret"], made["secret"]]
    api.at.clock.advance(DAY + 1)
    assert api.get(path).json()["previous_secret_until"] is None
    api.post(f"{path}/test")
    api.at.run()
    assert api.at.posts.posts[-1]["secrets"] == [rotated["secret"]]


def test_a_test_event_shows_in_the_log_and_can_be_replayed(api: Api) -> None:
    path = f"/v1/webhook-endpoints/{api.made('/v1/webhook-endpoints', {'url': URL})['id']}"
    api.at.posts.answers[:] = [Attempt(500, None, None, 7)]
    sent = api.post(f"{path}/test")
    assert sent.status_code == 202
    api.at.run()
    (delivery,) = api.get(f"{path}/deliveries").json()["items"]
    assert delivery["webhook_id"] == sent.json()["webhook_id"]
    assert (delivery["type"], delivery["status"]) == ("webhook.test", "pending")
    assert delivery["payload"]["type"] == "webhook.test"
    assert delivery["attempts"] == [
        {"number": 1, "at": api.in_hours(0), "status": 500, "error": None, "milliseconds": 7}
    ]
    one = f"/v1/webhook-deliveries/{delivery['id']}"
    assert api.get(one).json() == delivery
    problem(api.post(f"{one}/replay"), 409, "not-now")
    api.at.clock.advance(30)
    api.at.run()
    assert api.get(one).json()["status"] == "delivered"
    again = api.post(f"{one}/replay")
    assert (again.status_code, again.json()["status"]) == (202, "pending")
    api.at.run()
    assert len({post["id"] for post in api.at.posts.posts}) == 1
    assert len(api.at.posts.posts) == 3


def test_the_log_is_newest_first_and_paged(api: Api) -> None:
    path = f"/v1/webhook-endpoints/{api.made('/v1/webhook-endpoints', {'url': URL})['id']}"
    sent = [api.post(f"{path}/test").json()["webhook_id"] for _ in range(3)]
    first = api.get(f"{path}/deliveries?limit=2").json()
    second = api.get(f"{path}/deliveries?limit=2&cursor={first['next_cursor']}").json()
    assert [d["webhook_id"] for d in first["items"] + second["items"]] == sent[::-1]
    assert second["next_cursor"] is None


def test_what_is_not_there(shared: Api) -> None:
    path = f"/v1/webhook-endpoints/{NO_ENDPOINT}"
    for answer in (
        shared.get(path),
        shared.patch(path, {"status": "disabled"}),
        shared.delete(path),
        shared.post(f"{path}/rotate"),
        shared.post(f"{path}/test"),
        shared.get(f"{path}/deliveries"),
        shared.get(f"/v1/webhook-deliveries/{NO_DELIVERY}"),
        shared.post(f"/v1/webhook-deliveries/{NO_DELIVERY}/replay"),
    ):
        problem(answer, 404, "not-found")
