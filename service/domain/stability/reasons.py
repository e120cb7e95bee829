"""Why a slot scored as it did, in a few plain words: facts that the model used, and nothing else.

A reason stands for one term, or for one fact of both people's calendars, or for one piece of evidence that
several frailties rest on. Its words name the fact, never what to think of it or of anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.domain.stability import wording
from service.domain.stability.features import FEATURES
from service.domain.stability.scores import SEAT_NAMES, TERM_NAMES, Scores
from service.domain.windows import WINDOW_KINDS

MOST_REASONS = 4
TOO_SMALL = 0.005  # an effect below this changes no probability by a fifth of a point

_AT = {name: column for column, name in enumerate(TERM_NAMES)}
_LEAD, _WINDOW, _WEEKDAY = _AT["lead"], _AT["window"], _AT["weekday"]
_PAIR, _PAIR_WINDOW = _AT["history:pair"], _AT["history:pair_window"]
_PEOPLE = tuple(_AT[f"history:{seat}"] for seat in SEAT_NAMES)
_EVERYONE = (*_PEOPLE, _PAIR)
# Feature, its columns, and for each seat: the reason's code, its column, and whose calendar it is.
_AROUND = tuple(
    (
        feature,
        tuple(_AT[f"{feature.name}:{seat}"] for seat in SEAT_NAMES),
        tuple((f"{feature.name}_{seat}", (_AT[f"{feature.name}:{seat}"],), f"for the {seat}") for seat in SEAT_NAMES),
    )
    for feature in FEATURES
)


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is stable, ``text`` is for people, ``effect`` is the change in log-hazard against a neutral
    slot (see ``Scores.contributions``): below 0 it helps the meeting to hold, above 0 it makes a move
    likelier."""

    code: str
    text: str
    effect: float


# ``(how small, code, effect, columns, text, what the text takes)``: sorted by the first two. ``columns`` are those of
# ``Scores.contributions`` that it stands for. Plain tuples: five slots have dozens, and a few of them are told.
_Draft = tuple[float, str, float, tuple[int, ...], Callable[..., str], tuple[Any, ...]]


def reasons(scores: Scores, index: int) -> list[Reason]:
    """The ``MOST_REASONS`` strongest reasons for candidate ``index``, or fewer: a term without effect gives
    none.

    Those that tell the candidates apart come first, then what is the same for all of them; the stronger
    effect first in each. Raises ``IndexError`` for a candidate that is not there."""
    varies = scores.varies
    telling: list[Reason] = []
    same: list[Reason] = []
    for _, code, effect, columns, text, facts in sorted(_drafts(scores, index))[:MOST_REASONS]:
        kept = telling if any(map(varies.__getitem__, columns)) else same
        kept.append(Reason(code, text(*facts), effect))
    return telling + same


def _drafts(scores: Scores, index: int) -> list[_Draft]:
    """Those that are not ``TOO_SMALL``."""
    effects: list[float] = scores.contributions[index].tolist()
    at = scores.inputs
    found: list[_Draft] = []

    def add(code: str, effect: float, columns: tuple[int, ...], text: Callable[..., str], *facts: Any) -> None:
        if effect >= TOO_SMALL or effect <= -TOO_SMALL:
            found.append((-abs(effect), code, effect, columns, text, facts))

    add("lead", effects[_LEAD], (_LEAD,), wording.ahead, int(at.lead[index]))
    code = int(at.kind[index])
    kind, effect = WINDOW_KINDS[code], effects[_WINDOW]
    add("window", effect, (_WINDOW,), wording.window, kind, effect, at.terms.shows(f"window:{kind.value}"))
    add("weekday", effects[_WEEKDAY], (_WEEKDAY,), wording.weekday, tuple(at.weekdays[:, index].tolist()))
    # One for each fact where both calendars show the same, else one for each person; one for both, and without saying
    # whose, where a fact is shared.
    for (feature, columns, seats), values in zip(_AROUND, at.values[:, :, index].tolist(), strict=True):
        effect = effects[columns[0]] + effects[columns[1]]
        if feature.shared:
            add(feature.name, effect, columns, wording.shared, feature.name, effect)
        elif values[0] == values[1]:
            whose = "for both" if values[0] else "for either"
            add(feature.name, effect, columns, wording.fact, feature, int(values[0]), whose)
        else:
            for (name, column, whose), value in zip(seats, values, strict=True):
                add(name, effects[column[0]], column, wording.fact, feature, int(value), whose)
    # What the pair's own meetings say, and what the two people's meetings with others add to it.
    memory = at.memory
    people = effects[_PEOPLE[0]] + effects[_PEOPLE[1]]
    if memory.mentor.known == memory.mentee.known == memory.pair.known:
        # Neither has met others: it is one piece of evidence, told once.
        add("pair_history", effects[_PAIR] + people, _EVERYONE, wording.held, memory.pair, "earlier meetings")
    else:
        add("pair_history", effects[_PAIR], (_PAIR,), wording.held, memory.pair, "earlier meetings")
        add("people_history", people, _PEOPLE, wording.people, people)
    add(
        "window_history", effects[_PAIR_WINDOW], (_PAIR_WINDOW,),
        wording.held, memory.windows[code], wording.WINDOWS[kind],
    )  # fmt: skip
    return found
