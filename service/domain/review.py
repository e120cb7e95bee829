"""Reviews: at an agreed point both choose, each for themselves and unseen, how to go on; both see only what came of it.

The rule. If both chose the same, that is the outcome. In every other case it is ``change``: nothing is decided over
anybody's head, the next meeting has room for the question what should change, and after it there is another review. Who
does not answer in time counts as ``continue``.

Why this rule. Whoever sees an outcome other than their own choice knows that the two differed, and all three other choices
stay possible: nobody can name what the other chose. Of all rules that never end a pair on one's word alone, only those
have this property that answer every difference in one and the same way (a test tries them all). ``continue`` would overrule
both, ``slow_down`` would give less to two of whom neither wished for less; ``change`` is the gentlest that they have in
common. A rule that met half way would give the other away: were "continue" and "end" to make "slow down", and "continue" and
"change" to make "change", then whoever chose "continue" could name the other's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from service.domain.cadence import MOST, Cadence
from service.domain.ledger import Seat
from service.domain.timespan import DAY

OPEN_DAYS = 14  # so long both may choose
OPEN_SECONDS = OPEN_DAYS * DAY


class Choice(StrEnum):
    """How to go on, from the lightest step to the last."""

    CONTINUE = "continue"
    CHANGE = "change"
    SLOW_DOWN = "slow_down"
    END = "end"


class Because(StrEnum):
    """Why a review is due."""

    DATE = "date"  # an objective's review date has come
    SESSIONS = "sessions"  # the agreed number of sessions is used up
    FOLLOW_UP = "follow_up"  # the one before came to "change", and the two have met since


def agreed(choices: Mapping[Seat, Choice | None]) -> Choice:
    """What comes of it; ``None`` is silence."""
    made = {choices.get(seat) or Choice.CONTINUE for seat in Seat}
    return made.pop() if len(made) == 1 else Choice.CHANGE


def slower(cadence: Cadence) -> Cadence:
    """The next slower cadence: half as often, up to once in 52 weeks or months."""
    return Cadence(min(cadence.every * 2, MOST), cadence.unit)


def sessions_used_up(agreed_number: int | None, held: int) -> bool:
    """Whether the agreed number of sessions has been held; ``None``: none was agreed."""
    return agreed_number is not None and held >= agreed_number


def next_date(dates: Iterable[int], after: int) -> int | None:
    """The next review date (epoch seconds) later than ``after``."""
    return min((at for at in dates if at > after), default=None)
