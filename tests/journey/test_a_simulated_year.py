"""A small town lives some months with Holdfast and without: what is promised to everybody holds for everybody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlmodel import col, update

from benchmarks.year.__main__ import run
from benchmarks.year.cast import MARK, make_cast
from benchmarks.year.figures import table
from benchmarks.year.life import live
from benchmarks.year.with_care import Town
from service.domain.ledger import EntryType
from service.domain.timespan import DAY
from service.store import pairs
from service.store.tables import Meeting

pytestmark = pytest.mark.timeout(600)


@pytest.mark.slow
def test_twenty_pairs_for_three_months(tmp_path: Path) -> None:
    town, found = run(20, 90, 7, tmp_path, check_links=4)
    assert town.watch.findings == []
    assert not town.watch.faults
    ours, theirs = found["with"], found["without"]
    assert ours["held_per_pair"] > theirs["held_per_pair"]
    assert ours["effort"]["mentees_share"] < theirs["effort"]["mentees_share"]
    assert ours["mails_that_ask_most_in_a_week"] <= 5
    assert ours["booked"] > 40
    # The town was a lively one: what is promised was put to the test.
    for happened in ("moved", "called_off", "offers_run_out", "nudges", "outcomes_reported"):
        assert ours[happened] > 0, happened
    assert town.counts["collisions"] > 0
    assert town.counts["links looked at"] > 200
    assert json.loads(json.dumps(found)) == found
    assert "with Holdfast" in table(found)


def _town(tmp_path: Path) -> Town:
    """A few people who have met a little."""
    cast = make_cast(3, 4, 25)
    town = Town(cast, {soul.key: live(soul, 3, 25) for soul in cast.souls}, 3, 25, tmp_path)
    town.run()
    assert town.watch.findings == []
    assert town.watch.types["meeting.booked"] > 0
    return town


@pytest.mark.slow
def test_the_watch_sees_what_should_not_be(tmp_path: Path) -> None:
    """A watch that never finds anything would prove nothing."""
    town = _town(tmp_path)
    watch, house = town.watch, town.house
    pair_id = next(id_ for id_, kept in watch.pairs.items() if kept.state.meetings)
    meeting_id = next(iter(watch.pairs[pair_id].state.meetings))

    def found() -> str:
        text, watch.findings[:] = " ".join(watch.findings), []
        return text

    with house.writing() as session:
        session.exec(update(Meeting).where(col(Meeting.id) == meeting_id).values(start=Meeting.start + 60))
    watch.recount()
    assert meeting_id in found()

    with house.writing() as session:
        data = {"meeting_id": meeting_id, "said": f"Ada {MARK}"}
        pairs.write(session, pair_id, "led_x", house.now(), EntryType.INVITATION_SENT, data)
    watch.look()
    assert "private" in found()

    town.at.posts.posts.append(town.at.posts.posts[0])
    watch.webhooks()
    assert "went out 2 times" in found()

    town.at.jobs.push("no_such_job", (), "x", 0, 0)
    stop = watch.listen()
    for _ in range(12):
        town.at.clock.at += DAY
        town.at.run()
    stop()
    assert "job_given_up" in found()
