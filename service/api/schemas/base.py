"""The ground that all schemas stand on."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from service.domain.timespan import epoch

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_PLUS_LOST = re.compile(r" (?=\d\d:\d\d$)")
EARLIEST, LATEST = 0, 7_258_118_400  # 1970 to 2200: whatever zone is applied, the year stays a year
INSTANT_EXAMPLE = "2026-06-01T07:30:00+02:00"
TIME_EXAMPLE = "2026-06-01T05:30:00Z"


def clean_text(value: str) -> str:
    """Text that every database can hold: whole characters, no NUL."""
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half of a character (a lone surrogate)") from None
    return value


def read_instant(value: object) -> int:
    """``2026-06-01T07:30:00+02:00`` → epoch seconds. A ``+`` that a URL turned into a blank is put back."""
    given = _PLUS_LOST.sub("+", value) if isinstance(value, str) else ""
    if not _RFC3339.fullmatch(given):
        raise ValueError(f"must be a time with an offset, such as {INSTANT_EXAMPLE} or {TIME_EXAMPLE}")
    try:
        moment = datetime.fromisoformat(given.upper())
    except ValueError:
        raise ValueError("is not a day and time that exist") from None
    if not 1970 <= moment.year < 2200 or not EARLIEST <= epoch(moment) < LATEST:
        raise ValueError("must lie between the years 1970 and 2200")
    return epoch(moment)


def _date_time(**more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": "date-time", **more})


Text = Annotated[str, AfterValidator(clean_text)]
Instant = Annotated[int, BeforeValidator(read_instant), _date_time(examples=[INSTANT_EXAMPLE])]
Time = Annotated[str, _date_time(examples=[TIME_EXAMPLE])]
SeatWord = Literal["mentor", "mentee"]
WindowWord = Literal["breakfast", "core", "lunch", "coffee"]
Probability = Annotated[float, Field(ge=0, le=1, examples=[0.87])]


class Given(BaseModel):
    """A request's body: nothing unknown in it, and no value turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def facts(self) -> dict[str, Any]:
        """Just what the caller wrote."""
        return self.model_dump(exclude_unset=True)


class Changes(Given):
    """A PATCH's body: what is named is changed, all else stays.

    Fields may be left out but not be null unless they say so; their default factories never reach anybody."""


class Shown(BaseModel):
    """An answer, for the documentation."""


Item = TypeVar("Item")


class Listing(Shown, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last.")


class Span(Shown):
    """A start and an end."""

    start: Time
    end: Time


class Local(Shown):
    """The start on each one's own clock."""

    mentor: Time
    mentee: Time
