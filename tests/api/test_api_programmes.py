"""Programmes over HTTP: made and changed; history in, all or nothing; the back-test; versions of the model."""

from __future__ import annotations

from typing import Any

import pytest
from api_hand import Api, fields, problem
from sqlmodel import select

from benchmarks.worlds import history
from service.domain.history_file import COLUMNS
from service.domain.timespan import rfc3339
from service.store.tables import PastMeeting

HEADER = ",".join(COLUMNS)
NOWHERE = "prog_01k0a7m9s8e4v2b6c3d5f7g9h1"
NO_VERSION = "mdl_01k0a7m9s8e4v2b6c3d5f7g9h1"


def csv(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def row(pair: str = "p1", mentor: str = "m1", mentee: str = "e1", day: int = 9, outcome: str = "held") -> str:
    times = f"2026-03-02T09:00:00Z,2026-03-{day:02d}T10:00:00+01:00"
    return f"{pair},{mentor},{mentee},{times},60,Europe/Berlin,{outcome},"


def world_csv(name: str = "effects", pairs: int = 40, meetings: int = 20) -> bytes:
    rows = history(name, pairs=pairs, meetings=meetings, seed=3)
    return csv(
        *(
            f"{r.pair_id},{r.mentor_id},{r.mentee_id},{rfc3339(r.booked_at)},{rfc3339(r.first_start)},{r.minutes},"
            f"{r.zone},{r.outcome or ''},{rfc3339(r.outcome_at) if r.outcome_at is not None else ''}"
            for r in rows
        )
    )


def bring(api: Api, programme: str, content: bytes, **headers: str) -> Any:
    given = {"content-type": "text/csv", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return api.client.post(f"/v1/programmes/{programme}/history", content=content, headers=given)


def programme(api: Api, **facts: Any) -> str:
    return str(api.made("/v1/programmes", {"name": "Leaders", **facts})["id"])


def kept(api: Api) -> list[PastMeeting]:
    with api.house.reading() as session:
        return list(session.exec(select(PastMeeting)).all())


def test_a_programme_is_made_with_defaults_read_listed_and_changed(api: Api) -> None:
    answer = api.post("/v1/programmes", {"name": " Leaders "})
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["Location"] == f"/v1/programmes/{made['id']}"
    assert {k: v for k, v in made.items() if k not in ("id", "created_at")} == {
        "name": "Leaders",
        "time_zone": "UTC",
        "cadence": {"every": 1, "unit": "month"},
        "duration_minutes": 60,
        "horizon_days": 28,
        "move_budget": None,
        "minimum_group": 5,
        "version": 1,
    }
    assert api.get("/v1/programmes").json()["items"] == [made]
    change = {"cadence": {"every": 2, "unit": "week"}, "move_budget": 2, "time_zone": "Europe/Berlin"}
    changed = api.patch(f"/v1/programmes/{made['id']}", change, If_Match='"1"').json()
    assert changed == {**made, **change, "version": 2}
    assert api.patch(f"/v1/programmes/{made['id']}", {"horizon_days": 9}, If_Match='"1"').status_code == 412
    assert api.get(f"/v1/programmes/{made['id']}").json() == changed


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"time_zone": "Berlin"}, "time_zone"),
        ({"cadence": {"every": 1, "unit": "year"}}, "cadence.unit"),
        ({"duration_minutes": 62}, "duration_minutes"),
        ({"horizon_days": 181}, "horizon_days"),
        ({"minimum_group": 0}, "minimum_group"),
        ({"move_budget": -1}, "move_budget"),
        ({"coordinator": "x"}, "coordinator"),
    ],
)
def test_what_cannot_be_a_programme_is_refused_by_field(api: Api, change: dict[str, Any], field: str) -> None:
    assert list(fields(api.post("/v1/programmes", {"name": "Leaders", **change}))) == [field]
    assert list(fields(api.patch(f"/v1/programmes/{programme(api)}", change))) == [field]


def test_a_pair_belongs_to_a_programme_that_exists(api: Api) -> None:
    ada, ben = api.person("Ada"), api.person("Ben")
    people = {"mentor_id": ada, "mentee_id": ben}
    assert list(fields(api.post("/v1/pairs", {**people, "programme_id": NOWHERE}))) == ["programme_id"]
    mine = programme(api)
    assert api.made("/v1/pairs", {**people, "programme_id": mine})["programme_id"] == mine


def test_history_comes_in_once_however_often_it_is_sent(api: Api) -> None:
    mine = programme(api)
    answer = bring(api, mine, csv(row(), row(day=10)), Idempotency_Key="a")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["rows"], made["added"], made["replaced"], made["programme_id"]) == (2, 2, 0, mine)
    assert api.get(answer.headers["Location"]).json() == made
    again = bring(api, mine, csv(row(), row(day=10)), Idempotency_Key="a")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made, "true")
    problem(bring(api, mine, csv(row()), Idempotency_Key="a"), 422, "idempotency-key-reused")
    longer = bring(api, mine, csv(row(outcome="missed"), row(day=10), row(day=11, outcome=""))).json()
    assert (longer["added"], longer["replaced"]) == (1, 2)
    assert sorted(str(one.outcome) for one in kept(api)) == ["None", "held", "missed"]


def test_one_bad_row_and_nothing_is_imported(api: Api) -> None:
    mine = programme(api)
    bad = row().replace("60", "0"), row().replace("Europe/Berlin", "Berlin")
    answer = bring(api, mine, csv(row(), *bad))
    told = problem(answer, 422, "bad-history")
    assert [error["field"] for error in told["errors"]] == ["row 2.minutes", "row 3.time_zone"]
    assert told["detail"].startswith("2 rows cannot be taken, so nothing of the file is: row 2: minutes is '0'")
    assert kept(api) == []
    assert problem(bring(api, mine, b""), 422, "bad-history")["detail"].startswith("The file is empty")


def test_history_is_csv_and_belongs_to_a_programme(api: Api) -> None:
    problem(bring(api, NOWHERE, csv(row())), 404, "not-found")
    assert list(fields(bring(api, programme(api), csv(row()), content_type="application/json"))) == ["Content-Type"]
    assert api.with_key("read").post(f"/v1/programmes/{NOWHERE}/history").status_code == 403


def test_people_and_pairs_of_ours_are_recognised_and_others_become_pseudonyms(api: Api) -> None:
    mine = programme(api)
    ada, ben = api.person("Ada"), api.person("Ben")
    pair = api.made("/v1/pairs", {"mentor_id": ada, "mentee_id": ben, "programme_id": mine})["id"]
    content = csv(
        row("theirs", "Ada@Example.org", "ben@example.org"),
        row(pair, ada, ben, day=10),
        row("p2", ada, "Grace Hopper", day=11),
    )
    told = bring(api, mine, content).json()
    assert (told["people_matched"], told["pairs_matched"]) == (2, 1)
    found = sorted(kept(api), key=lambda one: one.first_start)
    assert [(one.pair_id, one.mentor_id, one.mentee_id) for one in found[:2]] == [(pair, ada, ben)] * 2
    assert found[2].mentor_id == ada
    assert found[2].mentee_id is not None
    assert found[2].mentee_id.startswith("past_")
    assert found[2].pair_id.startswith("past_")


def test_imported_meetings_speak_in_the_pairs_scores(api: Api) -> None:
    pair = api.pair()
    before = api.get(f"/v1/pairs/{pair}/slots").json()["slots"]
    with api.house.reading() as session:
        from service.store import pairs

        found = pairs.get(session, pair)
        mentor, mentee = found.mentor_id, found.mentee_id
    moved = [row(pair, mentor, mentee, day=day, outcome="cancelled") for day in range(9, 14)]
    bring(api, programme(api), csv(*moved))
    after = api.get(f"/v1/pairs/{pair}/slots").json()["slots"]
    assert after[0]["hold_probability"] < before[0]["hold_probability"] - 0.05
    reasons = [reason for slot in after for reason in slot["reasons"]]
    assert any(reason["text"] == "0 of 5 earlier meetings held" for reason in reasons)


def test_a_history_is_learnt_from_judged_and_can_be_taken_back(api: Api) -> None:
    mine = programme(api)
    assert api.get("/v1/model-versions").json()["items"] == []
    told = bring(api, mine, world_csv())
    assert told.status_code == 201, told.text
    api.at.run()
    (version,) = api.get("/v1/model-versions").json()["items"]
    assert api.get(f"/v1/model-versions/{version['id']}").json() == version
    assert version["active"]
    assert "so it is used" in version["verdict"]
    assert version["trained_on"]["rows"] > 200
    assert version["metrics"]["challenge"]["passed"]
    assert api.house.terms.trained_on == version["trained_on"]["rows"]

    judged = api.get(f"/v1/programmes/{mine}/backtest").json()
    assert judged["judged"] > 200
    assert set(judged["models"]) == {"holdfast", "base_rate", "lead_only"}
    assert judged["claims"][0].startswith(f"{judged['judged']} meetings of 40 pairs were judged")

    back = api.post("/v1/model-versions/prior/activate", Idempotency_Key="b")
    assert back.json() == {"version_id": None, "trained_on": 0}
    assert api.house.terms.trained_on == 0
    use = f"/v1/model-versions/{version['id']}/activate"
    assert api.post(use).json() == {"version_id": version["id"], "trained_on": version["trained_on"]["rows"]}
    assert api.with_key("write").post(use).status_code == 403
    problem(api.post(f"/v1/model-versions/{NO_VERSION}/activate"), 404, "not-found")
    assert api.house.terms.trained_on == version["trained_on"]["rows"]


def test_the_back_test_is_computed_again_only_where_something_changed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.app import backtest

    computed: list[int] = []
    plain = backtest.backtest
    monkeypatch.setattr(backtest, "backtest", lambda rows, *more: (computed.append(len(rows)), plain(rows, *more))[1])
    mine = programme(api)
    for content in (csv(row()), csv(row(), row(day=10)), csv(row(outcome="missed"))):
        bring(api, mine, content)
        first = api.get(f"/v1/programmes/{mine}/backtest").json()
        assert api.get(f"/v1/programmes/{mine}/backtest").json() == first
    assert computed == [1, 2, 2]


def test_an_empty_programme_says_that_there_is_too_little(api: Api) -> None:
    judged = api.get(f"/v1/programmes/{programme(api)}/backtest").json()
    assert (judged["rows"], judged["models"], judged["predicts"]) == (0, {}, False)
    assert "too few to say anything" in judged["claims"][0]
    problem(api.get(f"/v1/programmes/{NOWHERE}/backtest"), 404, "not-found")


def test_a_link_to_the_page_is_made_by_admins_and_can_be_withdrawn(api: Api) -> None:
    mine = programme(api)
    made = api.post(f"/v1/programmes/{mine}/links", {"purpose": "backtest"})
    assert made.status_code == 201
    assert made.json()["url"].startswith("http://holdfast.test/programmes/")
    assert api.with_key("write").post(f"/v1/programmes/{mine}/links").status_code == 403
    assert api.delete(f"/v1/programmes/{mine}/links").status_code == 204
    problem(api.delete(f"/v1/programmes/{NOWHERE}/links"), 404, "not-found")
