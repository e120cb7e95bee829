"""The hold model: how likely a meeting booked at a time is to take place then, and why. docs/stability.md.

Rooms, inside to outside:

- ``days``, ``neighbours``, ``features``: what lies around slots in two calendars, for many pairs at once
- ``terms``: what holds for everybody, its uncertainty, and ``PRIOR``, believed before any data
- ``frailty``, ``memory``: what two people's own meetings add, in two sums each; rows in, ``PairMemory`` out
- ``outlook``: one pair's slots as they stand, to be scored at any moment
- ``model``, ``scores``: the formula, in one pass for many pairs; probability, interval and each term's part
- ``reasons``: the terms in words
- ``fit``, ``experts``, ``learner``: learning the terms, the spread of the frailties and the drift from what has happened, as
  time goes by; ``documents``: terms as they are kept

Nothing here knows the time, a database or a random number: the same facts give the same scores. A fit drops in
as another ``GlobalTerms``, a further source of facts as another line of ``features.FEATURES``.
"""

from service.domain.stability.documents import document, terms_of
from service.domain.stability.features import FEATURES, Feature
from service.domain.stability.frailty import Frailty
from service.domain.stability.memory import (
    NO_MEMORY,
    History,
    MeetingRow,
    MemoryFold,
    Outcome,
    PairMemory,
    memory_from,
)
from service.domain.stability.model import Ask, score, score_many
from service.domain.stability.outlook import Outlook
from service.domain.stability.reasons import Reason, reasons
from service.domain.stability.scores import Scores
from service.domain.stability.terms import COEFFICIENTS, PRIOR, GlobalTerms

__all__ = [
    "COEFFICIENTS",
    "FEATURES",
    "NO_MEMORY",
    "PRIOR",
    "Ask",
    "Feature",
    "Frailty",
    "GlobalTerms",
    "History",
    "MeetingRow",
    "MemoryFold",
    "Outcome",
    "Outlook",
    "PairMemory",
    "Reason",
    "Scores",
    "document",
    "memory_from",
    "reasons",
    "score",
    "score_many",
    "terms_of",
]
