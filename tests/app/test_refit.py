"""The nightly refit: versions with what they were trained on, used only if no worse, and nothing done twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.worlds import EFFECTS, Truth, history
from service.app.alter_meeting import move_meeting
from service.app.keep_programme import create_programme
from service.app.recorded import recorded_meetings
from service.app.refit import LEAST_MEETINGS, refit, use_version
from service.app.report_outcome import report_outcome
from service.domain.errors import NotFound, NotNow
from service.domain.ledger import Seat
from service.domain.stability import PRIOR, Outcome, document
from service.domain.timespan import DAY
from service.jobs.rounds import daily
from service.store import meetings, model_versions, past_meetings
from service.store.tables import HistoryImport, ModelVersion
from tests.house import TestHouse, make_house


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


# A programme in which more is moved than the prior believes: there is something to learn.
RESTLESS = replace(EFFECTS, alpha=-0.8, gamma=0.15)


def remember(
    house: TestHouse, world: str | Truth = RESTLESS, *, pairs: int = 30, meetings: int = 25, seed: int = 3
) -> None:
    """A programme with a world's history, which lies before the house's present."""
    programme = create_programme(house.house, {"name": "p"})
    rows = history(world, pairs=pairs, meetings=meetings, seed=seed)
    figures = dict.fromkeys(("rows", "added", "replaced", "already_recorded", "placeholders", "people_matched"), 0)
    with house.house.writing() as session:
        import_id = house.house.new_id("imp")
        session.add(HistoryImport(id=import_id, programme_id=programme, pairs_matched=0, created_at=1, **figures))
        session.flush()
        kept = (
            "pair_id",
            "mentor_id",
            "mentee_id",
            "booked_at",
            "first_start",
            "minutes",
            "kind",
            "placeholder",
            "outcome",
        )
        past_meetings.add(
            session,
            [
                {
                    **{name: getattr(row, name) for name in kept},
                    "outcome_at": row.outcome_at,
                    "time_zone": row.zone,
                    "programme_id": programme,
                    "import_id": import_id,
                }
                for row in rows
            ],
        )


def versions(house: TestHouse) -> list[ModelVersion]:
    with house.house.reading() as session:
        return model_versions.listing(session, cursor=None, limit=50)[0]


def test_a_fit_becomes_a_version_that_is_used(house: TestHouse) -> None:
    remember(house)
    daily(house.house)
    house.run()
    (version,) = versions(house)
    rows = recorded_meetings(house.house)
    assert version.active
    assert version.rows == sum(row.outcome is not None for row in rows)
    assert version.rows_from == min(row.booked_at for row in rows if row.outcome is not None)
    assert version.metrics["challenge"]["passed"]
    assert house.house.terms.trained_on == version.rows
    assert house.house.terms.vector != pytest.approx(PRIOR.vector)
    assert (house.house.terms.uncertainty.diagonal() <= PRIOR.uncertainty.diagonal() + 1e-12).all()


def test_the_same_meetings_make_no_second_version(house: TestHouse) -> None:
    remember(house)
    assert refit(house.house) is not None
    assert refit(house.house) is None
    assert len(versions(house)) == 1
    remember(house, seed=4, pairs=5)
    assert refit(house.house) is not None


def test_with_few_meetings_the_prior_speaks(house: TestHouse) -> None:
    remember(house, pairs=9, meetings=10)
    assert 50 < len(recorded_meetings(house.house)) < LEAST_MEETINGS
    assert refit(house.house) is None
    assert house.house.terms is PRIOR


def test_a_fit_that_does_worse_is_kept_and_not_used(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(house)
    monkeypatch.setattr("service.domain.judging.challenge.NO_WORSE", -1.0)
    assert refit(house.house) is not None
    (version,) = versions(house)
    assert not version.active
    assert "so those stay in use" in version.verdict
    assert house.house.terms is PRIOR


def test_an_earlier_version_can_be_used_again_and_the_prior_too(house: TestHouse) -> None:
    remember(house)
    first = refit(house.house)
    remember(house, "none", seed=9)
    second = refit(house.house)
    assert {v.id for v in versions(house)} == {first, second}
    use_version(house.house, first)
    assert house.house.model.version_id == first
    assert [v.id for v in versions(house) if v.active] == [first]
    use_version(house.house, None)
    assert house.house.terms is PRIOR
    with pytest.raises(NotFound):
        use_version(house.house, "mdl_nothing")


def test_a_version_of_another_release_is_not_taken_into_use(house: TestHouse) -> None:
    facts = {"metrics": {}, "rows": 1, "rows_hash": "", "verdict": "", "created_at": 1}
    with house.house.writing() as session:
        session.add(ModelVersion(id="mdl_odd", terms={"neural": True}, **facts))
        session.add(ModelVersion(id="mdl_good", terms=document(PRIOR), **facts))
    use_version(house.house, "mdl_good")
    with pytest.raises(NotNow):
        use_version(house.house, "mdl_odd")
    assert house.house.model.version_id == "mdl_good"


def test_a_moved_meeting_is_learnt_from_at_the_time_first_booked(house: TestHouse) -> None:
    """Trap: the final time. Moved and then held, it did not hold where it was booked."""
    pair, *_ = house.ready_pair()
    meeting_id = house.booked(pair)
    with house.house.reading() as session:
        first = meetings.get(session, meeting_id).first_start
    house.clock.advance(3600)
    later = first + 2 * DAY
    move_meeting(house.house, meeting_id, start=later, by=Seat.MENTOR)
    house.clock.advance(later - house.clock.now() + DAY)
    report_outcome(house.house, meeting_id, by=Seat.MENTOR, happened=True)
    (row,) = recorded_meetings(house.house)
    assert (row.first_start, row.outcome) == (first, Outcome.MOVED)
    assert row.speaks_at == first
    assert row.facts is not None


def test_no_transaction_is_open_while_it_computes(house: TestHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(house)
    seen: list[int] = []
    from service.app import refit as module

    plain = module.roll

    def watched(rows: list[object]) -> object:
        seen.append(house.house.engine.pool.checkedout())  # type: ignore[attr-defined]
        return plain(rows)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "roll", watched)
    refit(house.house)
    assert seen == [0]
