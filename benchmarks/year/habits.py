"""What somebody does with a mail, by the buttons in it. They read and press as people do: through the links alone.

- times offered: the first that is free in the own calendar and suits (in the working hours seven of eight do, before and after
  work every second) is taken; none, and "none of these" is pressed;
- "did it happen?": the truth, but for one tap in fifty;
- a review: four of five choose to go on, the others change, slow down or end;
- after silence: half go on, the others rest, slow down or end;
- a last meeting: two of three would like one;
- anything else that is offered: the first button, two times of three.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from service.app.act.links import Act, open_action
from service.app.house import House

BUTTON = re.compile(r"/do/([\w.~-]+)")
PAGE = re.compile(r"/me/([\w.~-]+)")
SUITS, SUITS_BESIDE_WORK = 7 / 8, 1 / 2


@dataclass(frozen=True)
class Button:
    """One link of a mail, as its reader understands it."""

    token: str
    act: Act

    @property
    def verb(self) -> str:
        """What it does."""
        return self.act.verb

    @property
    def args(self) -> Sequence[str | int]:
        """About what."""
        return self.act.args


def buttons(house: House, text: str) -> list[Button]:
    """The buttons of a mail."""
    return [Button(token, open_action(house, token)) for token in dict.fromkeys(BUTTON.findall(text))]


def matters(found: Sequence[Button]) -> list[list[Button]]:
    """The buttons by what they are about: a digest has several matters."""
    together: dict[tuple[str, str | int], list[Button]] = {}
    for button in found:
        verb = "accept" if button.verb == "decline" else button.verb
        together.setdefault((verb, button.args[0] if button.args else ""), []).append(button)
    return list(together.values())


def choose(
    rng: Random, given: Sequence[Button], *, suits: Callable[[Button], bool], happened: Callable[[str], bool]
) -> Button | None:
    """Which button of one matter is pressed, if any. ``suits``: whether an offered time is free in the own calendar."""
    by_arg = {str(button.args[-1]): button for button in given if button.args}
    verb = given[0].verb
    if verb in ("accept", "decline"):
        times = [b for b in given if b.verb == "accept" and suits(b)]
        return times[0] if times else next((b for b in given if b.verb == "decline"), None)
    if verb == "outcome":
        truth = happened(str(given[0].args[0])) ^ (rng.random() < 0.02)
        return by_arg.get("1" if truth else "0")
    weights = {
        "review": {"continue": 80, "change": 8, "slow_down": 7, "slower": 7, "end": 5},
        "drift": {"go_on": 50, "rest": 20, "slower": 20, "end": 10},
        "last_meeting": {"1": 66, "0": 34},
    }.get(verb)
    if weights:
        named = [(word, weight) for word, weight in weights.items() if word in by_arg]
        return by_arg[rng.choices([w for w, _ in named], [n for _, n in named])[0]] if named else given[0]
    return given[0] if rng.random() < 2 / 3 else None
