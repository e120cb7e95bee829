"""Calendars, the events of local ones, and what is known of a person's time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from service.api.schemas.base import INSTANT_EXAMPLE, Changes, Given, Instant, Shown, Text, Time

ADDRESS = 2000
CHOOSE = (
    "True: ask for leave to list all calendars of the account, to choose among them. Microsoft lists them in any case."
)


class IcsCalendar(Given):
    """A published calendar (`url`), or its text (`content`), read once. Give one of the two."""

    provider: Literal["ics"]
    url: Text | None = Field(default=None, max_length=ADDRESS, description="http(s) or webcal.")
    content: Text | None = Field(default=None, description="The text of an .ics file.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"provider": "ics", "url": "https://calendar.example.org/ada.ics"}]}
    )


class CalDavCalendar(Given):
    """A CalDAV account: the address of a calendar, of a principal, or just of the host."""

    provider: Literal["caldav"]
    url: Text = Field(max_length=ADDRESS)
    username: Text = Field(max_length=500)
    password: Text = Field(max_length=500)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "provider": "caldav",
                    "url": "https://dav.example.org/",
                    "username": "ada",
                    "password": "an app password",
                }
            ]
        }
    )


class LocalCalendar(Given):
    """A calendar that Holdfast keeps itself, for people without an account."""

    provider: Literal["local"]

    model_config = ConfigDict(json_schema_extra={"examples": [{"provider": "local"}]})


class GoogleCalendar(Given):
    """A Google account: the answer's `authorization_url` is where its owner gives access."""

    provider: Literal["google"]
    choose: bool = Field(default=False, description=CHOOSE)

    model_config = ConfigDict(json_schema_extra={"examples": [{"provider": "google"}]})


class MicrosoftCalendar(Given):
    """A Microsoft account, personal or of work or school: `authorization_url` is where its owner gives access."""

    provider: Literal["microsoft"]
    choose: bool = Field(default=False, description=CHOOSE)

    model_config = ConfigDict(json_schema_extra={"examples": [{"provider": "microsoft"}]})


NewCalendar = Annotated[
    IcsCalendar | CalDavCalendar | LocalCalendar | GoogleCalendar | MicrosoftCalendar, Field(discriminator="provider")
]


class CalendarChanges(Changes):
    """Whether a calendar counts, and whether new meetings are written there."""

    counts: bool = Field(default_factory=bool, description="Whether what is in it takes its owner's time.")
    primary: bool = Field(
        default_factory=bool, description="True: new bookings are written here, and no longer where they were before."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"counts": False}, {"primary": True}]})


class CalendarProblem(Shown):
    """Why a calendar is unknown at the moment."""

    code: str
    text: str | None


class CalendarShown(Shown):
    """A connected calendar: never its credentials, nor a secret address."""

    id: str = Field(examples=["cal_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    person_id: str
    provider: str
    name: str
    status: Literal["connected", "authorization_required", "error", "disconnected"]
    problem: CalendarProblem | None
    access: Literal["free_busy", "events"]
    primary: bool = Field(description="Bookings go into the mentor's primary writable calendar.")
    counts: bool = Field(
        description="Whether what is in it takes its owner's time. One that does not count is not read."
    )
    writable: bool
    invites: bool = Field(description="Whether the calendar's server mails the invitations itself.")
    settings: dict[str, str]
    synced_at: Time | None
    created_at: Time
    authorization_url: str | None = Field(
        default=None, description="Where its owner gives access, if still to be given."
    )
    version: int = Field(description="Counts changes; the ETag, for If-Match.")


class NewEvent(Given):
    """An event of a local calendar."""

    title: Text = Field(max_length=500)
    start: Instant
    end: Instant
    transparent: bool = Field(default=False, description="True: it does not take the time.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"title": "Dentist", "start": INSTANT_EXAMPLE, "end": "2026-06-01T08:30:00+02:00"}]
        }
    )


class EventChanges(Changes):
    """With `start` alone the event keeps its length."""

    title: Text = Field(default_factory=str, max_length=500)
    start: Instant = Field(default_factory=int)
    end: Instant = Field(default_factory=int)
    transparent: bool = Field(default_factory=bool)


class EventShown(Shown):
    """An event of a local calendar."""

    id: str = Field(examples=["evt_01k0a7m9s8e4v2b6c3d5f7g9h1"])
    calendar_id: str
    title: str
    start: Time
    end: Time
    transparent: bool
    meeting_id: str | None = Field(description="Set where it is a meeting of Holdfast's.")
    version: int


class BusyItem(Shown):
    """A time that is taken."""

    start: Time
    end: Time
    kind: Literal["busy", "tentative", "out_of_office"]


class UnknownCalendar(Shown):
    """A calendar that could not be read: unknown, never free."""

    calendar_id: str
    reason: str


class BusyShown(Shown):
    """What is known of a person's time: merged, and cut to what was asked for."""

    items: list[BusyItem]
    complete: bool = Field(description="Whether every calendar could be read.")
    unknown: list[UnknownCalendar]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [{"start": "2026-06-01T07:00:00Z", "end": "2026-06-01T08:00:00Z", "kind": "busy"}],
                    "complete": False,
                    "unknown": [{"calendar_id": "cal_01k0a7m9s8e4v2b6c3d5f7g9h1", "reason": "unreachable"}],
                }
            ]
        }
    )
