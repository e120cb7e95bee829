"""The coordinators' page: what may be said of the forecasts, for whoever holds the link; no person and no pair in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchmarks.worlds import history
from service.api.application import create_app
from service.app.import_history import import_history
from service.app.keep_programme import create_programme
from service.app.make_link import make_link
from service.app.programme_link import LIFETIME, make_programme_link, revoke_programme_links
from service.domain.history_file import COLUMNS
from service.domain.timespan import rfc3339
from service.web import pages
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


@pytest.fixture
def client(house: TestHouse) -> TestClient:
    app = create_app(house.house, ready=dict)
    pages.mount(app, house.house)
    return TestClient(app, base_url="http://holdfast.test")


def programme(house: TestHouse, meetings: int = 0, pairs: int = 20) -> str:
    made = create_programme(house.house, {"name": "Leaders <2026>"})
    if meetings:
        lines = [",".join(COLUMNS)]
        for row in history("effects", pairs=pairs, meetings=meetings, seed=2):
            at = "" if row.outcome_at is None else rfc3339(row.outcome_at)
            ids, times = f"{row.pair_id},{row.mentor_id},", f"{rfc3339(row.booked_at)},{rfc3339(row.first_start)}"
            lines.append(f"{ids},{times},60,{row.zone},{row.outcome or ''},{at}")
        import_history(house.house, made, "\n".join(lines).encode())
    return made


def test_it_shows_claims_diagram_and_figures_and_names_nobody(house: TestHouse, client: TestClient) -> None:
    url, _ = make_programme_link(house.house, programme(house, meetings=12))
    shown = client.get(url)
    assert shown.status_code == 200
    assert "What may be said" in shown.text
    assert "meetings of 20 pairs were judged" in shown.text
    assert "<svg" in shown.text
    assert "<circle" in shown.text
    assert "Leaders &lt;2026&gt;" in shown.text
    assert "mentor-" not in shown.text
    assert "past_" not in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert client.head(url).status_code == 200


def test_without_history_it_says_so(house: TestHouse, client: TestClient) -> None:
    shown = client.get(make_programme_link(house.house, programme(house))[0])
    assert "too few to say anything" in shown.text
    assert "<svg" not in shown.text.partition("<main")[2]


def test_of_a_few_meetings_no_figures_are_shown(house: TestHouse, client: TestClient) -> None:
    shown = client.get(make_programme_link(house.house, programme(house, meetings=12, pairs=8))[0]).text.partition(
        "<main"
    )[2]
    assert "meetings of 8 pairs can be judged. That is too few" in shown
    assert "Figures stand here once" in shown
    assert "<table" not in shown
    assert "<svg" not in shown


def test_only_a_live_link_of_this_programme_opens_it(house: TestHouse, client: TestClient) -> None:
    mine = programme(house)
    url, _ = make_programme_link(house.house, mine)
    assert client.get(url.replace("/programmes/", "/programmes/x")).status_code == 403
    person = make_link(house.house, house.person())[0].rpartition("/")[2]
    assert client.get(f"/programmes/{person}/backtest").status_code == 403
    house.clock.advance(LIFETIME)
    assert client.get(url).status_code == 410
    fresh, _ = make_programme_link(house.house, mine)
    assert client.get(fresh).status_code == 200
    revoke_programme_links(house.house, mine)
    assert client.get(fresh).status_code == 403
