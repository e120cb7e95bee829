"""From slots to a meeting and what becomes of it, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from api_hand import Api, fields, problem

from service.domain.timespan import HOUR

NO_MEETING = "mtg_01k0a7m9s8e4v2b6c3d5f7g9h1"
NO_PROPOSAL = "prop_01k0a7m9s8e4v2b6c3d5f7g9h1"


def test_slots_are_ranked_and_nothing_is_stored(api: Api) -> None:
    pair_id = api.pair()
    found = api.get(f"/v1/pairs/{pair_id}/slots?limit=5").json()
    assert found["complete"] is True
    chances = [slot["hold_probability"] for slot in found["slots"]]
    assert len(chances) == 5
    assert chances == sorted(chances, reverse=True)
    assert {"breakfast", "coffee"} <= {slot["kind"] for slot in found["slots"]}
    assert all("id" not in slot for slot in found["slots"])
    assert found["slots"][0]["local"]["mentor"].endswith("+02:00")
    assert len(api.get(f"/v1/pairs/{pair_id}/ledger").json()["items"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("horizon_days=0", "horizon_days"),
        ("horizon_days=181", "horizon_days"),
        ("limit=21", "limit"),
        ("limit=many", "limit"),
        ("duration_minutes=17", "duration_minutes"),
    ],
)
def test_slots_want_sensible_numbers(shared: Api, query: str, field: str) -> None:
    assert list(fields(shared.get(f"/v1/pairs/{shared.pair()}/slots?{query}"))) == [field]


def test_slots_say_when_nothing_can_be_offered(api: Api) -> None:
    berlin, tokyo = api.person("Ada"), api.person("Ben", "Asia/Tokyo", windows={"breakfast": None, "coffee": None})
    api.patch(f"/v1/people/{berlin}", {"windows": {"breakfast": None, "coffee": None}})
    pair = api.made("/v1/pairs", {"mentor_id": berlin, "mentee_id": tokyo, "duration_minutes": 240})
    found = api.get(f"/v1/pairs/{pair['id']}/slots").json()
    assert found["slots"] == []
    assert found["declined_because"]["code"] == "windows_never_meet"
    proposal = api.proposal(pair["id"])
    assert proposal["declined_because"]["code"] == "windows_never_meet"


def test_a_proposal_is_made_read_and_declined(api: Api) -> None:
    pair_id = api.pair()
    answer = api.post(f"/v1/pairs/{pair_id}/proposals", {"limit": 3, "responder": "mentee"})
    assert answer.status_code == 201
    proposal = answer.json()
    assert answer.headers["Location"] == f"/v1/proposals/{proposal['id']}"
    assert (proposal["status"], proposal["responder"], len(proposal["slots"])) == ("open", "mentee", 3)
    assert proposal["expires_at"] == api.in_hours(50), "48 hours lead to 08:00 in Berlin: on into a working hour"
    assert (proposal["purpose"], proposal["meeting_id"]) == ("next", None)
    path = f"/v1/proposals/{proposal['id']}"
    assert api.get(path).json() == proposal
    declined = api.post(f"{path}/decline", {"by": "mentee"})
    assert (declined.status_code, declined.json()["status"]) == (200, "declined")
    members = problem(api.post(f"{path}/decline", {"by": "mentee"}), 409, "not-now")
    assert members["current_status"] == "declined"
    slot = proposal["slots"][0]["id"]
    problem(api.post(f"{path}/accept", {"slot_id": slot, "by": "mentee"}), 409, "not-now")


def test_decline_takes_a_slot_as_the_contract_writes_it(api: Api) -> None:
    proposal = api.proposal(api.pair())
    body = {"slot_id": proposal["slots"][0]["id"], "by": "mentor"}
    assert api.post(f"/v1/proposals/{proposal['id']}/decline", body).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limit": 21}, "limit"),
        ({"limit": "5"}, "limit"),
        ({"horizon_days": 0}, "horizon_days"),
        ({"responder": "hr"}, "responder"),
        ({"slots": 3}, "slots"),
    ],
)
def test_a_bad_wish_for_a_proposal(shared: Api, body: dict[str, Any], field: str) -> None:
    assert list(fields(shared.post(f"/v1/pairs/{shared.pair()}/proposals", body))) == [field]


def test_accepting_books_and_invites(api: Api) -> None:
    pair_id = api.pair()
    proposal = api.proposal(pair_id)
    slot = proposal["slots"][0]
    answer = api.post(f"/v1/proposals/{proposal['id']}/accept", {"slot_id": slot["id"], "by": "mentee"})
    assert answer.status_code == 200
    meeting = answer.json()
    assert (meeting["status"], meeting["sequence"], meeting["start"]) == ("booked", 0, slot["start"])
    assert meeting["moves"] == []
    api.at.run()
    later = api.get(f"/v1/meetings/{meeting['id']}").json()
    assert later["calendar"]["status"] == "written"
    assert set(later["invites"]) == {"mentor", "mentee"}
    assert [m["id"] for m in api.get(f"/v1/pairs/{pair_id}/meetings").json()["items"]] == [meeting["id"]]


def test_a_time_that_has_gone_is_a_conflict_with_fresh_slots(api: Api) -> None:
    pair_id = api.pair()
    mentee = api.get(f"/v1/pairs/{pair_id}").json()["mentee_id"]
    proposal = api.proposal(pair_id)
    slot = proposal["slots"][0]
    calendar = api.get(f"/v1/people/{mentee}/calendars").json()["items"][0]["id"]
    api.made(f"/v1/calendars/{calendar}/events", {"title": "x", "start": slot["start"], "end": slot["end"]})
    answer = api.post(f"/v1/proposals/{proposal['id']}/accept", {"slot_id": slot["id"], "by": "mentee"})
    fresh = problem(answer, 409, "time-gone")["slots"]
    assert fresh
    assert slot["start"] not in {item["start"] for item in fresh}


def test_a_slot_of_another_proposal_is_refused(shared: Api) -> None:
    proposal = shared.proposal(shared.pair())
    path = f"/v1/proposals/{proposal['id']}/accept"
    assert list(fields(shared.post(path, {"slot_id": "slot_x", "by": "mentee"}))) == ["slot_id"]
    assert list(fields(shared.post(path, {"by": "mentee"}))) == ["slot_id"]


def test_a_meeting_is_moved_and_called_off(api: Api) -> None:
    pair_id = api.pair()
    meeting = api.booked(pair_id)
    path = f"/v1/meetings/{meeting['id']}"
    start = api.get(f"/v1/pairs/{pair_id}/slots").json()["slots"][0]["start"]
    moved = api.post(f"{path}/move", {"start": start, "by": "mentor", "reason_code": "travel"})
    assert moved.status_code == 200
    (move,) = moved.json()["moves"]
    assert (move["kind"], move["initiator"]) == ("moved", {"role": "mentor", "confidence": "observed"})
    assert (move["detected_via"], move["reason_code"]) == ("api", "travel")
    assert move["old"]["start"] == meeting["start"]
    assert moved.json()["start"] == start
    assert int(moved.headers["ETag"].strip('"')) > meeting["version"]
    off = api.post(f"{path}/cancel", {"by": "mentee"})
    assert (off.json()["status"], off.json()["sequence"]) == ("cancelled", 2)
    members = problem(api.post(f"{path}/move", {"start": start, "by": "mentor"}), 409, "not-now")
    assert (members["status"], members["current_status"]) == (409, "cancelled")


def test_a_move_onto_something_else_is_a_conflict(api: Api) -> None:
    pair_id = api.pair()
    first, second = api.booked(pair_id), api.booked(pair_id, rank=1)
    answer = api.post(f"/v1/meetings/{first['id']}/move", {"start": second["start"], "by": "mentor"})
    assert problem(answer, 409, "time-gone")["slots"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": "2020-01-01T00:00:00Z"}, "start"),
        ({"start": "2029-01-01T00:00:00Z"}, "start"),
        ({"start": "soon"}, "start"),
        ({"by": "hr"}, "by"),
        ({"reason_code": "boredom"}, "reason_code"),
    ],
)
def test_a_bad_move(shared: Api, change: dict[str, Any], field: str) -> None:
    meeting = shared.booked(shared.pair())
    good = {"start": shared.in_hours(60), "by": "mentor"}
    assert list(fields(shared.post(f"/v1/meetings/{meeting['id']}/move", {**good, **change}))) == [field]


def test_the_outcome_is_what_both_say(api: Api) -> None:
    meeting = api.booked(api.pair())
    path = f"/v1/meetings/{meeting['id']}/outcome"
    problem(api.post(path, {"by": "mentor", "happened": True}), 409, "not-now")
    api.at.clock.advance(30 * 24 * HOUR)
    assert api.post(path, {"by": "mentor", "happened": False}).json()["status"] == "missed"
    after = api.post(path, {"by": "mentee", "happened": True}).json()
    assert (after["status"], after["outcome"]) == ("held", {"mentor": False, "mentee": True})
    assert list(fields(api.post(path, {"by": "mentee", "happened": "yes"}))) == ["happened"]
    problem(api.post(f"/v1/meetings/{meeting['id']}/cancel", {"by": "mentor"}), 409, "not-now")


def test_what_is_not_there(shared: Api) -> None:
    start = shared.in_hours(60)
    for answer in (
        shared.get(f"/v1/meetings/{NO_MEETING}"),
        shared.post(f"/v1/meetings/{NO_MEETING}/move", {"start": start, "by": "mentor"}),
        shared.post(f"/v1/meetings/{NO_MEETING}/cancel", {"by": "mentor"}),
        shared.post(f"/v1/meetings/{NO_MEETING}/outcome", {"by": "mentor", "happened": True}),
        shared.get(f"/v1/proposals/{NO_PROPOSAL}"),
        shared.post(f"/v1/proposals/{NO_PROPOSAL}/accept", {"slot_id": "slot_x", "by": "mentor"}),
        shared.post(f"/v1/proposals/{NO_PROPOSAL}/decline", {"by": "mentor"}),
    ):
        problem(answer, 404, "not-found")
