"""Why a slot scored as it did, in a few plain words: facts that the model used, and nothing else.

A reason stands for one term, or for one fact of both people's calendars, or for one piece of evidence that
several frailties rest on. Its words name the fact, never what to think of it or of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from service.domain.stability import wording
from service.domain.stability.features import FEATURES
from service.domain.stability.scores import SEAT_NAMES, TERM_NAMES, Inputs, Plain, Scores
from service.domain.stability.terms import GlobalTerms
from service.domain.windows import WINDOW_KINDS, WindowKind

MOST_REASONS = 4
TOO_SMALL = 0.005  # an effect below this changes no probability by a fifth of a point

_AT = {name: column for column, name in enumerate(TERM_NAMES)}
_LEAD, _WINDOW, _WEEKDAY = _AT["lead"], _AT["window"], _AT["weekday"]
_PAIR, _PAIR_WINDOW = _AT["history:pair"], _AT["history:pair_window"]
_PEOPLE = tuple(_AT[f"history:{seat}"] for seat in SEAT_NAMES)
_EVERYONE = (*_PEOPLE, _PAIR)
# Feature, its first column (the second is the next one), and for each seat: the reason's code and whose calendar it is.
_AROUND = tuple(
    (
        feature,
        _AT[f"{feature.name}:{SEAT_NAMES[0]}"],
        tuple((f"{feature.name}_{seat}", f"for the {seat}") for seat in SEAT_NAMES),
    )
    for feature in FEATURES
)


class Reason(NamedTuple):
    """``code`` is stable, ``text`` is for people, ``effect`` is the change in log-hazard against a neutral
    slot (see ``Scores.contributions``): below 0 it helps the meeting to hold, above 0 it makes a move
    likelier."""

    code: str
    text: str
    effect: float


# ``(code, effect, columns, text, what the text takes)``. ``columns`` are those of ``Scores.contributions`` that it stands
# for. Plain tuples: five slots have dozens, and a few of them are told.
_Draft = tuple[str, float, tuple[int, ...], Callable[..., str], tuple[Any, ...]]


def reasons(scores: Scores, index: int) -> list[Reason]:
    """The ``MOST_REASONS`` strongest reasons for candidate ``index``, or fewer: a term without effect gives
    none.

    Those that tell the candidates apart come first, then what is the same for all of them; the stronger
    effect first in each. Raises ``IndexError`` for a candidate that is not there."""
    varies = scores.varies
    at = scores.plain[index]
    strong = sorted(
        [
            (-abs(draft[1]), draft[0], draft)
            for draft in (*_of_the_time(at, scores.inputs), *_of_the_calendars(at), *_of_the_history(at, scores.inputs))
            if draft[1] >= TOO_SMALL or draft[1] <= -TOO_SMALL
        ]
    )
    telling: list[Reason] = []
    same: list[Reason] = []
    for _, code, (_, effect, columns, text, facts) in strong[:MOST_REASONS]:
        kept = telling if any(map(varies.__getitem__, columns)) else same
        kept.append(Reason(code, text(*facts), effect))
    return telling + same


def _of_the_time(at: Plain, inputs: Inputs) -> tuple[_Draft, ...]:
    """How far ahead it is, its window, its weekday."""
    lead, window, weekday = at.effects[_LEAD], at.effects[_WINDOW], at.effects[_WEEKDAY]
    return (
        ("lead", lead, (_LEAD,), wording.ahead, (at.lead,)),
        ("window", window, (_WINDOW,), _window, (WINDOW_KINDS[at.kind], window, inputs.terms)),
        ("weekday", weekday, (_WEEKDAY,), wording.weekday, (tuple(at.weekdays),)),
    )


def _window(kind: WindowKind, effect: float, terms: GlobalTerms) -> str:
    return wording.window(kind, effect, terms.shows(f"window:{kind.value}"))


def _of_the_calendars(at: Plain) -> Iterator[_Draft]:
    """One for each fact where both calendars show the same, else one for each person; one for both, and without saying whose,
    where a fact is shared."""
    effects = at.effects
    for number, ((feature, column, seats), (mentor, mentee)) in enumerate(zip(_AROUND, at.values, strict=True)):
        first, second = effects[column], effects[column + 1]
        if not first and not second:
            continue  # as most are: nothing is out of the usual
        if feature.shared:
            effect = first + second
            yield feature.name, effect, (column, column + 1), wording.shared, (feature.name, effect)
        elif mentor == mentee:
            whose = "for both" if mentor else "for either"
            yield feature.name, first + second, (column, column + 1), wording.fact_of, (number, int(mentor), whose)
        else:
            (ours, for_mentor), (theirs, for_mentee) = seats
            yield ours, first, (column,), wording.fact_of, (number, int(mentor), for_mentor)
            yield theirs, second, (column + 1,), wording.fact_of, (number, int(mentee), for_mentee)


def _of_the_history(at: Plain, inputs: Inputs) -> Iterator[_Draft]:
    """What the pair's own meetings say, and what the two people's meetings with others add to it."""
    effects, memory = at.effects, inputs.memory
    pair, window = effects[_PAIR], effects[_PAIR_WINDOW]
    people = effects[_PEOPLE[0]] + effects[_PEOPLE[1]]
    if memory.mentor.known == memory.mentee.known == memory.pair.known:
        # Neither has met others: it is one piece of evidence, told once.
        yield "pair_history", pair + people, _EVERYONE, wording.held, (memory.pair, "earlier meetings")
    else:
        yield "pair_history", pair, (_PAIR,), wording.held, (memory.pair, "earlier meetings")
        yield "people_history", people, _PEOPLE, wording.people, (people,)
    what = wording.WINDOWS[WINDOW_KINDS[at.kind]]
    yield "window_history", window, (_PAIR_WINDOW,), wording.held, (memory.windows[at.kind], what)
