"""`holdfast backtest`: how the hold model does on recorded history, rolling forward in time."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.domain.errors import BadInput, HoldfastError

if TYPE_CHECKING:
    from service.domain.judging.off_policy import Logged
    from service.domain.stability import MeetingRow

MOST_BYTES = 200_000_000


def backtest(
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="A history file. Unset: what the database has recorded.", show_default=False
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="OUT.csv", help="Write what was forecast of every row there.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
) -> None:
    """Judge the forecasts on recorded history.

    Each meeting is scored with only what was known when it was booked, and compared with how often meetings held so far
    (base rate) and with the lead alone. Says in plain words what may be claimed and what may not."""
    # Before numpy is loaded: its matrices are small here, and several threads for them only get into each other's way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from service.app.backtest import backtest as judged
    from service.app.backtest import predictions as lines

    rows, choices = _from_file(history) if history is not None else _from_database()
    if predictions is not None:
        _check_place(predictions)
    verdict, forecasts = judged(rows, choices, _progress(len(rows)))
    if predictions is not None:
        _write(predictions, "\n".join(lines(forecasts)) + "\n")
    if as_json:
        typer.echo(json.dumps(verdict.document(), indent=2, allow_nan=False))
        return
    from service.cli.verdict_text import verdict_text

    typer.echo(verdict_text(verdict))
    if predictions is not None:
        typer.echo(f"\nForecasts of all {len(rows)} rows are in {predictions}.")


def _from_file(path: Path) -> tuple[list[MeetingRow], list[Logged]]:
    from service.domain.errors import BadHistory
    from service.domain.history_file import parse_history

    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder: name the history file in it.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}: check the path.") from None
    except (OSError, ValueError) as problem:
        raise BadInput(f"{path} cannot be read ({getattr(problem, 'strerror', None) or problem}).") from None
    if len(content) > MOST_BYTES:
        raise BadInput(f"{path} holds more than {MOST_BYTES // 1_000_000} MB.")
    try:
        return parse_history(content), []
    except BadHistory as trouble:
        raise BadHistory(f"{path}: {trouble.detail}", trouble.faults, trouble.bad_rows) from None


def _from_database() -> tuple[list[MeetingRow], list[Logged]]:
    from service.app.recorded import logged_choices, recorded_meetings
    from service.cli.keys import opened_house
    from service.settings import load_settings

    path = load_settings().sqlite_path
    if path is not None and not path.exists():  # to judge is to look: no database is made for that
        raise BadInput(f"There is no database {path}: name a file with --history FILE.csv.")
    with opened_house() as house:
        rows, choices = recorded_meetings(house), logged_choices(house)
    if not rows:
        raise BadInput("The database has recorded no meeting yet: name a file with --history FILE.csv.")
    return rows, choices


def _check_place(path: Path) -> None:
    """Before minutes of work rather than after."""
    if path.is_dir() or not path.parent.is_dir():
        raise BadInput(
            f"{path} cannot be written: {'it is a folder' if path.is_dir() else 'its folder does not exist'}."
        )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="ascii")
    except OSError as problem:
        raise HoldfastError(f"{path} cannot be written ({problem.strerror}).") from None


def _progress(count: int) -> Callable[[int], None]:
    """A line on stderr that counts, only where somebody watches."""
    if not sys.stderr.isatty():
        return lambda done: None

    def tell(done: int) -> None:
        end = "\r" if done + 500 <= count else "\r\033[K"
        sys.stderr.write(f"\rholdfast: {done:,} of {count:,} meetings{end}")
        sys.stderr.flush()

    return tell
