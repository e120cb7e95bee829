"""Whoever answers second is told so, and gets fresh slots with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.domain.errors import BadAddress
from tests.api.api_hand import Api, api_on, problem


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return api_on(tmp_path)


def accept(api: Api, proposal: dict[str, Any], by: str, rank: int = 0) -> Any:
    path = f"/v1/proposals/{proposal['id']}/accept"
    return api.post(path, {"slot_id": proposal["slots"][rank]["id"], "by": by})


def same_slot(api: Api, one: dict[str, Any], _other: dict[str, Any]) -> Any:
    return accept(api, one, "mentee")


def another_slot(api: Api, one: dict[str, Any], _other: dict[str, Any]) -> Any:
    return accept(api, one, "mentee", rank=1)


def same_time_of_another_proposal(api: Api, _one: dict[str, Any], other: dict[str, Any]) -> Any:
    return accept(api, other, "mentee")


@pytest.mark.parametrize("second", [same_slot, another_slot, same_time_of_another_proposal])
def test_the_second_of_two_acceptances_gets_fresh_slots(api: Api, second: Callable[..., Any]) -> None:
    pair_id = api.pair()
    one, other = api.proposal(pair_id), api.proposal(pair_id)
    assert accept(api, one, "mentor").status_code == 200
    members = problem(second(api, one, other), 409, "not-now")
    taken = one["slots"][0]["start"]
    assert members["slots"]
    assert taken not in {slot["start"] for slot in members["slots"]}


def test_where_the_pair_rests_there_is_nothing_fresh_to_offer(api: Api) -> None:
    pair_id = api.pair()
    proposal = api.proposal(pair_id)
    api.post(f"/v1/pairs/{pair_id}/pause", {"by": "mentee"})
    assert problem(accept(api, proposal, "mentor"), 409, "not-now")["slots"] == []


def test_a_refused_address_of_an_endpoint_names_its_field(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = api.made("/v1/webhook-endpoints", {"url": "https://receiver.example/hook"})

    def refuse(_url: str) -> None:
        raise BadAddress("That is no public address.")

    monkeypatch.setattr(api.at.posts, "check", refuse)
    given = {"url": "http://10.0.0.1/"}
    for answer in (
        api.post("/v1/webhook-endpoints", given),
        api.patch(f"/v1/webhook-endpoints/{endpoint['id']}", given),
    ):
        assert problem(answer, 422, "bad-address")["errors"] == [
            {"field": "url", "reason": "That is no public address."}
        ]
