"""Slots as a table that a person likes to read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from service.domain.timespan import DAY, MINUTE, local

if TYPE_CHECKING:
    from service.app.rank_slots import Search

WIDE = 130  # columns from which on the reasons stand in the table itself
_MEANING = (
    "Holds: the chance that a meeting booked there takes place at that time, neither moved nor cancelled, with its "
    "80 % interval. It rests on these two calendars and on what is assumed of everybody: no history of the two is known."
)


def show(words: dict[str, Any], *, zones: list[str], search: Search, console: Console | None = None) -> None:
    """Prints the answer (as the API words it) on stdout."""
    console = console or Console(highlight=False, markup=False)
    days = (search.until - search.not_before) // DAY
    minutes = search.duration // MINUTE
    if not words["slots"]:
        console.print(words["declined_because"]["text"], soft_wrap=True)
        console.print(f"You asked for {minutes} minutes within {days} days: see --minutes and --days.", soft_wrap=True)
        return
    first, last = local(search.not_before, zones[0]), local(search.until, zones[0])
    console.print(Text(f"{minutes} minutes for both, {_date(first)} to {_date(last)} {last.year}", style="bold"))
    wide = console.width >= WIDE
    console.print(_table(words["slots"], zones, wide=wide))
    if not wide:
        for rank, slot in enumerate(words["slots"], 1):
            console.print(Padding(Text(f"{rank}  {_why(slot)}"), (0, 0, 0, 2)))
        console.print()
    console.print(Text(_MEANING, style="dim"))


def _table(slots: list[dict[str, Any]], zones: list[str], *, wide: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("#", justify="right", style="bold")
    heads = ["Both"] if zones[0] == zones[1] else ["Mentor", "Mentee"]
    for head, zone in zip(heads, zones, strict=False):
        table.add_column(f"{head}\n{zone}", no_wrap=True)
    for head in ("Kind", "Holds"):
        table.add_column(head, no_wrap=True)
    if wide:
        table.add_column("Why")
    for rank, slot in enumerate(slots, 1):
        clocks = [_clock(slot, zone) for zone in zones[: len(heads)]]
        why = [_why(slot)] if wide else []
        table.add_row(str(rank), *clocks, slot["kind"], _chance(slot), *why)
    return table


def _clock(slot: dict[str, Any], zone: str) -> str:
    """``Wed 2 Sep 15:00-16:00`` on the clock of ``zone``."""
    begin, end = (datetime.fromisoformat(slot[edge]).astimezone(ZoneInfo(zone)) for edge in ("start", "end"))
    return f"{_date(begin)} {begin:%H:%M}-{end:%H:%M}"


def _date(day: datetime) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _chance(slot: dict[str, Any]) -> str:
    low, high = slot["interval"]
    return f"{slot['hold_probability']:.0%} ({low * 100:.0f}-{high:.0%})"


def _why(slot: dict[str, Any]) -> str:
    return "; ".join(reason["text"] for reason in slot["reasons"])
