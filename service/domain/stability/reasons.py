"""Why a slot scored as it did, in a few plain words: facts that the model used, and nothing else.

A reason stands for one term, or for one fact of both people's calendars, or for one piece of evidence that
several frailties rest on. Its words name the fact, never what to think of it or of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

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
_BY_SEAT = {feature.name: tuple(_AT[f"{feature.name}:{seat}"] for seat in SEAT_NAMES) for feature in FEATURES}


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is stable, ``text`` is for people, ``effect`` is the change in log-hazard against a neutral
    slot (see ``Scores.contributions``): below 0 it helps the meeting to hold, above 0 it makes a move
    likelier."""

    code: str
    text: str
    effect: float


class _Draft(NamedTuple):
    columns: tuple[int, ...]  # of ``Scores.contributions``: what it stands for
    code: str
    effect: float
    text: Callable[[], str]


def reasons(scores: Scores, index: int) -> list[Reason]:
    """The ``MOST_REASONS`` strongest reasons for candidate ``index``, or fewer: a term without effect gives
    none.

    Those that tell the candidates apart come first, then what is the same for all of them; the stronger
    effect first in each. Raises ``IndexError`` for a candidate that is not there."""
    drafts = sorted(_drafts(scores, index), key=lambda draft: (-abs(draft.effect), draft.code))
    chosen, varies = drafts[:MOST_REASONS], scores.varies
    chosen.sort(key=lambda draft: not any(varies[column] for column in draft.columns))
    return [Reason(draft.code, draft.text(), draft.effect) for draft in chosen]


def _drafts(scores: Scores, index: int) -> list[_Draft]:
    """Those that are not ``TOO_SMALL``."""
    effects: list[float] = scores.contributions[index].tolist()
    at = scores.inputs
    found: list[_Draft] = []
    if _matters(effects[_LEAD]):
        found.append(_Draft((_LEAD,), "lead", effects[_LEAD], partial(wording.ahead, int(at.lead[index]))))
    kind = WINDOW_KINDS[int(at.kind[index])]
    if _matters(effect := effects[_WINDOW]):
        text = partial(wording.window, kind, effect, at.terms.trained_on > 0)
        found.append(_Draft((_WINDOW,), "window", effect, text))
    if _matters(effect := effects[_WEEKDAY]):
        days = tuple(at.weekdays[:, index].tolist())
        found.append(_Draft((_WEEKDAY,), "weekday", effect, partial(wording.weekday, days)))
    _around(found, scores, index, effects)
    found += [draft for draft in _people(scores, effects) if _matters(draft.effect)]
    if _matters(effect := effects[_PAIR_WINDOW]):
        then = at.memory.windows[WINDOW_KINDS.index(kind)]
        text = partial(wording.held, then, wording.WINDOWS[kind])
        found.append(_Draft((_PAIR_WINDOW,), "window_history", effect, text))
    return found


def _matters(effect: float) -> bool:
    return effect >= TOO_SMALL or effect <= -TOO_SMALL


def _around(found: list[_Draft], scores: Scores, index: int, effects: list[float]) -> None:
    """One for each fact where both calendars show the same, else one for each person; one for both, and without
    saying whose, where a fact is shared."""
    table = scores.inputs.values[:, :, index].tolist()
    for feature, values in zip(FEATURES, table, strict=True):
        name, columns = feature.name, _BY_SEAT[feature.name]
        if feature.shared:
            if _matters(effect := effects[columns[0]] + effects[columns[1]]):
                found.append(_Draft(columns, name, effect, partial(wording.shared, name, effect)))
            continue
        if values[0] == values[1]:
            effect = effects[columns[0]] + effects[columns[1]]
            if _matters(effect):
                whose = "for both" if values[0] else "for either"
                found.append(_Draft(columns, name, effect, partial(wording.fact, feature, int(values[0]), whose)))
            continue
        for seat, column, value in zip(SEAT_NAMES, columns, values, strict=True):
            if _matters(effects[column]):
                text = partial(wording.fact, feature, int(value), f"for the {seat}")
                found.append(_Draft((column,), f"{name}_{seat}", effects[column], text))


def _people(scores: Scores, effects: list[float]) -> Iterator[_Draft]:
    """What the pair's own meetings say, and what the two people's meetings with others add to it."""
    memory = scores.inputs.memory
    people = sum(effects[column] for column in _PEOPLE)
    text = partial(wording.held, memory.pair, "earlier meetings")
    if memory.mentor.known == memory.mentee.known == memory.pair.known:
        # Neither has met others: it is one piece of evidence, told once.
        yield _Draft((*_PEOPLE, _PAIR), "pair_history", effects[_PAIR] + people, text)
        return
    yield _Draft((_PAIR,), "pair_history", effects[_PAIR], text)
    yield _Draft(_PEOPLE, "people_history", people, partial(wording.people, people))
