"""A time on offer in a few words: what kind of time it is, how likely it is to stay, and the strongest reason why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.words import _, ngettext


def kind(name: str) -> str:
    """``Breakfast``."""
    return {
        "breakfast": _("Breakfast"),
        "core": _("Working hours"),
        "lunch": _("Lunch"),
        "coffee": _("Coffee"),
    }[name]


def holds(probability: float) -> str:
    """``holds 8 times in 10``."""
    count = round(probability * 10)
    if count >= 10:
        return _("holds more than 9 times in 10")
    if count == 0:
        return _("holds less than once in 10")
    return ngettext("holds once in 10", "holds {count} times in 10", count).format(count=count)


def strongest(reasons: Sequence[Mapping[str, Any]], seat: str, other: str) -> str | None:
    """The strongest reason that speaks for a slot, as its reader says it: ``seat`` is theirs, ``other`` the other's first
    name. What speaks against it is on the page, beside everything else."""
    speaking_for = [one for one in reasons if one["effect"] < 0]
    if not speaking_for:
        return None
    return reason(min(speaking_for, key=lambda one: one["effect"])["text"], seat, other)


def reason(text: str, seat: str, other: str) -> str:
    """A reason of the hold model (``domain.stability.wording``) in the spoken language; one that is new comes in English."""
    for pattern, said in _SAID:
        found = re.fullmatch(pattern, text)
        if found:
            return said(found, _whose(seat, other))
    return text.replace(f"the {seat}", _("you")).replace("the mentor", other).replace("the mentee", other)


Whose = Callable[[str], str]
Said = Callable[[re.Match[str], Whose], str]


def _whose(seat: str, other: str) -> Whose:
    def said(words: str) -> str:
        if words == "both":
            return _("for both of you")
        if words == "either":
            return _("for either of you")
        return _("for you") if words == seat else _("for {name}").format(name=other)

    return said


def _what(words: str) -> str:
    return {
        "breakfasts": _("breakfasts"),
        "meetings in working hours": _("meetings in working hours"),
        "lunches": _("lunches"),
        "coffees after work": _("coffees after work"),
        "earlier meetings": _("earlier meetings"),
    }[words]


def _ahead(found: re.Match[str], _whose: Whose) -> str:
    count = int(found[1])
    if found[2] == "day":
        return ngettext("{count} day ahead", "{count} days ahead", count).format(count=count)
    return ngettext("{count} hour ahead", "{count} hours ahead", count).format(count=count)


def _assumed(found: re.Match[str], _whose: Whose) -> str:
    said = {
        "hold": _("{what} are assumed to hold a little more often"),
        "move": _("{what} are assumed to move a little more often"),
    }
    return said[found[2]].format(what=_what(found[1]))


def _learned(found: re.Match[str], _whose: Whose) -> str:
    said = {"hold": _("{what} hold more often here"), "move": _("{what} move more often here")}
    return said[found[2]].format(what=_what(found[1]))


def _part(found: re.Match[str], _whose: Whose) -> str:
    return {
        "early in the week": _("early in the week"),
        "in the middle of the week": _("in the middle of the week"),
        "late in the week": _("late in the week"),
        "at the weekend": _("at the weekend"),
    }[found[0]]


def _weekdays(found: re.Match[str], whose: Whose) -> str:
    days = (_day(found[1]), whose("mentor"), _day(found[2]), whose("mentee"))
    return _("{first} {whose_first} and {second} {whose_second}").format(
        first=days[0], whose_first=days[1], second=days[2], whose_second=days[3]
    )


def _day(name: str) -> str:
    return {
        "Monday": _("Monday"),
        "Tuesday": _("Tuesday"),
        "Wednesday": _("Wednesday"),
        "Thursday": _("Thursday"),
        "Friday": _("Friday"),
        "Saturday": _("Saturday"),
        "Sunday": _("Sunday"),
    }[name]


def _nothing(found: re.Match[str], whose: Whose) -> str:
    said = {
        "within two hours": _("nothing else within two hours {whose}"),
        "that day": _("nothing else that day {whose}"),
    }
    return said[found[1]].format(whose=whose(found[2]))


def _others(found: re.Match[str], whose: Whose) -> str:
    count, near = int(found[1]), found[3] == "within two hours"
    if found[2]:
        said = (
            _("{count} or more other meetings within two hours {whose}")
            if near
            else _("{count} or more other meetings that day {whose}")
        )
    elif near:
        said = ngettext(
            "{count} other meeting within two hours {whose}", "{count} other meetings within two hours {whose}", count
        )
    else:
        said = ngettext("{count} other meeting that day {whose}", "{count} other meetings that day {whose}", count)
    return said.format(count=count, whose=whose(found[4]))


def _beside(found: re.Match[str], whose: Whose) -> str:
    said = {
        "straight after another meeting": _("straight after another meeting {whose}"),
        "close to where working hours begin or end": _("close to where working hours begin or end {whose}"),
        "within a day of time out of office": _("within a day of time out of office {whose}"),
    }
    return said[found[1]].format(whose=whose(found[2]))


def _hours(found: re.Match[str], _whose: Whose) -> str:
    return {
        "hours like this one tend to stay free": _("hours like this one tend to stay free"),
        "hours like this one often fill up before they come": _("hours like this one often fill up before they come"),
        "what lies around it comes regularly": _("what lies around it comes regularly"),
    }[found[0]]


def _held(found: re.Match[str], _whose: Whose) -> str:
    return _("{held} of {known} {what} held").format(held=found[1], known=found[2], what=_what(found[3]))


def _people(found: re.Match[str], _whose: Whose) -> str:
    said = {
        "hold": _("the meetings that either of you has, with others too, hold more often than usual"),
        "move": _("the meetings that either of you has, with others too, move more often than usual"),
    }
    return said[found[1]]


_WHAT = "(breakfasts|meetings in working hours|lunches|coffees after work|earlier meetings)"
_WHOSE = "for (?:the )?(both|either|mentor|mentee)"
_SAID: tuple[tuple[str, Said], ...] = (
    (r"(\d+) (day|hour)s? ahead", _ahead),
    ("less than an hour ahead", lambda _found, _whose: _("less than an hour ahead")),
    (f"{_WHAT} are assumed to (hold|move) a little more often", _assumed),
    (f"{_WHAT} (hold|move) more often here", _learned),
    ("early in the week|in the middle of the week|late in the week|at the weekend", _part),
    (r"(\w+day) for the mentor and (\w+day) for the mentee", _weekdays),
    (f"nothing else (within two hours|that day) {_WHOSE}", _nothing),
    (rf"(\d+)( or more)? other meetings? (within two hours|that day) {_WHOSE}", _others),
    (
        "(straight after another meeting|close to where working hours begin or end|within a day of time out of office) "
        + _WHOSE,
        _beside,
    ),
    (
        "hours like this one (?:tend to stay free|often fill up before they come)|what lies around it comes regularly",
        _hours,
    ),
    (rf"(\d+) of (\d+) {_WHAT} held", _held),
    ("the two people's meetings, with others too, (hold|move) more often than usual", _people),
)
