"""Ids in addresses. What cannot be an id names nothing: 404, and no question to the database."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator

from service.domain.errors import NotFound


def _told(prefix: str, noun: str) -> Any:
    return Path(description=f"The id of a {noun}.", examples=[f"{prefix}_01k0a7m9s8e4v2b6c3d5f7g9h1"])


def _known(prefix: str, noun: str) -> AfterValidator:
    pattern = re.compile(rf"{prefix}_[0-9a-z]{{26}}", re.ASCII)

    def known(value: str) -> str:
        if not pattern.fullmatch(value):
            raise NotFound(f"There is no such {noun}.")
        return value

    return AfterValidator(known)


PersonId = Annotated[str, _told("per", "person"), _known("per", "person")]
CalendarId = Annotated[str, _told("cal", "calendar"), _known("cal", "calendar")]
EventId = Annotated[str, _told("evt", "event"), _known("evt", "event")]
PairId = Annotated[str, _told("pair", "pair"), _known("pair", "pair")]
ProposalId = Annotated[str, _told("prop", "proposal"), _known("prop", "proposal")]
MeetingId = Annotated[str, _told("mtg", "meeting"), _known("mtg", "meeting")]
ReviewId = Annotated[str, _told("rev", "review"), _known("rev", "review")]
EndpointId = Annotated[str, _told("wh", "webhook endpoint"), _known("wh", "webhook endpoint")]
DeliveryId = Annotated[str, _told("dlv", "webhook delivery"), _known("dlv", "webhook delivery")]
KeyId = Annotated[str, _told("key", "key"), _known("key", "key")]
ProgrammeId = Annotated[str, _told("prog", "programme"), _known("prog", "programme")]
ImportId = Annotated[str, _told("imp", "import"), _known("imp", "import")]
VersionId = Annotated[str, _told("mdl", "model version"), _known("mdl", "model version")]
