"""What a kind of ask is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from service.app.house import House
from service.store.tables import AskRow, Person
from service.words.letter import Section


@dataclass(frozen=True, slots=True)
class Kind:
    """``still_wanted(house, session, ask)``: whether there is still something to answer. ``section(house, session, ask,
    reader)``: its words and one-tap actions for the person, on their clock, in the language spoken around the call.
    ``with_pair``: the person's page shows it where it shows the pair, so not among the asks as well. ``newest_alone``: of
    several about one pair the newest says it all."""

    still_wanted: Callable[[House, Session, AskRow], bool]
    section: Callable[[House, Session, AskRow, Person], Section]
    with_pair: bool = False
    newest_alone: bool = False
