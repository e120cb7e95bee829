"""The OpenAPI document: it describes every call, its examples are true, and real answers conform to it."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest
from api_hand import Api, api_on

from service.domain.stability import PRIOR, document
from service.store.tables import ModelVersion

CALLS = """
POST /v1/people | GET /v1/people | GET PATCH DELETE /v1/people/{person_id} | GET /v1/people/{person_id}/export
POST GET /v1/people/{person_id}/calendars | GET PATCH DELETE /v1/calendars/{calendar_id}
GET POST /v1/calendars/{calendar_id}/events | PATCH DELETE /v1/calendars/{calendar_id}/events/{event_id}
POST DELETE /v1/people/{person_id}/links | GET /v1/people/{person_id}/busy | GET /v1/people/{person_id}/churn
POST GET /v1/pairs | GET PATCH /v1/pairs/{pair_id} | GET /v1/pairs/{pair_id}/slots | POST /v1/pairs/{pair_id}/proposals
GET /v1/proposals/{proposal_id} | POST /v1/proposals/{proposal_id}/accept | POST /v1/proposals/{proposal_id}/decline
GET /v1/meetings/{meeting_id} | GET /v1/pairs/{pair_id}/meetings | POST /v1/meetings/{meeting_id}/move
POST /v1/meetings/{meeting_id}/cancel | POST /v1/meetings/{meeting_id}/outcome
POST /v1/meetings/{meeting_id}/fallback | POST /v1/meetings/{meeting_id}/short-call
GET POST /v1/pairs/{pair_id}/consents
GET /v1/pairs/{pair_id}/patterns | GET /v1/pairs/{pair_id}/ledger | POST /v1/pairs/{pair_id}/pause
POST /v1/pairs/{pair_id}/resume | POST /v1/pairs/{pair_id}/end | POST /v1/pairs/{pair_id}/restart
POST /v1/meetings/{meeting_id}/worth | POST /v1/pairs/{pair_id}/last-meeting | GET /v1/pairs/{pair_id}/coaching
GET /v1/pairs/{pair_id}/reviews | GET /v1/reviews/{review_id} | POST /v1/reviews/{review_id}/answer
GET /v1/pairs/{pair_id}/handover
POST GET /v1/webhook-endpoints | GET PATCH DELETE /v1/webhook-endpoints/{endpoint_id}
POST /v1/webhook-endpoints/{endpoint_id}/rotate | POST /v1/webhook-endpoints/{endpoint_id}/test
GET /v1/webhook-endpoints/{endpoint_id}/deliveries | GET /v1/webhook-deliveries/{delivery_id}
POST /v1/webhook-deliveries/{delivery_id}/replay | POST GET /v1/keys | DELETE /v1/keys/{key_id}
POST GET /v1/programmes | GET PATCH /v1/programmes/{programme_id} | POST /v1/programmes/{programme_id}/history
GET /v1/programmes/{programme_id}/history/{import_id} | GET /v1/programmes/{programme_id}/backtest
POST DELETE /v1/programmes/{programme_id}/links | GET /v1/model-versions | GET /v1/model-versions/{version_id}
POST /v1/model-versions/prior/activate | POST /v1/model-versions/{version_id}/activate
GET /healthz | GET /readyz | GET /metrics | GET /feeds/{token}.ics
POST /hooks/google | POST /hooks/microsoft | POST /hooks/google/{calendar_id} | POST /hooks/microsoft/{calendar_id}
"""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document."""
    return dict(api_on(tmp_path_factory.mktemp("openapi")).anyone.get("/openapi.json").json())


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(m.upper(), p, o) for p, methods in document["paths"].items() for m, o in methods.items()]


def test_it_describes_these_calls_and_no_others(described: dict[str, Any]) -> None:
    wanted = set()
    for entry in CALLS.replace("\n", "|").split("|"):
        *methods, path = entry.split() or [""]
        wanted |= {(method, path) for method in methods}
    assert {(method, path) for method, path, _ in _operations(described)} == wanted


def test_every_operation_is_complete(described: dict[str, Any]) -> None:
    names = []
    for method, path, operation in _operations(described):
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        names.append(operation["operationId"])
        responses = operation["responses"]
        if path.startswith("/v1/"):
            assert operation["security"], path
            assert {"401", "403", "500"} <= set(responses), path
            assert any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", [])) == (method == "POST")
        if method == "PATCH":
            assert any(p["name"] == "If-Match" for p in operation["parameters"])
            assert "412" in responses
        for status, answer in responses.items():
            if status[0] in "45" and path != "/readyz":
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
            elif status == "204":
                assert "content" not in answer
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter["schema"].get("default") is not None, (path, parameter)
    assert len(names) == len(set(names))
    assert "pairs_pause" in names


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that stands alone."""
    return {**schema, "components": document["components"]}


def test_every_request_has_an_example_and_all_examples_are_true(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    checked = 0
    for name, schema in schemas.items():
        for example in schema.get("examples", []):
            jsonschema_rs.validator_for(_resolved(described, {"$ref": f"#/components/schemas/{name}"})).validate(
                example
            )
            checked += 1
        for field in schema.get("properties", {}).values():
            for example in field.get("examples", []):
                jsonschema_rs.validator_for(_resolved(described, field)).validate(example)
                checked += 1
    assert checked > 30
    for _, path, operation in _operations(described):
        if "requestBody" not in operation or path.endswith(("/rotate", "/test", "/replay")):
            continue
        content = operation["requestBody"]["content"]
        if list(content) == ["text/csv"]:
            assert content["text/csv"]["example"].count("\n") > 1, path
            continue
        schema = content["application/json"]["schema"]
        parts = schema.get("oneOf") or [part for part in schema.get("anyOf", [schema]) if "$ref" in part]
        for part in parts:
            name = part["$ref"].rpartition("/")[2]
            if not name.endswith("Changes"):
                assert schemas[name].get("examples"), name


def _strict(schema: Any) -> Any:
    """The same schema, in which an object holds what is described and nothing else."""
    if isinstance(schema, dict):
        made = {key: _strict(value) for key, value in schema.items()}
        if "properties" in made and "additionalProperties" not in made:
            made["additionalProperties"] = False
        return made
    return [_strict(item) for item in schema] if isinstance(schema, list) else schema


class Conforming:
    """Looks at every answer that passes and holds it against the document."""

    def __init__(self, api: Api) -> None:
        self.document = _strict(copy.deepcopy(api.app.openapi()))
        self.seen: set[tuple[str, str, str]] = set()

    def __call__(self, method: str, path: str, answer: Any) -> None:
        """Raises where an answer is not as described."""
        template = self._template(path.partition("?")[0])
        operation = self.document["paths"][template][method.lower()]
        described = operation["responses"][str(answer.status_code)]
        self.seen.add((method, template, str(answer.status_code)))
        if "content" not in described:
            assert answer.content == b""
            return
        ((kind, content),) = described["content"].items()
        assert answer.headers["content-type"].partition(";")[0] == kind
        if kind == "application/json" or kind.endswith("+json"):
            schema = {**content["schema"], "components": self.document["components"]}
            jsonschema_rs.validator_for(schema, validate_formats=True).validate(answer.json())

    def _template(self, path: str) -> str:
        steps = path.split("/")
        for template in self.document["paths"]:
            parts = template.split("/")
            if len(parts) == len(steps) and all(p == s or "{" in p for p, s in zip(parts, steps, strict=True)):
                return str(template)
        raise AssertionError(f"{path} is not described")


def _programme_and_model(api: Api) -> None:
    """Every call of these two nouns once."""
    made = api.made("/v1/programmes", {"name": "p"})["id"]
    path = f"/v1/programmes/{made}"
    api.get(path), api.get("/v1/programmes"), api.patch(path, {"move_budget": 1})
    example = api.app.openapi()["paths"]["/v1/programmes/{programme_id}/history"]["post"]["requestBody"]
    content = example["content"]["text/csv"]["example"].encode()
    told = api.client.request("POST", f"{path}/history", content=content, headers={"Content-Type": "text/csv"})
    api.get(f"{path}/history/{told.json()['id']}"), api.get(f"{path}/backtest")
    api.post(f"{path}/links"), api.delete(f"{path}/links")
    version = "mdl_01k0a7m9s8e4v2b6c3d5f7g9h1"
    with api.house.writing() as session:
        facts = {"rows": 1, "rows_hash": "x", "verdict": "x", "created_at": 1, "metrics": {}, "terms": document(PRIOR)}
        session.add(ModelVersion(id=version, **facts))
    api.get("/v1/model-versions"), api.get(f"/v1/model-versions/{version}")
    api.post(f"/v1/model-versions/{version}/activate"), api.post("/v1/model-versions/prior/activate")


def test_real_answers_are_as_described(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    look = Conforming(api)
    plain = api.client.request

    def watched(method: str, path: str, **more: Any) -> Any:
        answer = plain(method, path, **more)
        look(method, path, answer)
        return answer

    monkeypatch.setattr(api.client, "request", watched)
    endpoint = api.made("/v1/webhook-endpoints", {"url": "https://a.example"})["id"]
    pair_id = api.pair(focus="x", objectives=["y"], sessions_agreed=1)
    pair = api.get(f"/v1/pairs/{pair_id}").json()
    mentor, mentee = pair["mentor_id"], pair["mentee_id"]
    api.patch(f"/v1/people/{mentor}", {"windows": {"lunch": None}, "preferences": {"holidays": "DE"}})
    calendar = api.get(f"/v1/people/{mentor}/calendars").json()["items"][0]["id"]
    api.get(f"/v1/calendars/{calendar}")
    api.patch(f"/v1/calendars/{calendar}", {"counts": True, "primary": True})
    event = api.made(
        f"/v1/calendars/{calendar}/events", {"title": "x", "start": api.in_hours(30), "end": api.in_hours(31)}
    )["id"]
    api.patch(f"/v1/calendars/{calendar}/events/{event}", {"title": "y"})
    api.get(f"/v1/calendars/{calendar}/events")
    api.get(f"/v1/people/{mentor}/busy")
    api.get(f"/v1/people/{mentor}/churn")
    api.get(f"/v1/pairs/{pair_id}/slots?limit=20")
    proposal = api.proposal(pair_id)["id"]
    api.get(f"/v1/proposals/{proposal}")
    api.post(f"/v1/proposals/{proposal}/decline", {"by": "mentor"})
    meeting = api.booked(pair_id)
    path = f"/v1/meetings/{meeting['id']}"
    old = meeting["start"]
    api.post(f"{path}/move", {"start": api.in_hours(24 * 9), "by": "mentor"})
    api.post(f"{path}/move", {"start": old, "by": "mentee"})
    api.post(f"{path}/short-call", {"by": "mentee"})
    api.at.run()
    seen = api.get(path).json()
    api.post(f"{path}/fallback", {"by": "mentee", "start": seen["fallback"]["start"]})
    api.post(f"/v1/pairs/{pair_id}/consents", {"by": "mentee", "auto_confirm": True})
    api.get(f"/v1/pairs/{pair_id}/consents")
    api.post(f"{path}/cancel", {"by": "mentee", "reason_code": "work"})
    second = api.booked(pair_id)
    api.at.clock.advance(40 * 86_400)
    api.post(f"/v1/meetings/{second['id']}/outcome", {"by": "mentor", "happened": True})
    api.post(f"/v1/meetings/{second['id']}/worth", {"by": "mentor", "worth": 5})
    api.get(f"/v1/pairs/{pair_id}/coaching")
    review = api.get(f"/v1/pairs/{pair_id}/reviews").json()["items"][0]["id"]
    api.get(f"/v1/reviews/{review}")
    api.post(f"/v1/reviews/{review}/answer", {"by": "mentee", "choice": "continue"})
    api.get(f"/v1/pairs/{pair_id}/meetings")
    api.get(f"/v1/pairs/{pair_id}/patterns")
    api.get(f"/v1/pairs/{pair_id}/ledger")
    for step in ("pause", "resume"):
        api.post(f"/v1/pairs/{pair_id}/{step}", {"by": "mentor"})
    api.post(f"/v1/pairs/{pair_id}/end", {"by": "mentor", "last_meeting": True, "handover": "z"})
    api.post(f"/v1/pairs/{pair_id}/last-meeting", {"by": "mentee", "wish": False})
    api.get(f"/v1/pairs/{pair_id}/handover")
    api.post(f"/v1/pairs/{pair_id}/restart", {"by": "mentor"})
    api.patch(f"/v1/pairs/{pair_id}", {"move_budget": 2})
    api.get("/v1/pairs"), api.get("/v1/people"), api.get(f"/v1/people/{mentor}")
    api.post(f"/v1/people/{mentor}/links"), api.delete(f"/v1/people/{mentor}/links")
    api.at.run()
    api.post(f"/v1/webhook-endpoints/{endpoint}/test")
    api.at.run()
    api.get(f"/v1/webhook-endpoints/{endpoint}"), api.get("/v1/webhook-endpoints")
    api.patch(f"/v1/webhook-endpoints/{endpoint}", {"types": ["pair.ended"]})
    api.post(f"/v1/webhook-endpoints/{endpoint}/rotate")
    delivery = api.get(f"/v1/webhook-endpoints/{endpoint}/deliveries").json()["items"][0]["id"]
    api.get(f"/v1/webhook-deliveries/{delivery}"), api.post(f"/v1/webhook-deliveries/{delivery}/replay")
    key = api.made("/v1/keys", {"name": "k", "scope": "read"})["id"]
    api.get("/v1/keys"), api.delete(f"/v1/keys/{key}")
    api.get(f"/v1/people/{mentee}/export")
    api.delete(f"/v1/calendars/{calendar}/events/{event}")
    api.delete(f"/v1/calendars/{calendar}")
    api.get(api.get(f"/v1/people/{mentee}").json()["feed_url"].removeprefix("http://holdfast.test"))
    api.delete(f"/v1/people/{mentee}")
    api.delete(f"/v1/webhook-endpoints/{endpoint}")
    _programme_and_model(api)
    api.get("/healthz"), api.get("/readyz"), api.get("/metrics")
    api.post("/hooks/google")
    api.post("/hooks/microsoft", {"value": [{"subscriptionId": "s", "clientState": "c"}]})
    api.post("/hooks/microsoft?validationToken=a%20b")
    api.post("/hooks/google/cal_01k0a7m9s8e4v2b6c3d5f7g9h1")
    api.post("/hooks/microsoft/cal_01k0a7m9s8e4v2b6c3d5f7g9h1", {"value": []})
    api.post("/hooks/microsoft/cal_01k0a7m9s8e4v2b6c3d5f7g9h1?validationToken=a%20b")
    successes = {
        (method, path, status)
        for method, path, operation in _operations(api.app.openapi())
        for status in operation["responses"]
        if status.startswith("2")
    }
    assert {seen for seen in look.seen if seen[2].startswith("2")} == successes

    api.get("/v1/people/nobody"), api.post("/v1/people", {}), api.patch("/v1/pairs/x", {})
    api.call("DELETE", "/v1/keys/x"), api.post(f"/v1/proposals/{proposal}/decline", {"by": "mentor"})
    api.patch(f"/v1/people/{mentor}", {}, If_Match='"99"')
    api.checks["worker"] = False
    api.get("/readyz")
