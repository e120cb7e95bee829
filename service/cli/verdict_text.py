"""A back-test as a person likes to read it: first what may be said, then the figures."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from service.domain.judging import Verdict
from service.domain.judging.diagram import as_text
from service.domain.judging.measures import WithinPair
from service.domain.judging.verdict import ByPast

_NAMES = {"holdfast": "Holdfast", "base_rate": "base rate", "lead_only": "lead alone"}
_WIDTH = 100


def verdict_text(verdict: Verdict) -> str:
    """The whole page."""
    return "\n".join(_lines(verdict))


def _lines(v: Verdict) -> Iterator[str]:
    yield "What may be said"
    for claim in v.claims:
        yield textwrap.fill(claim, _WIDTH, initial_indent="- ", subsequent_indent="  ")
    left = v.rows - v.judged
    if left:
        yield ""
        yield textwrap.fill(
            f"{left} of {v.rows} rows are not judged: {v.unknown} without a known outcome, {v.placeholders} placeholders "
            "(midnight or a whole day: nobody meant that time), others entered after they began or still to come.",
            _WIDTH,
        )
    if not v.figures:
        return
    yield ""
    yield f"{'':<12}{'log loss':>10}{'Brier':>10}{'off by':>10}{'AUC':>8}"
    for name, one in v.figures.items():
        auc = "-" if one.auc is None else f"{one.auc:.3f}"
        yield f"{_NAMES[name]:<12}{one.log_loss:>10.4f}{one.brier:>10.4f}{one.ece * 100:>8.1f} %{auc:>8}"
    yield ""
    yield "Within a pair, at equal lead (chance is .500)"
    yield f"  by what tells the slots of a list apart   {_within(v.within)}"
    yield f"  by the whole forecast                     {_within(v.within_whole)}"
    yield ""
    yield "AUC by how many earlier meetings of the pair were known"
    for part in v.by_past:
        if part.meetings:
            auc = "-" if part.auc is None else f"{part.auc:.3f}"
            yield f"  {_range(part):<12}{part.meetings:>8} meetings   {auc}"
    yield ""
    yield "Reliability ( | forecast, o held, * both )"
    yield from (f"  {line}" for line in as_text(v.reliability))


def _range(part: ByPast) -> str:
    if part.last is None:
        return f"{part.first} or more"
    return str(part.first) if part.first == part.last else f"{part.first} to {part.last}"


def _within(within: WithinPair) -> str:
    if within.auc is None:
        return "nothing to compare"
    auc = within.auc
    return (
        f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f}), {within.comparisons} comparisons in {within.pairs} pairs"
    )
