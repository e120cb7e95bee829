"""A pair's rules, each seat's consents, the shared move budget."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from service.api.schemas.base import Given, Instant, SeatWord, Shown
from service.app.pair_rules import LONGEST_LATE

Unanswered = Literal["offer_again", "auto_confirm", "offer_pause"]
WHEN_UNANSWERED = (
    "What follows when an offer runs out: after a few days the other seat is offered times (`offer_again`); the steadiest "
    "time is booked, once both seats have consented (`auto_confirm`; without that it is `offer_again`); or each is asked, "
    "privately, whether to rest (`offer_pause`)."
)


class RulesGiven(Given):
    """What is named is set; the rest stays, or has its default."""

    auto_propose: bool = Field(default=True, description="Holdfast proposes the next meeting in time.")
    when_unanswered: Unanswered = Field(default="offer_again", description=WHEN_UNANSWERED)
    late_hours: int = Field(default=24, ge=0, le=LONGEST_LATE, description="With less notice than this a move is late.")
    fallback: bool = Field(default=True, description="A second time is held with each booking.")
    care: bool = Field(
        default=True, description="A booked time that turns risky is offered a better one, early and once."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"when_unanswered": "auto_confirm", "late_hours": 48}]})


class RulesShown(Shown):
    """What Holdfast does for the pair by itself, every default filled in."""

    auto_propose: bool
    when_unanswered: Unanswered
    late_hours: int
    fallback: bool
    care: bool


class Consent(Given):
    """One seat's own word; either takes it back at any time."""

    by: SeatWord
    auto_confirm: bool = Field(
        description="Whether the steadiest time may be booked when an offer runs out unanswered."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee", "auto_confirm": True}]})


class SeatConsents(Shown):
    """What one seat consents to."""

    auto_confirm: bool


class ConsentsShown(Shown):
    """What each seat consents to; it counts where both do."""

    mentor: SeatConsents
    mentee: SeatConsents


class BudgetShown(Shown):
    """The moves that both share; it is not said who made them."""

    allowed: int
    used: int = Field(description="Moves that count, of both together, in the last `window_days` days.")
    left: int
    window_days: int
    step: Literal["reason", "short_call", "slower_cadence"] | None = Field(
        description="What is offered with the next move beyond the budget; nothing is ever demanded."
    )


class FallbackUse(Given):
    """Moves the meeting to the time that is held for it."""

    by: SeatWord
    start: Instant | None = Field(
        default=None,
        description="The fallback that you saw: guards against taking another one. Needed within ten minutes of a move.",
    )
    reason_code: Annotated[str, Field(max_length=40)] | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee"}]})


class ShortCall(Given):
    """Who asks for times for a short call."""

    by: SeatWord

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentor"}]})
