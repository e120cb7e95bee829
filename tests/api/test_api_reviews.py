"""Outcomes with a private mark, objectives, reviews, last meetings and hand-over notes, by the API."""

from __future__ import annotations

from typing import Any

import pytest
from api_hand import Api, fields, problem

from service.store import meetings

NO_REVIEW = "rev_01k0a7m9s8e4v2b6c3d5f7g9h1"
WORTH = 4


def over(api: Api, pair_id: str) -> str:
    """A meeting that has ended."""
    meeting = str(api.booked(pair_id)["id"])
    with api.house.reading() as session:
        api.at.clock.at = meetings.get(session, meeting).end
    return meeting


def test_a_mark_stands_in_no_answer_but_its_makers_export(api: Api) -> None:
    pair_id = api.pair()
    meeting = over(api, pair_id)
    told = api.post(f"/v1/meetings/{meeting}/outcome", {"by": "mentee", "happened": True, "worth": WORTH})
    assert (told.json()["status"], told.json()["outcome"]) == ("held", {"mentor": None, "mentee": True})
    marked = api.post(f"/v1/meetings/{meeting}/worth", {"by": "mentor", "worth": 1})
    assert marked.json()["outcome"] == told.json()["outcome"], "a mark says nothing about what was said"
    pair = api.get(f"/v1/pairs/{pair_id}").json()
    everywhere = [
        told, marked, api.get(f"/v1/pairs/{pair_id}/meetings"), api.get(f"/v1/pairs/{pair_id}/ledger"),
        api.get(f"/v1/pairs/{pair_id}/patterns"), api.get(f"/v1/pairs/{pair_id}/coaching"), api.get("/v1/people"),
    ]  # fmt: skip
    assert not any("worth" in answer.text for answer in everywhere)
    exports = {seat: api.get(f"/v1/people/{pair[seat]}/export").json() for seat in ("mentor_id", "mentee_id")}
    assert [one["worth"] for one in exports["mentor_id"]["worth"]] == [1]
    assert [one["worth"] for one in exports["mentee_id"]["worth"]] == [WORTH]


@pytest.mark.parametrize("worth", [0, 6, 2.5, "4", True])
def test_a_mark_is_from_one_to_five(api: Api, worth: Any) -> None:
    meeting = over(api, api.pair())
    given = {"by": "mentee", "happened": True, "worth": worth}
    assert list(fields(api.post(f"/v1/meetings/{meeting}/outcome", given))) == ["worth"]
    assert list(fields(api.post(f"/v1/meetings/{meeting}/worth", {"by": "mentee", "worth": worth}))) == ["worth"]
    assert api.get(f"/v1/meetings/{meeting}").json()["status"] == "booked", "nothing of it was taken"


def test_objectives_are_taken_as_texts_and_as_objects(api: Api) -> None:
    pair_id = api.pair(
        objectives=["One talk", {"text": "A team of five", "review_on": "2026-09-01"}], sessions_agreed=6
    )
    one, two = api.get(f"/v1/pairs/{pair_id}").json()["objectives"]
    assert (one["text"], one["review_on"], one["done"]) == ("One talk", None, False)
    assert two["review_on"] == "2026-09-01"
    changed = api.patch(f"/v1/pairs/{pair_id}", {"objectives": [{**one, "done": True}], "next_step": "Write to Karin"})
    assert (changed.json()["objectives"], changed.json()["next_step"]) == ([{**one, "done": True}], "Write to Karin")
    found = api.get(f"/v1/pairs/{pair_id}/coaching").json()
    assert found == {
        "objectives": [{**one, "done": True}], "sessions": {"agreed": 6, "held": 0},
        "minutes": {"mentor": 0, "mentee": 0}, "next_review_on": None, "review": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("objective", "field"),
    [
        ({"text": ""}, "objectives[0].text"),
        ({"text": "   "}, "objectives[0].text"),
        ({"review_on": "2026-09-01"}, "objectives[0].text"),
        ({"text": "x", "review_on": "soon"}, "objectives[0].review_on"),
        ({"text": "x", "review_on": "2026-02-30"}, "objectives[0].review_on"),
        ({"text": "x", "id": "obj_1"}, "objectives[0].id"),
        ({"text": "x", "done": "yes"}, "objectives[0].done"),
        ({"text": "x", "by": "mentor"}, "objectives[0].by"),
        (7, "objectives[0]"),
        (None, "objectives[0]"),
    ],
)
def test_a_bad_objective_is_named(shared: Api, objective: Any, field: str) -> None:
    people = {"mentor_id": shared.person("Ada"), "mentee_id": shared.person("Ben")}
    assert list(fields(shared.post("/v1/pairs", {**people, "objectives": [objective]}))) == [field]
    for sessions in (0, 201, "6"):
        assert list(fields(shared.post("/v1/pairs", {**people, "sessions_agreed": sessions}))) == ["sessions_agreed"]


def test_a_review_by_sessions_is_answered_unseen_and_carried_out(api: Api) -> None:
    pair_id = api.pair(sessions_agreed=1, cadence={"every": 2, "unit": "week"})
    api.post(f"/v1/meetings/{over(api, pair_id)}/outcome", {"by": "mentor", "happened": True})
    review = api.get(f"/v1/pairs/{pair_id}/coaching").json()["review"]
    path = f"/v1/reviews/{review['id']}"
    assert (review["status"], review["because"], review["agreed"]) == ("open", "sessions", None)
    first = api.post(f"{path}/answer", {"by": "mentor", "choice": "slow_down"})
    assert first.json() == review == api.get(path).json()
    assert list(fields(api.post(f"{path}/answer", {"by": "mentee", "choice": "divorce"}))) == ["choice"]
    settled = api.post(f"{path}/answer", {"by": "mentee", "choice": "slow_down"}).json()
    assert (settled["status"], settled["agreed"]) == ("agreed", "slow_down")
    assert api.get(f"/v1/pairs/{pair_id}").json()["cadence"] == {"every": 4, "unit": "week"}
    problem(api.post(f"{path}/answer", {"by": "mentor", "choice": "end"}), 409, "not-now")
    problem(api.post(f"/v1/reviews/{NO_REVIEW}/answer", {"by": "mentor", "choice": "end"}), 404, "not-found")
    told = [e for e in api.get(f"/v1/pairs/{pair_id}/ledger").json()["items"] if e["type"].startswith("review")]
    line = {"id", "at", "type", "review_id"}
    assert [set(entry) for entry in told] == [line | {"because"}, line | {"outcome"}]


def test_an_end_with_a_last_meeting_and_a_note_for_the_coordinator(api: Api) -> None:
    pair_id = api.pair()
    path = f"/v1/pairs/{pair_id}"
    problem(api.post(f"{path}/last-meeting", {"by": "mentor", "wish": True}), 409, "not-now")
    assert list(fields(api.post(f"{path}/end", {"by": "mentor", "handover": "x" * 2001}))) == ["handover"]
    ended = api.post(f"{path}/end", {"by": "mentor", "last_meeting": True, "handover": "Ready for more."}).json()
    assert (ended["status"], ended["last_meeting"]) == ("ended", "asked")
    no = api.post(f"{path}/last-meeting", {"by": "mentee", "wish": False}).json()
    assert no == ended, "a no is told to nobody"
    assert api.post(f"{path}/last-meeting", {"by": "mentee", "wish": True}).json()["last_meeting"] == "wished"
    api.at.run()
    kinds = [entry["type"] for entry in api.get(f"{path}/ledger").json()["items"]]
    assert kinds[-1] == "proposal.created"
    [note] = api.get(f"{path}/handover").json()["items"]
    assert (note["text"], set(note)) == ("Ready for more.", {"text", "written_at"})
    assert api.with_key("read").get(f"{path}/handover").status_code == 403
    assert "Ready for more" not in api.get(f"{path}/ledger").text + api.get(path).text


def test_a_pause_that_calls_off(api: Api) -> None:
    pair_id = api.pair()
    meeting = api.booked(pair_id)["id"]
    api.post(f"/v1/pairs/{pair_id}/pause", {"by": "mentor", "call_off": True})
    shown = api.get(f"/v1/meetings/{meeting}").json()
    assert (shown["status"], shown["moves"][0]["initiator"]["role"], shown["moves"][0]["reason_code"]) == (
        "cancelled", "unknown", "pair_paused",
    )  # fmt: skip
