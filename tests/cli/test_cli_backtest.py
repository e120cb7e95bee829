"""`holdfast backtest`: forecasts of a file's every row, figures, plain words; bad input in one line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from cli_hand import Hand, written

from benchmarks.worlds import history
from service.app.import_history import import_history
from service.app.keep_programme import create_programme
from service.domain.history_file import COLUMNS
from service.domain.stability import MeetingRow
from service.domain.timespan import rfc3339
from tests.house import make_house


def text(rows: list[MeetingRow]) -> str:
    lines = [",".join(COLUMNS)]
    for row in rows:
        at = "" if row.outcome_at is None else rfc3339(row.outcome_at)
        ids = [row.pair_id, row.mentor_id, row.mentee_id or ""]
        times = [rfc3339(row.booked_at), rfc3339(row.first_start)]
        lines.append(",".join([*ids, *times, str(row.minutes), str(row.zone), row.outcome or "", at]))
    return "\n".join([*lines, ""])


@pytest.fixture(scope="module")
def rows() -> list[MeetingRow]:
    return history("effects", pairs=25, meetings=16, seed=2)


@pytest.fixture
def file(tmp_path: Path, rows: list[MeetingRow]) -> Path:
    return written(tmp_path, "history.csv", text(rows))


def predictions(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as lines:
        return list(csv.DictReader(lines))


def test_it_says_what_may_be_claimed_and_shows_the_figures(holdfast: Hand, file: Path) -> None:
    ran = holdfast("backtest", "--history", file)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("What may be said\n- ")
    for words in (
        "log loss",
        "base rate",
        "lead alone",
        "Within a pair, at equal lead",
        "Reliability",
        "rows are not judged",
    ):
        assert words in ran.out


def test_every_row_is_forecast_in_order_also_the_censored(
    holdfast: Hand, file: Path, tmp_path: Path, rows: list[MeetingRow]
) -> None:
    out = tmp_path / "out.csv"
    ran = holdfast("backtest", "--history", file, "--predictions", out)
    assert f"Forecasts of all {len(rows)} rows are in {out}." in ran.out
    found = predictions(out)
    assert any(row.outcome is None for row in rows)
    assert list(found[0]) == ["row", "hold_probability", "baseline_probability", "lead_only_probability"]
    assert [int(line["row"]) for line in found] == [*range(1, len(rows) + 1)]
    assert all(0 < float(value) < 1 for line in found for name, value in line.items() if name != "row")


def test_json_is_alone_on_stdout(holdfast: Hand, file: Path, tmp_path: Path) -> None:
    ran = holdfast("backtest", "--history", file, "--predictions", tmp_path / "out.csv", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json["models"]) == {"holdfast", "base_rate", "lead_only"}
    assert ran.json["claims"]


def test_a_later_row_alters_no_earlier_line(holdfast: Hand, tmp_path: Path, rows: list[MeetingRow]) -> None:
    lines = text(rows).splitlines()
    cut = len(lines) - 60
    when = rows[cut - 1].booked_at
    changed = [*lines[:cut], *(line.replace("pair-", "other-").replace("held", "missed") for line in lines[cut:]), ""]
    outs = []
    for name, content in (
        ("a", "\n".join([*lines, ""])),
        ("b", "\n".join(changed)),
        ("c", "\n".join([*lines[:cut], ""])),
    ):
        out = tmp_path / f"{name}.out"
        assert (
            holdfast("backtest", "--history", written(tmp_path, f"{name}.csv", content), "--predictions", out).code == 0
        )
        outs.append(out.read_text("ascii").splitlines())
    first = 1 + sum(row.booked_at < when for row in rows[: cut - 1])
    assert outs[0][:first] == outs[1][:first] == outs[2][:first]
    assert outs[0][cut:] != outs[1][cut:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (",".join(COLUMNS).encode() + b"\n", ["only a header"]),
        (b"a,b\n1,2\n", ["lacks 'pair_id'"]),
        (
            (",".join(COLUMNS) + "\np,m,,2026-01-01T00:00:00,2026-01-02T00:00:00Z,60,UTC,,\n").encode(),
            ["row 1: booked_at"],
        ),
    ],
)
def test_a_bad_file_is_refused_in_one_line(holdfast: Hand, tmp_path: Path, content: bytes, words: list[str]) -> None:
    holdfast("backtest", "--history", written(tmp_path, "h.csv", content), "--json").refused("h.csv", *words)


def test_so_are_places_that_are_no_files(holdfast: Hand, file: Path, tmp_path: Path) -> None:
    holdfast("backtest", "--history", tmp_path / "none.csv").refused("There is no file")
    holdfast("backtest", "--history", tmp_path).refused("is a folder")
    holdfast("backtest", "--history", file, "--predictions", tmp_path).refused("is a folder")
    holdfast("backtest", "--history", file, "--predictions", tmp_path / "no" / "x.csv").refused(
        "its folder does not exist"
    )


def test_an_empty_database_says_what_to_do(holdfast: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/holdfast.sqlite")
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "a key for tests, long enough to be one")
    holdfast("backtest").refused("There is no database", "--history FILE.csv")
    assert list(tmp_path.glob("*.sqlite*")) == [], "to judge is to look: none is made"
    make_house(tmp_path).house.engine.dispose()
    holdfast("backtest").refused("has recorded no meeting yet", "--history FILE.csv")


def test_without_a_file_it_judges_what_the_database_has(
    holdfast: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[MeetingRow]
) -> None:
    house = make_house(tmp_path)
    programme = create_programme(house.house, {"name": "p"})
    import_history(house.house, programme, text(rows).encode())
    house.house.engine.dispose()
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/holdfast.sqlite")
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "a key for tests, long enough to be one")
    ran = holdfast("backtest", "--json")
    assert ran.code == 0, ran.err
    from_file = holdfast("backtest", "--json", "--history", written(tmp_path, "h.csv", text(rows)))
    assert ran.json["rows"] == len(rows)
    assert ran.json["models"] == from_file.json["models"]


def test_few_rows_claim_nothing(holdfast: Hand, tmp_path: Path, rows: list[MeetingRow]) -> None:
    ran = holdfast("backtest", "--history", written(tmp_path, "few.csv", text(rows[:30])))
    assert "too few to say anything" in " ".join(ran.out.split())
