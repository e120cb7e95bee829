"""A pair's rules: what Holdfast may do for the two by itself, and what it does when nobody answers.

What they did not choose has its default; ``late_hours`` stands in a column of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.domain.errors import BadInput
from service.domain.ledger import Seat
from service.store import loops, pairs
from service.store.tables import Pair

LONGEST_LATE = 336


class Unanswered(StrEnum):
    """What follows when an offer runs out unanswered."""

    OFFER_AGAIN = "offer_again"  # after a few days, to the other seat
    AUTO_CONFIRM = "auto_confirm"  # the steadiest time is booked, where both have agreed to it
    OFFER_PAUSE = "offer_pause"  # each is asked, privately, whether to rest


@dataclass(frozen=True, slots=True)
class Rules:
    """``auto_propose``: the next meeting is proposed in time. ``late_hours``: with less notice than this a move is late.
    ``fallback``: a second time is held with each booking. ``care``: a booked time that turns risky is offered a better one."""

    auto_propose: bool = True
    when_unanswered: Unanswered = Unanswered.OFFER_AGAIN
    late_hours: int = 24
    fallback: bool = True
    care: bool = True


NAMES = tuple(field.name for field in fields(Rules))


def rules_of(pair: Pair) -> Rules:
    """The rules in force. What is stored of another release is left out."""
    chosen = {name: value for name, value in pair.rules.items() if name in NAMES}
    if "when_unanswered" in chosen:
        chosen["when_unanswered"] = Unanswered(chosen["when_unanswered"])
    return Rules(**{**chosen, "late_hours": pair.late_hours})


def rules_words(pair: Pair) -> dict[str, Any]:
    """As the API shows them, every default filled in."""
    return asdict(rules_of(pair))


def set_rules(pair: Pair, given: Mapping[str, Any]) -> None:
    """Changes what is named, inside the caller's transaction. Raises ``BadInput``."""
    rules = dict(pair.rules)
    for name, value in given.items():
        if name == "late_hours":
            if not isinstance(value, int) or not 0 <= value <= LONGEST_LATE:
                raise BadInput.of("rules.late_hours", f"must be from 0 to {LONGEST_LATE}")
            pair.late_hours = value
        elif name == "when_unanswered":
            if value not in {rule.value for rule in Unanswered}:
                raise BadInput.of("rules.when_unanswered", "must be one of " + ", ".join(Unanswered))
            rules[name] = str(value)
        elif name in NAMES:
            if not isinstance(value, bool):
                raise BadInput.of(f"rules.{name}", "must be true or false")
            rules[name] = value
        else:
            raise BadInput.of(f"rules.{name}", "is not known")
    pair.rules = rules


def consent(house: House, pair_id: str, *, by: Seat, auto_confirm: bool, once: Once | None = None) -> None:
    """One seat's own word on whether Holdfast may book by itself when an offer runs out. It counts once both agree, and
    either takes it back at any time."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        row = loops.get(session, pair_id)
        if by is Seat.MENTOR:
            row.mentor_auto_confirm = auto_confirm
        else:
            row.mentee_auto_confirm = auto_confirm
        pair.version += 1
