"""What a verb is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.app.house import House
from service.app.once import Once
from service.store.tables import Person

Args = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a button would do: a sentence, what stands below it, and what the button says."""

    sentence: str
    button: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verb:
    """``describe(house, person, args)``: what it would do; raises ``NotNow`` with a kind sentence where that is no longer
    possible. ``perform(house, person, args, once)``: does it, once. ``done(house, person, args)``: the sentence afterwards,
    also for whoever sends the form again. All three are called in the person's language."""

    describe: Callable[[House, Person, Args], Offer]
    perform: Callable[[House, Person, Args, Once], object]
    done: Callable[[House, Person, Args], str]
