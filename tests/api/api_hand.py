"""A hand for the API's tests: a house behind the real application, and short words for what is often sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from service.api.application import create_app
from service.app.manage_keys import create_key
from service.domain.timespan import HOUR, rfc3339
from tests.house import TestHouse, make_house

PROBLEM = "application/problem+json"
URN = "urn:holdfast:problem:"


class Api:
    """The application on a house, called with the bootstrap key unless told otherwise."""

    def __init__(self, house: TestHouse, checks: dict[str, bool] | None = None) -> None:
        self.at = house
        self.house = house.house
        self.checks = checks if checks is not None else {"database": True, "worker": True, "keys": True}
        self.app = create_app(house.house, ready=lambda: self.checks)
        self.client = TestClient(self.app, headers={"Authorization": "Bearer bootstrap"})
        self.anyone = TestClient(self.app)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One call; ``Idempotency_Key="…"`` becomes the header."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, json=body, headers=given)

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST."""
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH."""
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str) -> Any:
        """DELETE."""
        return self.call("DELETE", path)

    def with_key(self, scope: str) -> TestClient:
        """A client with a key of that scope."""
        _, plain = create_key(self.house, name=scope, scope=scope)
        return TestClient(self.app, headers={"Authorization": f"Bearer {plain}"})

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """What a POST made."""
        answer = self.post(path, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def person(self, name: str = "Ada", zone: str = "Europe/Berlin", **facts: Any) -> str:
        """Adds a person; returns the id."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        return str(self.made("/v1/people", {"name": name, "email": email, "time_zone": zone, **facts})["id"])

    def local(self, person_id: str) -> str:
        """Gives a person a local calendar; returns its id."""
        return str(self.made(f"/v1/people/{person_id}/calendars", {"provider": "local"})["id"])

    def pair(self, **facts: Any) -> str:
        """Two people with local calendars and their pair."""
        mentor, mentee = self.person("Marta Mentor"), self.person("Emil Mentee")
        self.local(mentor), self.local(mentee)
        return str(self.made("/v1/pairs", {"mentor_id": mentor, "mentee_id": mentee, **facts})["id"])

    def proposal(self, pair_id: str, **facts: Any) -> dict[str, Any]:
        """Proposes."""
        return self.made(f"/v1/pairs/{pair_id}/proposals", facts)

    def booked(self, pair_id: str, rank: int = 0, by: str = "mentee") -> dict[str, Any]:
        """Proposes, accepts a slot, does the jobs; returns the meeting."""
        proposal = self.proposal(pair_id)
        slot = proposal["slots"][rank]["id"]
        answer = self.post(f"/v1/proposals/{proposal['id']}/accept", {"slot_id": slot, "by": by})
        assert answer.status_code == 200, answer.text
        self.at.run()
        return dict(self.get(f"/v1/meetings/{answer.json()['id']}").json())

    def in_hours(self, hours: float) -> str:
        """That many hours from now, as the API takes it."""
        return rfc3339(self.house.now() + int(hours * HOUR))


class Around:
    """In the place of a way past the framework's routing: everything goes on to the route."""

    def __init__(self, app: Any, house: object) -> None:
        self.app = app

    async def __call__(self, *given: Any) -> None:
        """See ASGI."""
        await self.app(*given)


def api_on(tmp_path: Path, **facts: Any) -> Api:
    """The API on a fresh house."""
    return Api(make_house(tmp_path, **facts))


def problem(answer: Any, status: int, code: str) -> Mapping[str, Any]:
    """Checks that the answer is this problem, and gives its members."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    members = answer.json()
    assert members["type"] == URN + code
    assert members["status"] == status
    assert members["title"]
    assert members["detail"]
    return dict(members)


def fields(answer: Any) -> dict[str, str]:
    """The bad fields of a 422 and why."""
    return {error["field"]: error["reason"] for error in problem(answer, 422, "bad-input")["errors"]}
