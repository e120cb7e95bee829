"""What holds for every request, and what those who run it ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import structlog
from api_hand import Api, problem
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from service.api.application import create_app
from service.api.plumbing.body_limit import LARGEST
from service.ports.webhooks import Attempt

ADA = {"name": "Ada", "email": "ada@example.org", "time_zone": "Europe/Berlin"}


def _metrics(api: Api) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(api.anyone.get("/metrics").text):
        for sample in family.samples:
            found[(sample.name, *(v for _, v in sorted(sample.labels.items())))] = sample.value
    return found


def test_alive_and_ready(api: Api) -> None:
    assert api.anyone.get("/healthz").json() == {"status": "ok"}
    well = api.anyone.get("/readyz")
    assert (well.status_code, well.json()["status"]) == (200, "ready")
    api.checks["worker"] = False
    ill = api.anyone.get("/readyz")
    assert (ill.status_code, ill.json()) == (
        503, {"status": "not_ready", "checks": {"database": True, "worker": False, "keys": True}},
    )  # fmt: skip


def test_a_check_that_breaks_is_not_ready(api: Api) -> None:
    def broken() -> dict[str, bool]:
        raise RuntimeError("no idea")

    with structlog.testing.capture_logs() as logs:
        answer = TestClient(create_app(api.house, ready=broken)).get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    assert [entry["event"] for entry in logs] == ["readiness_unknown"]


def test_requests_are_counted_by_template_and_never_by_address(api: Api) -> None:
    person_id = api.person()
    for _ in range(3):
        api.get(f"/v1/people/{person_id}")
    api.get("/v1/people/per_01k0a7m9s8e4v2b6c3d5f7g9h1")
    api.get(f"/secret/{person_id}")
    api.client.request("BREW", "/v1/people")
    found = _metrics(api)
    template = "/v1/people/{person_id}"
    assert found["holdfast_http_requests_total", "GET", template, "200"] == 3
    assert found["holdfast_http_requests_total", "GET", template, "404"] == 1
    assert found["holdfast_http_requests_total", "GET", "unmatched", "404"] == 1
    assert found["holdfast_http_request_seconds_count", "GET", template] == 4
    assert any(labels[:2] == ("holdfast_http_requests_total", "other") for labels in found)
    assert person_id not in api.anyone.get("/metrics").text


def test_the_state_is_counted_in_the_database(api: Api) -> None:
    assert _metrics(api)["holdfast_webhook_attempts_total", "delivered"] == 0
    api.at.posts.answers[:] = [Attempt(500, None, None, 1), Attempt(None, "timed out", None, 1)]
    api.booked(api.pair())
    found = _metrics(api)
    assert found["holdfast_calendars", "", "local", "connected"] == 2
    assert found["holdfast_pairs", "active"] == 1
    assert found["holdfast_webhook_attempts_total", "refused"] == 1
    assert found["holdfast_webhook_attempts_total", "unreachable"] == 1
    assert found["holdfast_webhook_deliveries_pending",] == 2
    api.at.clock.advance(60)
    api.at.run()
    found = _metrics(api)
    assert found["holdfast_webhook_attempts_total", "delivered"] == 2
    assert found["holdfast_webhook_attempts_total", "refused"] == 1


def test_a_request_has_a_name(api: Api) -> None:
    assert api.get("/v1/people", X_Request_Id="abc-1.2_3").headers["X-Request-Id"] == "abc-1.2_3"
    for bad in ("a b", "x" * 129, "<script>", ""):
        assert re.fullmatch(r"[0-9a-f]{32}", api.get("/v1/people", X_Request_Id=bad).headers["X-Request-Id"])
    assert api.get("/nowhere").headers["X-Request-Id"] != api.get("/nowhere").headers["X-Request-Id"]


def test_answers_bear_the_headers_that_keep_browsers_out(api: Api) -> None:
    for answer in (api.get("/v1/people"), api.anyone.get("/v1/people"), api.get("/nowhere")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Strict-Transport-Security" not in answer.headers


def test_a_page_keeps_its_own_headers(api: Api) -> None:
    from fastapi.responses import HTMLResponse

    @api.app.get("/page")
    def page() -> HTMLResponse:
        return HTMLResponse("hello", headers={"Referrer-Policy": "same-origin"})

    answer = api.anyone.get("/page")
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Content-Security-Policy" not in answer.headers


def test_a_body_may_be_12_mebibytes(api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    too_large = b'"' + b"x" * (LARGEST - 1) + b'"'
    problem(api.client.post("/v1/people", content=too_large, headers=headers), 413, "too-large")
    just_right = b'"' + b"x" * (LARGEST - 2) + b'"'
    assert api.client.post("/v1/people", content=just_right, headers=headers).status_code == 422


def test_a_body_in_pieces_is_counted_as_it_comes(api: Api) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(40):
            sent += 1
            yield b"x" * (1024 * 1024)

    headers = {"Content-Type": "application/json"}
    problem(api.client.post("/v1/people", content=pieces(), headers=headers), 413, "too-large")


def test_a_feed_is_a_calendar_without_a_key(api: Api) -> None:
    pair_id = api.pair()
    meeting = api.booked(pair_id)
    mentee = api.get(f"/v1/pairs/{pair_id}").json()["mentee_id"]
    path = api.get(f"/v1/people/{mentee}").json()["feed_url"].removeprefix("http://holdfast.test")
    answer = api.anyone.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert meeting["ics_uid"] in answer.text
    tag = answer.headers["ETag"]
    api.at.clock.advance(60)
    unchanged = api.anyone.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", tag)
    assert api.anyone.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert api.anyone.head(path).status_code == 200
    api.post(f"/v1/meetings/{meeting['id']}/move", {"start": api.in_hours(24 * 9), "by": "mentor"})
    assert api.anyone.get(path).headers["ETag"] != tag
    problem(api.anyone.get("/feeds/guess.ics"), 404, "not-found")
    api.delete(f"/v1/people/{mentee}")
    problem(api.anyone.get(path), 404, "not-found")
    assert path not in api.anyone.get("/metrics").text
