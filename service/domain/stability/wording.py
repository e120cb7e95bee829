"""The words of the reasons: short facts in plain English. Nothing here says whose fault anything is."""

from __future__ import annotations

from functools import lru_cache

from service.domain.stability.features import FEATURES, Feature
from service.domain.stability.memory import History
from service.domain.stability.scores import SEAT_NAMES
from service.domain.timespan import DAY, HOUR
from service.domain.windows import WindowKind

WINDOWS = {
    WindowKind.BREAKFAST: "breakfasts",
    WindowKind.CORE: "meetings in working hours",
    WindowKind.LUNCH: "lunches",
    WindowKind.COFFEE: "coffees after work",
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PARTS = (
    *("early in the week", "early in the week", "in the middle of the week"),
    *("late in the week", "late in the week", "at the weekend", "at the weekend"),
)
_NOTHING = {"near": "nothing else within two hours", "load": "nothing else that day"}
_SOMETHING = {
    "near": "{} within two hours",
    "load": "{} that day",
    "back_to_back": "straight after another meeting",
    "edge": "close to where working hours begin or end",
    "away": "within a day of time out of office",
}

_REGULAR = "what lies around it comes regularly"
_SHARED = {
    "series": (_REGULAR, _REGULAR),
    "churn": ("hours like this one tend to stay free", "hours like this one often fill up before they come"),
}


def ahead(lead: int) -> str:
    """How long until the meeting, from seconds: in days from two days on, in hours below."""
    unit, seconds = ("day", DAY) if lead >= 2 * DAY else ("hour", HOUR)
    count = round(lead / seconds)
    if count < 1:
        return "less than an hour ahead"
    return f"{count} {unit}{'' if count == 1 else 's'} ahead"


def window(kind: WindowKind, effect: float, learned: bool) -> str:
    """What is assumed, or was found, of a kind of time."""
    does = "hold" if effect < 0 else "move"
    what = WINDOWS[kind]
    return f"{what} {does} more often here" if learned else f"{what} are assumed to {does} a little more often"


@lru_cache(maxsize=256)
def weekday(days: tuple[int, ...]) -> str:
    """Where in the week it lies on each one's clock (0 = Monday)."""
    if len({_PARTS[day] for day in days}) == 1:
        return _PARTS[days[0]]
    return " and ".join(f"{_DAYS[day]} for the {seat}" for seat, day in zip(SEAT_NAMES, days, strict=True))


def fact(feature: Feature, value: int, whose: str) -> str:
    """What a calendar shows around the slot: a value that differs from what is usual."""
    if not value:
        return f"{_NOTHING[feature.name]} {whose}"
    count = f"{value} or more" if value == feature.most else str(value)
    meetings = f"{count} other meeting{'' if value == 1 else 's'}"
    return f"{_SOMETHING[feature.name].format(meetings)} {whose}"


@lru_cache(maxsize=1024)
def fact_of(number: int, value: int, whose: str) -> str:
    """``fact`` of a feature by its number among ``FEATURES``: they are few, and told again and again."""
    return fact(FEATURES[number], value, whose)


def shared(name: str, effect: float) -> str:
    """What two calendars show together, without saying whose: what lets a meeting hold, or what moves it."""
    return _SHARED[name][effect > 0]


def held(history: History, what: str) -> str:
    """``4 of 4 breakfasts held``."""
    return f"{history.held} of {history.known} {what} held"


def people(effect: float) -> str:
    """What two people's meetings add, without saying whose."""
    does = "hold" if effect < 0 else "move"
    return f"the two people's meetings, with others too, {does} more often than usual"
