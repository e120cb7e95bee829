"""Several offers stayed unanswered: would something else be right?"""

from __future__ import annotations

from sqlmodel import Session

from service.app.act.links import action_link
from service.app.house import House
from service.domain.drift import DriftStep
from service.domain.timespan import DAY
from service.store import farewells, pairs
from service.store.tables import AskRow, Person
from service.words import _
from service.words.choices import drift_words
from service.words.letter import Action, Section

LINKS_LIVE = 90 * DAY


def still_wanted(_house: House, session: Session, ask: AskRow) -> bool:
    """Nobody has acted since, and the pair is active."""
    row = farewells.drift(session, ask.about)
    return row.closed_at is None and pairs.get(session, row.pair_id).status == "active"


def section(house: House, session: Session, ask: AskRow, reader: Person) -> Section:
    """Four taps to choose from; no reproach."""
    row = farewells.drift(session, ask.about)
    _pair, mentor, mentee = pairs.with_people(session, row.pair_id)
    other = mentee if reader.id == mentor.id else mentor
    until = row.opened_at + LINKS_LIVE
    return Section(
        title=_("What would suit you and {name} now?").format(name=other.name),
        lines=(
            _("Some offers of times went by. That happens to everybody, and nobody needs to explain."),
            _(
                "{name} is offered the same. Whatever one of you chooses, both get the same few words at the same moment, "
                "and they do not say who chose it. Until then nothing more is proposed."
            ).format(name=other.name),
        ),
        actions=tuple(
            Action(
                drift_words(step),
                action_link(house, reader, "drift", row.id, step.value, expires_at=until),
                quiet=True,  # none is urged
            )
            for step in (DriftStep.GO_ON, DriftStep.REST, DriftStep.SLOWER, DriftStep.END)
        ),
    )
