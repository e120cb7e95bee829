"""How one's weeks fill up, on one's own page: what is told, what is not yet, and that one may say no."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.store import churn, people
from tests.free_time import look_at, looked_daily, weeks_of_late_tuesdays
from tests.web.web_hand import Web, web


@pytest.fixture
def at(tmp_path: Path) -> Web:
    return web(tmp_path)


def test_hours_that_fill_up_are_told_to_their_owner_alone(at: Web) -> None:
    ada, emil = at.at.person("Ada"), at.at.person("Emil")
    at.at.pair(ada, emil)
    weeks_of_late_tuesdays(at.at, ada)
    page = at.me(ada)
    assert "Your Tuesdays 15–16 h fill up from the day before on." in page.text
    assert "such hours were still free before that, and taken when they came" in page.text
    assert "Tuesdays 15" not in at.me(emil).text


def test_before_that_it_says_how_many_weeks_are_needed(at: Web) -> None:
    ada = at.at.person("Ada")
    at.at.local(ada)
    assert "0 of 4 weeks are seen; 4 more are needed" in at.me(ada).text
    looked_daily(at.at, 23)
    assert "3 of 4 weeks are seen; 1 more is needed" in at.me(ada).text
    looked_daily(at.at, 12, first=23)
    assert "Hardly anything stands in your calendars" in at.me(ada).text


def test_one_may_say_no_and_yes_again(at: Web) -> None:
    ada = at.at.person("Ada")
    at.at.local(ada)
    look_at(at.at, 0)
    look_at(at.at, 1)
    done = at.press(at.me(ada).form("/churn"), wanted="no")
    assert "What was learned of your free hours is gone." in done.text
    assert "nothing of that kind is kept" in done.text
    with at.house.reading() as session:
        assert churn.get(session, ada) is None
        assert not people.get(session, ada).churn
    again = at.press(at.me(ada).form("/churn"), wanted="yes")
    assert "From now on your free hours are looked at" in again.text
    with at.house.reading() as session:
        assert churn.get(session, ada) is not None
