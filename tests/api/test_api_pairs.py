"""Pairs over HTTP: making, changing, resting, patterns, ledger."""

from __future__ import annotations

from typing import Any

import pytest
from api_hand import Api, fields, problem

NOBODY = "pair_01k0a7m9s8e4v2b6c3d5f7g9h1"


def test_a_pair_is_made_read_listed_and_changed(api: Api) -> None:
    mentor, mentee, other = api.person("Ada"), api.person("Ben"), api.person("Cleo")
    answer = api.post(
        "/v1/pairs",
        {
            "mentor_id": mentor,
            "mentee_id": mentee,
            "kind": "coaching",
            "cadence": {"every": 2, "unit": "week"},
            "duration_minutes": 45,
            "focus": "Speaking",
            "objectives": ["One talk"],
            "move_budget": 3,
        },
    )
    assert answer.status_code == 201
    pair = answer.json()
    assert answer.headers["Location"] == f"/v1/pairs/{pair['id']}"
    assert (pair["kind"], pair["cadence"], pair["status"]) == ("coaching", {"every": 2, "unit": "week"}, "active")
    second = api.made("/v1/pairs", {"mentor_id": other, "mentee_id": mentee})
    assert (second["kind"], second["duration_minutes"], second["cadence"]) == (
        "mentoring", 60, {"every": 1, "unit": "month"},
    )  # fmt: skip
    assert [p["id"] for p in api.get("/v1/pairs").json()["items"]] == [pair["id"], second["id"]]
    assert [p["id"] for p in api.get(f"/v1/pairs?person_id={mentor}").json()["items"]] == [pair["id"]]
    assert api.get("/v1/pairs?person_id=nobody").json()["items"] == []
    changed = api.patch(f"/v1/pairs/{pair['id']}", {"focus": None, "duration_minutes": 30}).json()
    assert changed == {**pair, "focus": None, "duration_minutes": 30, "version": 2}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mentor_id": "per_01k0a7m9s8e4v2b6c3d5f7g9h1"}, "mentor_id"),
        ({"mentee_id": 7}, "mentee_id"),
        ({"kind": "dating"}, "kind"),
        ({"cadence": {"every": 0, "unit": "week"}}, "cadence.every"),
        ({"cadence": {"every": 1, "unit": "year"}}, "cadence.unit"),
        ({"cadence": {"every": 1}}, "cadence.unit"),
        ({"duration_minutes": 7}, "duration_minutes"),
        ({"duration_minutes": 62}, "duration_minutes"),
        ({"duration_minutes": 60.0}, "duration_minutes"),
        ({"objectives": "one"}, "objectives"),
        ({"objectives": [1]}, "objectives[0]"),
        ({"move_budget": -1}, "move_budget"),
        ({"status": "ended"}, "status"),
    ],
)
def test_a_bad_pair_is_refused(shared: Api, change: dict[str, Any], field: str) -> None:
    good = {"mentor_id": shared.person("Ada"), "mentee_id": shared.person("Ben")}
    assert list(fields(shared.post("/v1/pairs", {**good, **change}))) == [field]


def test_nobody_is_paired_with_themselves(shared: Api) -> None:
    one = shared.person()
    assert list(fields(shared.post("/v1/pairs", {"mentor_id": one, "mentee_id": one}))) == ["mentee_id"]


def test_pause_resume_end_restart(api: Api) -> None:
    path = f"/v1/pairs/{api.pair()}"
    proposal = api.proposal(path.rpartition("/")[2])
    until = api.in_hours(48)
    paused = api.post(f"{path}/pause", {"by": "mentor", "until": until})
    assert paused.status_code == 200
    assert (paused.json()["status"], paused.json()["paused_until"]) == ("paused", until)
    assert api.get(f"/v1/proposals/{proposal['id']}").json()["status"] == "withdrawn"
    problem(api.post(f"{path}/proposals"), 409, "not-now")
    assert api.post(f"{path}/resume", {"by": "mentee"}).json()["status"] == "active"
    assert api.post(f"{path}/pause", {"by": "mentee"}).json()["paused_until"] is None
    ended = api.post(f"{path}/end", {"by": "mentee"})
    assert ended.json()["status"] == "ended"
    problem(api.post(f"{path}/pause", {"by": "mentor"}), 409, "not-now")
    problem(api.post(f"{path}/resume", {"by": "mentor"}), 409, "not-now")
    assert api.post(f"{path}/restart", {"by": "mentor"}).json()["status"] == "active"
    assert list(fields(api.post(f"{path}/pause", {"by": "mentor", "until": api.in_hours(-1)}))) == ["until"]
    assert list(fields(api.post(f"{path}/end", {"by": "hr"}))) == ["by"]
    assert list(fields(api.post(f"{path}/end", {}))) == ["by"]
    assert list(fields(api.post(f"{path}/end"))) == ["body"]


def test_nobody_learns_who_asked_for_an_end(api: Api) -> None:
    path = f"/v1/pairs/{api.pair()}"
    for step in ("pause", "end"):
        assert api.post(f"{path}/{step}", {"by": "mentee"}).status_code == 200
    assert not any("by" in entry for entry in api.get(f"{path}/ledger").json()["items"])


def test_patterns_of_a_pair_with_a_move(api: Api) -> None:
    pair_id = api.pair()
    meeting = api.booked(pair_id)
    slots = api.get(f"/v1/pairs/{pair_id}/slots").json()["slots"]
    api.post(f"/v1/meetings/{meeting['id']}/move", {"start": slots[0]["start"], "by": "mentor"})
    found = api.get(f"/v1/pairs/{pair_id}/patterns").json()
    assert (found["meetings"], found["moves"], found["by"]["mentor"]["moves"]) == (1, 1, 1)
    assert set(found["by_kind"]) == {"breakfast", "core", "lunch", "coffee"}
    assert found["state"] in {"steady", "slipping", "silent"}


def test_the_ledger_is_the_history_newest_last(api: Api) -> None:
    pair_id = api.pair()
    api.booked(pair_id)
    listed = api.get(f"/v1/pairs/{pair_id}/ledger").json()
    types = [entry["type"] for entry in listed["items"]]
    assert types[:4] == ["pair.created", "proposal.created", "proposal.accepted", "meeting.booked"]
    assert all(entry["id"].startswith("led_") and entry["at"].endswith("Z") for entry in listed["items"])
    booked = listed["items"][3]
    assert booked["start"].endswith("Z")


def test_a_pair_that_is_not_there(shared: Api) -> None:
    for path in ("", "/slots", "/patterns", "/ledger", "/meetings"):
        problem(shared.get(f"/v1/pairs/{NOBODY}{path}"), 404, "not-found")
    problem(shared.patch(f"/v1/pairs/{NOBODY}", {"focus": None}), 404, "not-found")
    problem(shared.post(f"/v1/pairs/{NOBODY}/proposals"), 404, "not-found")
    for step in ("pause", "resume", "end", "restart"):
        problem(shared.post(f"/v1/pairs/{NOBODY}/{step}", {"by": "mentor"}), 404, "not-found")
