"""The loop over the API: rules and consents, the fallback, a short call, the flood, and what other systems are told."""

from __future__ import annotations

import pytest
from api_hand import Api, fields, problem

from service.domain.proposal import MOST_OPEN

DEFAULTS = {
    "auto_propose": True,
    "when_unanswered": "offer_again",
    "late_hours": 24,
    "fallback": True,
    "care": True,
}


def test_rules_have_every_default_and_a_patch_changes_what_it_names(api: Api) -> None:
    pair_id = api.pair(rules={"late_hours": 48})
    path = f"/v1/pairs/{pair_id}"
    assert api.get(path).json()["rules"] == {**DEFAULTS, "late_hours": 48}
    patched = api.patch(path, {"rules": {"care": False, "when_unanswered": "offer_pause"}}).json()
    assert patched["rules"] == {**DEFAULTS, "late_hours": 48, "care": False, "when_unanswered": "offer_pause"}


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"when_unanswered": "nag"}, "rules.when_unanswered"),
        ({"late_hours": -1}, "rules.late_hours"),
        ({"late_hours": 337}, "rules.late_hours"),
        ({"care": "yes"}, "rules.care"),
        ({"chase": True}, "rules.chase"),
        (None, "rules"),
    ],
)
def test_bad_rules_are_named(api: Api, rules: object, field: str) -> None:
    pair_id = api.pair()
    assert list(fields(api.patch(f"/v1/pairs/{pair_id}", {"rules": rules}))) == [field]
    assert api.get(f"/v1/pairs/{pair_id}").json()["rules"] == DEFAULTS


def test_consents_are_each_seats_own_word(api: Api) -> None:
    path = f"/v1/pairs/{api.pair()}/consents"
    assert api.get(path).json() == {"mentor": {"auto_confirm": False}, "mentee": {"auto_confirm": False}}
    said = api.post(path, {"by": "mentee", "auto_confirm": True})
    assert said.json() == {"mentor": {"auto_confirm": False}, "mentee": {"auto_confirm": True}}
    assert api.post(path, {"by": "mentee", "auto_confirm": False}).json()["mentee"] == {"auto_confirm": False}
    assert list(fields(api.post(path, {"by": "coach", "auto_confirm": True}))) == ["by"]
    problem(api.get("/v1/pairs/pair_01k0a7m9s8e4v2b6c3d5f7g9h1/consents"), 404, "not-found")


def test_the_fallback_stands_at_the_meeting_and_one_call_takes_it(api: Api) -> None:
    meeting = api.booked(api.pair())
    held = meeting["fallback"]
    assert held["start"] > meeting["end"]
    assert set(held) == {"start", "end", "kind", "hold_probability", "local"}
    path = f"/v1/meetings/{meeting['id']}"
    moved = api.post(f"{path}/fallback", {"by": "mentee"}, Idempotency_Key="k").json()
    assert (moved["start"], moved["sequence"]) == (held["start"], 1)
    assert api.post(f"{path}/fallback", {"by": "mentee"}, Idempotency_Key="k").json()["sequence"] == 1
    again = api.post(f"{path}/fallback", {"by": "mentor", "start": held["start"]})
    assert (again.status_code, again.json()["sequence"]) == (200, 1), "it stands there already"
    problem(api.post(f"{path}/fallback", {"by": "mentor"}), 409, "not-now")
    api.at.run()
    fresh = api.get(path).json()["fallback"]
    assert fresh["start"] > moved["end"]
    problem(api.post(f"{path}/fallback", {"by": "mentor"}), 409, "not-now")
    assert api.post(f"{path}/move", {"start": fresh["start"], "by": "mentor"}).json()["start"] == fresh["start"]


def test_a_fallback_in_a_stale_version_or_with_an_odd_reason_is_refused(api: Api) -> None:
    meeting = api.booked(api.pair())
    path = f"/v1/meetings/{meeting['id']}"
    problem(api.post(f"{path}/fallback", {"by": "mentee"}, If_Match='"99"'), 412, "stale")
    assert list(fields(api.post(f"{path}/fallback", {"by": "mentee", "reason_code": "bored"}))) == ["reason_code"]
    assert api.get(path).json()["sequence"] == 0
    taken = api.post(f"{path}/fallback", {"by": "mentee", "reason_code": "travel"}, If_Match=f'"{meeting["version"]}"')
    assert taken.json()["moves"][0]["reason_code"] == "travel"


def test_a_short_call_is_an_offer_of_twenty_minutes(api: Api) -> None:
    meeting = api.booked(api.pair())
    answer = api.post(f"/v1/meetings/{meeting['id']}/short-call", {"by": "mentor"})
    offer = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/proposals/{offer['id']}")
    assert (offer["purpose"], offer["meeting_id"], offer["duration_minutes"]) == ("short_call", meeting["id"], 20)
    moved = api.post(f"/v1/proposals/{offer['id']}/accept", {"slot_id": offer["slots"][0]["id"], "by": "mentor"}).json()
    assert (moved["id"], moved["start"], moved["end"]) == (
        meeting["id"],
        offer["slots"][0]["start"],
        offer["slots"][0]["end"],
    )


def test_a_flood_of_proposals_is_bounded_with_a_clear_problem(api: Api) -> None:
    pair_id = api.pair()
    answers = [api.post(f"/v1/pairs/{pair_id}/proposals", {"limit": 1}) for _ in range(MOST_OPEN + 5)]
    assert [answer.status_code for answer in answers] == [201] * MOST_OPEN + [409] * 5
    told = problem(answers[-1], 409, "too-many-open")
    assert told["limit"] == MOST_OPEN
    assert told["open"] == [answer.json()["id"] for answer in answers[:MOST_OPEN]]
    accepted = answers[0].json()
    api.post(f"/v1/proposals/{accepted['id']}/accept", {"slot_id": accepted["slots"][0]["id"], "by": "mentee"})
    assert api.post(f"/v1/pairs/{pair_id}/proposals").status_code == 201, "accepting one withdraws the others"


def test_the_budget_is_in_the_patterns_and_names_nobody(api: Api) -> None:
    pair_id = api.pair(move_budget=1)
    meeting = api.booked(pair_id)
    api.post(f"/v1/meetings/{meeting['id']}/move", {"start": api.in_hours(24 * 9), "by": "mentee"})
    said = api.get(f"/v1/pairs/{pair_id}/patterns").json()
    assert said["budget"] == {"allowed": 1, "used": 1, "left": 0, "window_days": 90, "step": "reason"}
    assert said["by"]["mentee"]["moves"] == 1


def test_who_asked_for_times_is_effort(api: Api) -> None:
    pair_id = api.pair()
    made = api.post(f"/v1/pairs/{pair_id}/proposals", {"by": "mentee", "responder": "mentor"})
    assert made.status_code == 201
    said = api.get(f"/v1/pairs/{pair_id}/patterns").json()
    assert (said["effort"], said["by"]["mentee"]["proposed"], said["by"]["mentor"]["asked"]) == (
        {"mentor": 0, "mentee": 1},
        1,
        1,
    )


def test_a_cancellation_says_whose_move_it_is(api: Api) -> None:
    meeting = api.booked(api.pair())
    called_off = api.post(f"/v1/meetings/{meeting['id']}/cancel", {"by": "mentor"}).json()
    assert called_off["fallback"] is None
    api.at.run()
    [told] = api.at.posts.of("meeting.cancelled")
    assert told["next_action"]["owner"] == "mentor"
    assert api.get(f"/v1/meetings/{meeting['id']}").json()["next_action"] == told["next_action"]
