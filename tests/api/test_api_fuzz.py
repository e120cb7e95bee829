"""Requests made up from the OpenAPI document, good and bad: every answer is one that the document describes.

Schemathesis makes them. They name things that exist, so that they come further than "not found".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import SkipTest

import pytest
import requests
import schemathesis
from api_hand import Api, api_on
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
KEY = {"Authorization": "Bearer bootstrap"}


class World:
    """A house with one of everything, and the document of its API."""

    def __init__(self, api: Api) -> None:
        self.api = api
        person, pair_id = api.person(), api.pair()
        calendar = api.local(person)
        times = {"start": api.in_hours(1), "end": api.in_hours(2)}
        endpoint = api.made("/v1/webhook-endpoints", {"url": "https://a.example"})["id"]
        api.post(f"/v1/webhook-endpoints/{endpoint}/test")
        meeting = api.booked(pair_id)
        api.at.run()
        feed = api.get(f"/v1/people/{person}").json()["feed_url"]
        self.ids = {
            "person_id": person,
            "calendar_id": calendar,
            "event_id": api.made(f"/v1/calendars/{calendar}/events", {"title": "x", **times})["id"],
            "pair_id": pair_id,
            "proposal_id": api.proposal(pair_id)["id"],
            "meeting_id": meeting["id"],
            "endpoint_id": endpoint,
            "delivery_id": api.get(f"/v1/webhook-endpoints/{endpoint}/deliveries").json()["items"][0]["id"],
            "token": feed.rpartition("/")[2].removesuffix(".ics"),
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all operations."""
    yield World(api_on(tmp_path_factory.mktemp("fuzz")))


@pytest.mark.slow
def test_every_answer_is_described(world: World) -> None:
    document = schemathesis.openapi.from_asgi("/openapi.json", world.api.app)
    operations = [found.ok() for found in document.get_all_operations()]
    assert len(operations) > 50
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _probe(operation, mode, world)


def _probe(operation: Any, mode: GenerationMode, world: World) -> None:
    @settings(max_examples=6, suppress_health_check=list(HealthCheck), database=None, deadline=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def probe(case: Any) -> None:
        if case.method != "DELETE":
            for name in case.path_parameters or {}:
                case.path_parameters[name] = world.ids.get(name, case.path_parameters[name])
        case.validate_response(_sent(case, world), checks=CHECKS)

    try:
        probe()
    except (SkipTest, Unsatisfiable):
        assert mode is GenerationMode.NEGATIVE, operation.label  # nothing can be wrong with a call that takes nothing


def _sent(case: Any, world: World) -> Any:
    """The answer. Sent by our own client: Schemathesis's needs the urllib3 that urllib3-future replaces."""
    given = case.as_transport_kwargs(base_url="http://testserver", headers=KEY)
    names = ("method", "url", "headers", "params", "data", "json", "files", "cookies")
    request = requests.Request(**{name: given[name] for name in names if name in given}).prepare()
    headers = {k: v if isinstance(v, bytes) else str(v).encode("latin-1") for k, v in request.headers.items()}
    return world.api.anyone.request(request.method, str(request.url), headers=headers, content=request.body)
