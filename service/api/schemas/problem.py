"""Problems (RFC 9457)."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from service.api.schemas.base import Shown


class FieldProblemShown(Shown):
    """One bad field."""

    field: str = Field(examples=["windows.lunch.start"], description="A path as the caller wrote it.")
    reason: str = Field(examples=["a time of day is written HH:MM, from 00:00 to 23:59"])


class ProblemShown(Shown):
    """What went wrong. Further members depend on `type`."""

    type: str = Field(examples=["urn:holdfast:problem:time-gone"], description="Stable: branch on this.")
    title: str
    status: int
    detail: str | None = Field(default=None, description="A sentence that a person can act on.")
    errors: list[FieldProblemShown] = Field(default=[], description="With 422: which fields, and why.")

    model_config = ConfigDict(extra="allow")
