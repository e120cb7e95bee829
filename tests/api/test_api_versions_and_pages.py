"""If-Match, and pages of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api_hand import Api, fields, problem

from service.app.hold_review import open_review
from service.domain.review import Because
from service.domain.stability import PRIOR, document
from service.store import pairs, reviews
from service.store.tables import ModelVersion

PERSON = "per_01k0a7m9s8e4v2b6c3d5f7g9h1"


def _person(api: Api) -> tuple[str, dict[str, Any]]:
    return f"/v1/people/{api.person()}", {"name": "B"}


def _pair(api: Api) -> tuple[str, dict[str, Any]]:
    return f"/v1/pairs/{api.pair()}", {"focus": "B"}


def _endpoint(api: Api) -> tuple[str, dict[str, Any]]:
    made = api.made("/v1/webhook-endpoints", {"url": "https://a.example"})
    return f"/v1/webhook-endpoints/{made['id']}", {"types": ["pair.ended"]}


def _event(api: Api) -> tuple[str, dict[str, Any]]:
    path = f"/v1/calendars/{api.local(api.person())}/events"
    event = api.made(path, {"title": "x", "start": api.in_hours(1), "end": api.in_hours(2)})
    return f"{path}/{event['id']}", {"title": "B"}


@pytest.mark.parametrize("make", [_person, _pair, _endpoint, _event])
def test_a_change_may_name_the_version_it_was_made_for(
    api: Api, make: Callable[[Api], tuple[str, dict[str, Any]]]
) -> None:
    path, change = make(api)
    assert api.patch(path, change, If_Match='"1"').headers["ETag"] == '"2"'
    problem(api.patch(path, change, If_Match='"1"'), 412, "stale")
    assert api.patch(path, change, If_Match="*").headers["ETag"] == '"3"'
    assert api.patch(path, change, If_Match='W/"3"').headers["ETag"] == '"4"'
    assert api.patch(path, change).headers["ETag"] == '"5"'
    for bad in ("5", '"5', '"five"', '"5", "6"', "W/*"):
        assert list(fields(api.patch(path, change, If_Match=bad))) == ["If-Match"]
    if "events" not in path:
        assert api.get(path).headers["ETag"] == '"5"'


def test_a_meeting_is_moved_and_called_off_as_it_was_read(api: Api) -> None:
    meeting = api.booked(api.pair())
    path = f"/v1/meetings/{meeting['id']}"
    read = api.get(path).headers["ETag"]
    move = {"start": api.in_hours(24 * 9), "by": "mentor"}
    moved = api.post(f"{path}/move", move, If_Match=read)
    assert moved.status_code == 200
    problem(api.post(f"{path}/move", {**move, "start": api.in_hours(24 * 8)}, If_Match=read), 412, "stale")
    problem(api.post(f"{path}/cancel", {"by": "mentee"}, If_Match=read), 412, "stale")
    assert api.get(path).json()["status"] == "booked"
    assert api.post(f"{path}/cancel", {"by": "mentee"}, If_Match=moved.headers["ETag"]).status_code == 200


def _all(api: Api, path: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = api.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{more}").json()
        assert len(page["items"]) <= limit
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def _lists(api: Api) -> dict[str, int]:
    """Every list with how many things it holds."""
    mentor = api.person("Ada")
    calendars = [api.local(mentor) for _ in range(5)]
    for hour in range(5):
        times = {"start": api.in_hours(hour), "end": api.in_hours(hour + 1)}
        api.made(f"/v1/calendars/{calendars[1]}/events", {"title": "x", **times})
    others = [api.person(name) for name in ("Ben", "Cleo", "Dan", "Eve")]
    made = [api.made("/v1/pairs", {"mentor_id": mentor, "mentee_id": other})["id"] for other in others]
    for rank in range(3):
        api.booked(made[0], rank=rank)
    for number in range(5):
        api.made("/v1/webhook-endpoints", {"url": f"https://a.example/{number}"})
        api.made("/v1/keys", {"name": f"{number}", "scope": "read"})
    endpoint = api.get("/v1/webhook-endpoints").json()["items"][-1]["id"]
    for _ in range(5):
        api.post(f"/v1/webhook-endpoints/{endpoint}/test")
    for _ in range(3):
        with api.house.writing() as session:
            open_review(api.house, session, pairs.get(session, made[0]), Because.DATE)
            reviews.drop_open(session, made[0], api.house.now())
    for number in range(5):
        api.made("/v1/programmes", {"name": f"Programme {number}"})
    with api.house.writing() as session:
        facts = {"rows": 1, "rows_hash": "x", "verdict": "x", "created_at": 1, "metrics": {}, "terms": document(PRIOR)}
        session.add_all(ModelVersion(id=api.house.new_id("mdl"), **facts) for _ in range(5))
    ledger = len(api.get(f"/v1/pairs/{made[0]}/ledger?limit=200").json()["items"])
    assert ledger > 10
    return {
        "/v1/people": 5,
        f"/v1/people/{mentor}/calendars": 5,
        f"/v1/calendars/{calendars[1]}/events": 5,
        "/v1/pairs": 4,
        f"/v1/pairs?person_id={others[0]}": 1,
        f"/v1/pairs/{made[0]}/ledger": ledger,
        f"/v1/pairs/{made[0]}/meetings": 3,
        f"/v1/pairs/{made[0]}/reviews": 3,
        "/v1/webhook-endpoints": 6,  # the house comes with one
        f"/v1/webhook-endpoints/{endpoint}/deliveries": 5,
        "/v1/keys": 5,
        "/v1/programmes": 5,
        "/v1/model-versions": 5,
    }


def test_every_list_is_paged_without_loss_or_repetition(api: Api) -> None:
    lists = _lists(api)
    documented = {
        path
        for path, methods in api.app.openapi()["paths"].items()
        if any(p["name"] == "cursor" for p in methods.get("get", {}).get("parameters", []))
    }
    assert len(documented) == len({path.partition("?")[0] for path in lists})
    for path, number in lists.items():
        whole = api.get(path + ("&" if "?" in path else "?") + "limit=200").json()
        assert whole["next_cursor"] is None
        ids = [item["id"] for item in whole["items"]]
        assert len(set(ids)) == number, path
        for limit in (1, 2, number):
            assert _all(api, path, limit) == ids, path
        for bad in ("nonsense", "per_", f"{ids[0]}x", PERSON.replace("per", "zz"), "%00"):
            sign = "&" if "?" in path else "?"
            assert list(fields(api.get(f"{path}{sign}cursor={bad}"))) == ["cursor"], path
        for bad in ("0", "201", "x", ""):
            sign = "&" if "?" in path else "?"
            assert list(fields(api.get(f"{path}{sign}limit={bad}"))) == ["limit"], path


def test_a_cursor_of_another_ledger_is_refused(api: Api) -> None:
    one, other = api.pair(), api.pair()
    cursor = api.get(f"/v1/pairs/{one}/ledger").json()["items"][0]["id"]
    assert list(fields(api.get(f"/v1/pairs/{other}/ledger?cursor={cursor}"))) == ["cursor"]
