"""Reading how somebody's weeks fill up, and saying that it is not wanted."""

from __future__ import annotations

from api_hand import Api

from tests.free_time import weeks_of_late_tuesdays


def test_what_fills_up_is_told_with_its_evidence(api: Api) -> None:
    ada = api.person()
    before = api.get(f"/v1/people/{ada}/churn").json()
    assert before == {"wanted": True, "weeks": 0, "weeks_needed": 4, "basis": "prior", "items": []}
    weeks_of_late_tuesdays(api.at, ada)
    after = api.get(f"/v1/people/{ada}/churn").json()
    assert (after["weeks"], after["basis"]) == (6, "learned")
    (item,) = after["items"]
    assert {k: item[k] for k in ("weekday", "start", "end", "within_days")} == {
        "weekday": "tue", "start": "15:00", "end": "16:00", "within_days": 1,
    }  # fmt: skip
    assert item["taken"] == item["hours"] >= 4
    assert item["share"] > 3 * item["usual"]
    assert api.get(f"/v1/people/{ada}/export").json()["churn"]["weeks"] == 6


def test_a_key_that_only_reads_is_not_told(api: Api) -> None:
    ada = api.person()
    assert api.with_key("read").get(f"/v1/people/{ada}/churn").status_code == 403


def test_it_can_be_switched_off_and_is_then_gone(api: Api) -> None:
    ada = api.person()
    weeks_of_late_tuesdays(api.at, ada, weeks=5)
    changed = api.patch(f"/v1/people/{ada}", {"preferences": {"churn": False}}).json()
    assert changed["preferences"]["churn"] is False
    assert api.get(f"/v1/people/{ada}/churn").json() == {
        "wanted": False, "weeks": 0, "weeks_needed": 4, "basis": "prior", "items": [],
    }  # fmt: skip
    assert api.get(f"/v1/people/{ada}/export").json()["churn"] == {"wanted": False, "weeks": 0, "items": [], "days": []}


def test_somebody_unknown(api: Api) -> None:
    assert api.get("/v1/people/per_01k0a7m9s8e4v2b6c3d5f7g9h1/churn").status_code == 404


def test_slots_say_what_they_rest_on(api: Api) -> None:
    marta, emil = api.person("Marta"), api.person("Emil")
    pair = api.made("/v1/pairs", {"mentor_id": marta, "mentee_id": emil})["id"]
    assert api.get(f"/v1/pairs/{pair}/slots").json()["basis"] == {"meetings": "prior", "calendars": "prior"}
    weeks_of_late_tuesdays(api.at, marta, weeks=5)
    assert api.proposal(pair)["basis"] == {"meetings": "prior", "calendars": "prior"}, "one calendar is not both"
    weeks_of_late_tuesdays(api.at, emil, weeks=5, first=42)
    assert api.proposal(pair)["basis"] == {"meetings": "prior", "calendars": "learned"}
    found = api.get(f"/v1/pairs/{pair}/slots").json()
    assert found["basis"]["calendars"] == "learned"
    told = {r["text"] for slot in found["slots"] for r in slot["reasons"] if r["code"] == "churn"}
    assert told <= {"hours like this one tend to stay free"}, "what fills up is not among the best"
