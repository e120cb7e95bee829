"""Reviews, what was agreed on and given, and hand-over notes."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from service.api.schemas.base import Given, SeatWord, Shown, Time
from service.api.schemas.pairs import ObjectiveShown

REVIEW_ID = "rev_01k0a7m9s8e4v2b6c3d5f7g9h1"
ChoiceWord = Literal["continue", "change", "slow_down", "end"]


class ReviewAnswer(Given):
    """What one seat chooses. Nobody is shown it."""

    by: SeatWord
    choice: ChoiceWord

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "mentee", "choice": "continue"}]})


class ReviewShown(Shown):
    """A review: what came of it; never who chose what, nor who has chosen."""

    id: str = Field(examples=[REVIEW_ID])
    pair_id: str
    status: Literal["open", "agreed", "dropped"]
    because: Literal["date", "sessions", "follow_up"]
    opened_at: Time
    closes_at: Time = Field(description="Who has not answered by then counts as going on.")
    agreed: ChoiceWord | None
    settled_at: Time | None


class MinutesGiven(Shown):
    """Minutes that each seat has given, by its own word."""

    mentor: int
    mentee: int


class SessionsShown(Shown):
    """How many were agreed on, and how many of them were held."""

    agreed: int | None
    held: int


class CoachingShown(Shown):
    """What the two agreed on, and what they have given so far."""

    objectives: list[ObjectiveShown]
    sessions: SessionsShown
    minutes: MinutesGiven
    next_review_on: Time | None = Field(description="By the dates of the objectives; null: no date is set.")
    review: ReviewShown | None = Field(description="The one that is open.")


class HandoverShown(Shown):
    """A note to whoever coordinates, left as the pair ended. Who wrote it is not known here."""

    text: str
    written_at: Time
