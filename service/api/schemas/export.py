"""Everything that is held of a person."""

from __future__ import annotations

from service.api.schemas.base import Shown, Time
from service.api.schemas.calendars import CalendarShown, EventShown
from service.api.schemas.meetings import MeetingShown
from service.api.schemas.pairs import LedgerItem, PairShown
from service.api.schemas.people import PersonShown


class ExportedPair(PairShown):
    """A pair with its meetings and its ledger."""

    meetings: list[MeetingShown]
    ledger: list[LedgerItem]


class ExportedMail(Shown):
    """A mail to the person."""

    subject: str
    text: str
    status: str
    created_at: Time


class Export(Shown):
    """All that is held. Credentials are not data about a person and stay sealed."""

    person: PersonShown
    calendars: list[CalendarShown]
    events: list[EventShown]
    pairs: list[ExportedPair]
    mails: list[ExportedMail]
