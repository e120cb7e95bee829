"""What is counted of both worlds. Plain numbers; ``table`` sets them side by side in Markdown for ``docs/year.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import mean, median
from typing import Any

from benchmarks.year.cast import Cast, Couple
from benchmarks.year.life import beginning
from benchmarks.year.with_care import Town
from benchmarks.year.without_care import Outcome
from service.domain.timespan import DAY


def wanted(couple: Couple, days: int) -> float:
    """How many meetings the cadence would have them hold, pauses and ends taken off."""
    last = min(days, couple.ends_on[0]) if couple.ends_on else days
    resting = sum(min(lasts or 60, max(0, last - day)) for day, lasts, _ in couple.pauses)
    return max(0.0, (last - couple.starts_on - resting) / couple.cadence_days)


def figures(town: Town, outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """Everything, as JSON."""
    cast, days = town.cast, town.days
    ids = {couple.key: pair_id for pair_id, couple in town.pair_of.items()}
    due = [wanted(couple, days) for couple in cast.couples]
    with_held = [town.held_at[ids[c.key]] if c.key in ids else [] for c in cast.couples]
    without_held = [outcome.held_at for outcome in outcomes]
    lasting = [c.ends_on is None or c.ends_on[0] >= days for c in cast.couples]
    return {
        "pairs": len(cast.couples),
        "people": len(cast.souls),
        "days": days,
        "seed": town.seed,
        "seconds": round(seconds, 1),
        "findings": len(town.watch.findings),
        "wanted_per_pair": round(mean(due), 2),
        "with": {**_held(with_held, due, lasting, days), **_with(town)},
        "without": {**_held(without_held, due, lasting, days), **_without(cast, outcomes)},
        "what_people_did": dict(sorted(town.counts.items())),
        "ledger": dict(sorted(town.watch.types.items())),
    }


def _held(held: Sequence[Sequence[int]], due: Sequence[float], lasting: Sequence[bool], days: int) -> dict[str, Any]:
    """``still_meeting``: of the pairs that nobody wished to end, those that met in the last quarter of the time."""
    late = beginning() + days * DAY * 3 // 4
    still = [any(at >= late for at in ats) for ats, stays in zip(held, lasting, strict=True) if stays]
    return {
        "held": sum(map(len, held)),
        "held_per_pair": round(mean(map(len, held)), 2),
        "held_per_pair_median": median(map(len, held)),
        "held_of_wanted": round(sum(map(len, held)) / max(sum(due), 1), 3),
        "pairs_that_never_met": sum(not ats for ats in held),
        "still_meeting": round(mean(still), 3) if still else None,
    }


def _with(town: Town) -> dict[str, Any]:
    types, watch = town.watch.types, town.watch
    weeks = town.days / 7
    asks = [len(watch.mailed[soul.key]) / weeks for soul in town.cast.souls]
    moved = types["meeting.moved"]
    return {
        "booked": types["meeting.booked"],
        "moved": moved,
        "called_off": types["meeting.cancelled"],
        "moved_late": watch.tally["late moves"],
        "moved_to_the_fallback": watch.tally["moved to the fallback"],
        "offers": types["proposal.created"],
        "offers_by_purpose": {k.removeprefix("offer:"): n for k, n in sorted(watch.tally.items()) if k[:6] == "offer:"},
        "offers_accepted": types["proposal.accepted"],
        "offers_run_out": types["proposal.expired"],
        "booked_as_agreed_before": watch.tally["booked by nobody"],
        "nudges": types["proposal.nudged"],
        "outcomes_reported": types["outcome.reported"],
        "known_as_held": types["meeting.held"],
        "mails_that_ask_per_person_and_week": round(mean(asks), 3),
        "mails_that_ask_most_in_a_week": watch.most_in_a_week(),
        "mails_with_news_per_person_and_week": round(
            town.counts["mails with news"] / weeks / max(len(town.cast.souls), 1), 3
        ),
        "effort": _effort(watch.efforts()),
        "rests": types["pair.paused"],
        "ends": types["pair.ended"],
        "slid": watch.told["pair.slipping"],
    }


def _without(cast: Cast, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    waits = sorted(wait for outcome in outcomes for wait in outcome.waits)
    return {
        "booked": sum(o.booked for o in outcomes),
        "moved": sum(o.moved for o in outcomes),
        "called_off": sum(o.called_off for o in outcomes),
        "given_up": sum(o.given_up for o in outcomes),
        "days_from_asking_to_booking_median": median(waits) if waits else None,
        "days_from_asking_to_booking_ninth_tenth": waits[len(waits) * 9 // 10] if waits else None,
        "effort": _effort([(o.asked["mentor"], o.asked["mentee"]) for o in outcomes]),
    }


def _effort(acts: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """``mentees_share``: of all that was done for a pair (booking, answering, reporting; without Holdfast: mails written)."""
    mentor, mentee = sum(a for a, _ in acts), sum(b for _, b in acts)
    shares = Counter("even" if 1 / 3 <= a / (a + b) <= 2 / 3 else "lopsided" for a, b in acts if a + b >= 4)
    known = sum(shares.values())
    return {
        "mentor": mentor,
        "mentee": mentee,
        "mentees_share": round(mentee / max(mentor + mentee, 1), 3),
        "pairs_with_an_even_share": round(shares["even"] / known, 3) if known else None,
    }


def table(found: dict[str, Any]) -> str:
    """Side by side."""
    a, b = found["with"], found["without"]
    rows = [
        (
            "meetings held, a pair (mean; median)",
            *(f"{x['held_per_pair']}; {x['held_per_pair_median']:g}" for x in (a, b)),
        ),
        ("… of those that the cadence asks for", *(f"{x['held_of_wanted']:.0%}" for x in (a, b))),
        ("pairs that never met", *(str(x["pairs_that_never_met"]) for x in (a, b))),
        (
            "pairs still meeting in the last quarter (of those that did not end)",
            *("–" if x["still_meeting"] is None else f"{x['still_meeting']:.0%}" for x in (a, b)),
        ),
        ("booked; moved; called off", *(f"{x['booked']}; {x['moved']}; {x['called_off']}" for x in (a, b))),
        ("the mentee's share of the effort", *(f"{x['effort']['mentees_share']:.0%}" for x in (a, b))),
        (
            "pairs in which neither does more than two thirds",
            *(
                "–"
                if x["effort"]["pairs_with_an_even_share"] is None
                else f"{x['effort']['pairs_with_an_even_share']:.0%}"
                for x in (a, b)
            ),
        ),
    ]
    lines = ["| | with Holdfast | without |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {name} | {x} | {y} |" for name, x, y in rows)])
