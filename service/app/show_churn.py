"""A person's churn in words: to its owner which hours fill up, and all that is held where all is asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from service.domain.churn import LEADS, WEEKS_NEEDED, Finding, Looks, Shares, findings
from service.domain.week import WEEKDAYS
from service.store import churn
from service.store.tables import ChurnRow, Person

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_LATE = {
    0: "on the day itself",
    1: "from the day before on",
    2: "in the last two days",
    3: "in the last three days",
    7: "in the last week",
    14: "in the last two weeks",
    28: "in the last four weeks",
}
_SIGHTS = (*(str(lead) for lead in LEADS), "over")


@dataclass(frozen=True, slots=True)
class OwnChurn:
    """What a person is told: ``weeks`` seen so far, how many ``more`` are needed before anything is said, whether their
    calendars are ``in_use`` at all, and what is sure."""

    wanted: bool
    weeks: int
    more: int
    in_use: bool
    found: tuple[Finding, ...]


def told_of(shares: Shares) -> dict[str, Any]:
    """What may be told of a person's shares, as it is kept beside their looks: a page need not work it out again."""
    return {
        "weeks": shares.weeks,
        "in_use": shares.in_use,
        "found": [asdict(one) for one in findings(shares)],
    }


def own_churn(session: Session, person: Person) -> OwnChurn:
    """For the owner alone, as of the last look."""
    row = churn.get(session, person.id)
    if row is None or row.told is None:
        return OwnChurn(person.churn, 0, WEEKS_NEEDED, True, ())
    weeks = int(row.told["weeks"])
    found = tuple(Finding(**one) for one in row.told["found"])
    return OwnChurn(person.churn, weeks, max(WEEKS_NEEDED - weeks, 0), bool(row.told["in_use"]), found)


def sentence(found: Finding) -> str:
    """``Your Tuesdays 15–17 h fill up in the last two days.``"""
    return f"Your {_DAYS[found.weekday]} {found.start}–{found.end} h fill up {_LATE[found.lead_days]}."


def evidence(found: Finding) -> str:
    """What the sentence rests on, in plain counts."""
    hours = "hours" if found.free != 1 else "hour"
    return f"{found.taken} of {found.free} such {hours} were still free before that, and taken when they came."


def churn_words(own: OwnChurn) -> dict[str, Any]:
    """The answer of ``GET /v1/people/{id}/churn``."""
    return {
        "wanted": own.wanted,
        "weeks": own.weeks,
        "weeks_needed": WEEKS_NEEDED,
        "basis": "learned" if own.wanted and own.in_use and not own.more else "prior",
        "items": [_item(one) for one in own.found],
    }


def _item(one: Finding) -> dict[str, Any]:
    return {
        "weekday": WEEKDAYS[one.weekday],
        "start": f"{one.start:02d}:00",
        "end": f"{one.end:02d}:00",
        "within_days": one.lead_days,
        "share": round(one.share, 4),
        "usual": round(one.usual, 4),
        "hours": one.free,
        "taken": one.taken,
        "text": sentence(one),
    }


def held_words(session: Session, person: Person) -> dict[str, Any]:
    """All that is held: what is told, and for each day what was seen of its 24 hours, at each lead and when it was over;
    ``-`` free, ``x`` taken, ``?`` not known."""
    own = own_churn(session, person)
    looks = _looks(churn.get(session, person.id))
    days = []
    for at, day in enumerate(looks.days.tolist()):
        seen = {}
        for sight, name in enumerate(_SIGHTS):
            known, taken = looks.known[at, sight], looks.taken[at, sight]
            if known.any():
                seen[name] = "".join("x" if t else "-" if k else "?" for k, t in zip(known, taken, strict=True))
        days.append({"date": (date(1970, 1, 1) + timedelta(days=day)).isoformat(), "seen": seen})
    return {"wanted": person.churn, "weeks": own.weeks, "items": [_item(one) for one in own.found], "days": days}


def _looks(row: ChurnRow | None) -> Looks:
    return Looks.unpack(row.looks if row else b"")
