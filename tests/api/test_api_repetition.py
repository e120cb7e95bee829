"""Idempotency-Key: sent twice, carried out once; also when the first answer never arrived, and when both come at once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from api_hand import Api, api_on, fields, problem

from service.api.plumbing.repetition import carry_out
from service.app.hold_review import open_review
from service.app.house import House
from service.app.once import CarriedOut, Once
from service.domain.errors import NotNow
from service.domain.review import Because
from service.domain.stability import PRIOR, document
from service.store import keys
from service.store.tables import ModelVersion

ADA = {"name": "Ada", "email": "ada@example.org", "time_zone": "Europe/Berlin"}
REPLAYED = "Idempotency-Replayed"


def _posts(api: Api) -> list[tuple[str, Any]]:
    """Every POST there is, on things that exist, in an order in which each succeeds."""
    person = api.person("Zoe")
    calendar = api.local(person)
    pair_id = api.pair()
    mentor = api.get(f"/v1/pairs/{pair_id}").json()["mentor_id"]
    refused, accepted = api.proposal(pair_id), api.proposal(pair_id)
    meeting, past, held = api.booked(api.pair()), api.booked(api.pair()), api.booked(api.pair())
    endpoint = api.made("/v1/webhook-endpoints", {"url": "https://hr.example.org/"})["id"]
    api.post(f"/v1/webhook-endpoints/{endpoint}/test")
    api.at.run()
    delivery = api.get(f"/v1/webhook-endpoints/{endpoint}/deliveries").json()["items"][0]["id"]
    pair = f"/v1/pairs/{pair_id}"
    event = {"title": "x", "start": api.in_hours(1), "end": api.in_hours(2)}
    with api.house.writing() as session:
        from service.store import meetings, pairs

        row = meetings.get(session, past["id"])
        row.start, row.end = api.house.now() - 7200, api.house.now() - 3600
        open_review(api.house, session, pairs.get(session, meeting["pair_id"]), Because.DATE)
    review = api.get(f"/v1/pairs/{meeting['pair_id']}/reviews").json()["items"][0]["id"]
    api.post(f"/v1/pairs/{past['pair_id']}/end", {"by": "mentee", "last_meeting": True})
    programme, version = api.made("/v1/programmes", {"name": "p"})["id"], "mdl_01k0a7m9s8e4v2b6c3d5f7g9h1"
    with api.house.writing() as session:
        facts = {"rows": 1, "rows_hash": "x", "verdict": "x", "created_at": 1, "metrics": {}, "terms": document(PRIOR)}
        session.add(ModelVersion(id=version, **facts))
    return [
        ("/v1/people", ADA),
        (f"/v1/people/{person}/calendars", {"provider": "local"}),
        (f"/v1/people/{person}/links", {"purpose": "home"}),
        (f"/v1/calendars/{calendar}/events", event),
        ("/v1/pairs", {"mentor_id": mentor, "mentee_id": person}),
        (f"{pair}/proposals", {"limit": 2}),
        (f"/v1/proposals/{refused['id']}/decline", {"by": "mentee"}),
        (f"/v1/proposals/{accepted['id']}/accept", {"slot_id": accepted["slots"][0]["id"], "by": "mentee"}),
        (f"/v1/meetings/{meeting['id']}/move", {"start": api.in_hours(24 * 9), "by": "mentor"}),
        (f"/v1/meetings/{meeting['id']}/short-call", {"by": "mentor"}),
        (f"/v1/meetings/{meeting['id']}/cancel", {"by": "mentor"}),
        (f"/v1/meetings/{held['id']}/fallback", {"by": "mentor"}),
        (f"/v1/meetings/{past['id']}/outcome", {"by": "mentor", "happened": True}),
        (f"/v1/meetings/{past['id']}/worth", {"by": "mentor", "worth": 3}),
        (f"/v1/pairs/{past['pair_id']}/last-meeting", {"by": "mentor", "wish": False}),
        (f"/v1/reviews/{review}/answer", {"by": "mentor", "choice": "continue"}),
        (f"{pair}/consents", {"by": "mentor", "auto_confirm": True}),
        (f"{pair}/pause", {"by": "mentor"}),
        (f"{pair}/resume", {"by": "mentor"}),
        (f"{pair}/end", {"by": "mentor"}),
        (f"{pair}/restart", {"by": "mentor"}),
        ("/v1/webhook-endpoints", {"url": "https://hr.example.org/2"}),
        (f"/v1/webhook-endpoints/{endpoint}/rotate", None),
        (f"/v1/webhook-endpoints/{endpoint}/test", None),
        (f"/v1/webhook-deliveries/{delivery}/replay", None),
        ("/v1/programmes", {"name": "Leaders"}),
        (f"/v1/programmes/{programme}/links", {"purpose": "backtest"}),
        (f"/v1/model-versions/{version}/activate", None),
        ("/v1/model-versions/prior/activate", None),
        ("/v1/keys", {"name": "k", "scope": "read"}),
    ]


def _template(path: str) -> str:
    return "/".join("{}" if "_" in part else part for part in path.split("/"))


def test_every_post_is_carried_out_once(api: Api) -> None:
    posts = _posts(api)
    documented = {
        "/".join("{}" if "{" in part else part for part in path.split("/"))
        for path, methods in api.app.openapi()["paths"].items()
        if "post" in methods and path.startswith("/v1/") and "text/csv" not in str(methods["post"].get("requestBody"))
    }  # what takes a file is tried in test_api_programmes
    assert {_template(path) for path, _ in posts} == documented
    for path, body in posts:
        key = str(uuid.uuid4())
        first = api.post(path, body, Idempotency_Key=key)
        assert first.status_code in (200, 201, 202), (path, first.text)
        assert REPLAYED not in first.headers
        counted = _rows(api.house)
        second = api.post(path, body, Idempotency_Key=key)
        assert (second.status_code, second.headers[REPLAYED]) == (first.status_code, "true"), (path, second.text)
        assert _rows(api.house) == counted, path
        if path == "/v1/keys":
            assert second.json() == {**first.json(), "key": None}
        elif not path.endswith("/links"):
            assert second.json() == first.json(), path
        other = api.post(
            path, {"by": "mentee"} if body is None else {**body, "by": "mentee", "x": 1}, Idempotency_Key=key
        )
        assert other.status_code == 422, path


def _rows(house: House) -> dict[str, int]:
    from sqlalchemy import text

    from service.store.tables import SQLModel

    with house.reading() as session:
        tables = [name for name in SQLModel.metadata.tables if name != "alembic_version"]
        return {
            name: session.connection().execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in tables
        }


def test_a_key_that_comes_back_with_another_request_is_refused(api: Api) -> None:
    assert api.post("/v1/people", ADA, Idempotency_Key="k").status_code == 201
    problem(api.post("/v1/people", {**ADA, "name": "Ben"}, Idempotency_Key="k"), 422, "idempotency-key-reused")
    pair = {"mentor_id": api.person("Cleo"), "mentee_id": api.person("Dan")}
    problem(api.post("/v1/pairs", pair, Idempotency_Key="k"), 422, "idempotency-key-reused")


def test_a_key_belongs_to_its_caller(api: Api) -> None:
    other = api.with_key("write")
    first = api.post("/v1/people", ADA, Idempotency_Key="k")
    second = other.post("/v1/people", json=ADA, headers={"Idempotency-Key": "k"})
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


def test_what_failed_may_be_tried_again_under_the_same_key(api: Api) -> None:
    assert list(fields(api.post("/v1/people", {**ADA, "time_zone": "Mars"}, Idempotency_Key="k"))) == ["time_zone"]
    answer = api.post("/v1/people", ADA, Idempotency_Key="k")
    assert answer.status_code == 201
    assert REPLAYED not in answer.headers


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "caf\u00e9", "a\tb"])
def test_a_key_has_1_to_255_printable_characters(api: Api, key: str) -> None:
    answer = api.client.post("/v1/people", json=ADA, headers=[("Idempotency-Key", key.encode("latin-1"))])
    assert list(fields(answer)) == ["Idempotency-Key"]
    assert api.post("/v1/people", ADA, Idempotency_Key="~" * 255).status_code == 201


def test_a_crash_after_the_commit_loses_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is committed, the answer is lost: the retry finds what was made."""
    from service.app import show

    with monkeypatch.context() as patch:
        patch.setattr(show, "person", lambda *_: 1 / 0)
        assert api.post("/v1/people", ADA, Idempotency_Key="k").status_code == 500
    retry = api.post("/v1/people", ADA, Idempotency_Key="k")
    assert (retry.status_code, retry.headers[REPLAYED]) == (201, "true")
    assert len(api.get("/v1/people").json()["items"]) == 1


def test_a_lost_answer_of_an_accept_is_given_again(api: Api) -> None:
    proposal = api.proposal(api.pair())
    path = f"/v1/proposals/{proposal['id']}/accept"
    body = {"slot_id": proposal["slots"][0]["id"], "by": "mentee"}
    first = api.post(path, body, Idempotency_Key="k")
    api.at.run()
    again = api.post(path, body, Idempotency_Key="k")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    problem(api.post(path, body), 409, "not-now")


@pytest.mark.parametrize("what", ["person", "accept"])
def test_twins_at_the_same_moment_make_one_thing(tmp_path: Path, what: str) -> None:
    api = api_on(tmp_path)
    if what == "person":
        path, body, status = "/v1/people", ADA, 201
    else:
        proposal = api.proposal(api.pair())
        path, status = f"/v1/proposals/{proposal['id']}/accept", 200
        body = {"slot_id": proposal["slots"][0]["id"], "by": "mentee"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post(path, body, Idempotency_Key="twin"), range(8)))
    assert {answer.status_code for answer in answers} == {status}, [a.text for a in answers]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1


def test_a_failure_that_the_twin_caused_is_a_repetition(api: Api) -> None:
    """The twin finishes between our look and our work, so that the work finds the proposal answered already."""
    once = Once("caller", "key", "fingerprint")

    def work() -> str:
        with api.house.writing() as session:
            from service.app.once import keep

            keep(session, once, "mtg_made", api.house.now())
        raise NotNow("This proposal is accepted.")

    done = carry_out(api.house, once, work)
    assert (done.resource_id, done.replayed) == ("mtg_made", True)

    def fails() -> str:
        raise NotNow("No.")

    with pytest.raises(NotNow):
        carry_out(api.house, Once("caller", "another", "f"), fails)
    with pytest.raises(NotNow):
        carry_out(api.house, None, fails)


def test_the_key_is_kept_with_what_was_made(api: Api) -> None:
    made = api.post("/v1/people", ADA, Idempotency_Key="k").json()["id"]
    with api.house.reading() as session:
        row = keys.idempotent(session, "bootstrap", "k")
        assert row is not None
        assert row.resource_id == made
        with pytest.raises(CarriedOut):
            Once("bootstrap", "k", row.fingerprint).check(session)
