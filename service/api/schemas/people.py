"""People: what is given and shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from service.api.schemas.base import Changes, Given, Shown, Text, Time
from service.app.keep_person import NUMBERS

DAY_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
DAY_END = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
EMAIL = r'^[^\s<>,;"]+@[^\s<>,;"@]+$'
WEEK: list[Any] = ["mon", "tue", "wed", "thu", "fri"]
PERSON_ID = "per_01k0a7m9s8e4v2b6c3d5f7g9h1"


def _number(name: str, **more: Any) -> Any:
    low, high = NUMBERS[name]
    return Field(ge=low, le=high, **more)


class Weekly(Given):
    """A time of day on some weekdays, on the person's own clock."""

    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(min_length=1, max_length=7)
    # The words that refuse a time come from the domain: they name the way out.
    start: str = Field(description="HH:MM, from 00:00 to 23:59.", json_schema_extra={"pattern": DAY_TIME})
    end: str = Field(
        description="HH:MM, up to 24:00. At or before `start`: the next day.", json_schema_extra={"pattern": DAY_END}
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"weekdays": WEEK, "start": "09:00", "end": "17:00"}]})


def _one_or_many(value: object) -> str:
    return "many" if isinstance(value, list) else "one"


Window = Annotated[
    Annotated[Weekly, Tag("one")] | Annotated[list[Weekly], Field(min_length=1, max_length=14), Tag("many")],
    Discriminator(_one_or_many),
]


class Windows(Given):
    """Kinds of time in a person's day. One that is left out is worked out from the working hours; null switches it off."""

    breakfast: Window | None = Field(default=None, description="Before work.")
    core: Window | None = Field(default=None, description="Working hours.")
    lunch: Window | None = None
    coffee: Window | None = Field(default=None, description="After work.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"lunch": {"weekdays": ["tue"], "start": "12:30", "end": "13:30"}, "core": None}]
        }
    )


class QuietHours(Given):
    """From when until when, on the person's own clock; over midnight where the end is the earlier."""

    start: str = Field(description="HH:MM.", json_schema_extra={"pattern": DAY_TIME})
    end: str = Field(description="HH:MM.", json_schema_extra={"pattern": DAY_TIME})

    model_config = ConfigDict(json_schema_extra={"examples": [{"start": "20:00", "end": "08:00"}]})


class Preferences(Given):
    """How a person likes to be booked, and to be written to."""

    min_notice_hours: int = _number(
        "min_notice_hours", default_factory=int, description="No slot begins sooner than this. At first 24."
    )
    buffer_minutes: int = _number(
        "buffer_minutes", default_factory=int, description="Kept free before and after anything else. At first 0."
    )
    max_meetings_per_day: int | None = _number("max_meetings_per_day", default=None, description="null: no limit.")
    holidays: Text | None = Field(
        default=None, max_length=20, description="Whose public holidays are days off: a country, or a part of one."
    )
    mails_per_week: int = _number(
        "mails_per_week",
        default_factory=int,
        description="Mails that ask something, in any seven days. At first 3. Invitations and changes do not count.",
    )
    quiet_hours: QuietHours | None = Field(
        default=None,
        description="When nothing that asks is mailed. At first 20:00 to 08:00; days without working hours and public "
        "holidays are quiet all day. null: no quiet hours.",
    )
    language: Text = Field(
        default_factory=str, max_length=20, examples=["en"], description="Of mails: en, or any that is installed (de)."
    )

    churn: bool = Field(
        default_factory=bool,
        description="Whether looks at the person's free/busy are kept, to learn which hours fill up. At first true; false "
        "takes out at once what was kept.",
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"min_notice_hours": 24, "holidays": "US-NY"}]})


Name = Annotated[Text, Field(min_length=1, max_length=200, examples=["Ada Lovelace"])]
Email = Annotated[
    Text, Field(min_length=3, max_length=254, examples=["ada@example.org"], json_schema_extra={"pattern": EMAIL})
]
Zone = Annotated[Text, Field(max_length=64, examples=["Europe/Berlin"], description="An IANA time zone.")]


class NewPerson(Given):
    """Someone whose time is scheduled."""

    name: Name
    email: Email
    time_zone: Zone
    working_hours: list[Weekly] = Field(
        default_factory=list, max_length=28, description="Left out: Monday to Friday, 9 to 17."
    )
    windows: Windows = Field(default_factory=Windows)
    preferences: Preferences = Field(default_factory=Preferences)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Ada Lovelace",
                    "email": "ada@example.org",
                    "time_zone": "Europe/London",
                    "working_hours": [{"weekdays": WEEK, "start": "09:00", "end": "17:30"}],
                    "windows": {"coffee": None},
                    "preferences": {"min_notice_hours": 48, "holidays": "GB"},
                }
            ]
        }
    )


class PersonChanges(Changes):
    """`windows` replaces the windows it names; `preferences` changes the ones it names."""

    name: Name = Field(default_factory=str)
    email: Email = Field(default_factory=str)
    time_zone: Zone = Field(default_factory=str)
    working_hours: list[Weekly] = Field(default_factory=list, max_length=28)
    windows: Windows = Field(default_factory=Windows)
    preferences: Preferences = Field(default_factory=Preferences)


class WeeklyShown(Shown):
    """A time of day on some weekdays."""

    weekdays: list[str]
    start: str
    end: str


class WindowsShown(Shown):
    """Every window; a list where weekdays differ, null where it is off."""

    breakfast: WeeklyShown | list[WeeklyShown] | None
    core: WeeklyShown | list[WeeklyShown] | None
    lunch: WeeklyShown | list[WeeklyShown] | None
    coffee: WeeklyShown | list[WeeklyShown] | None


class QuietHoursShown(Shown):
    """From when until when, on the person's own clock."""

    start: str
    end: str


class PreferencesShown(Shown):
    """Every preference, defaults filled in."""

    min_notice_hours: int
    buffer_minutes: int
    max_meetings_per_day: int | None
    holidays: str | None
    churn: bool
    mails_per_week: int
    quiet_hours: QuietHoursShown | None
    language: str


class PersonShown(Shown):
    """A person with every default filled in."""

    id: str = Field(examples=[PERSON_ID])
    name: str
    email: str
    time_zone: str
    working_hours: list[WeeklyShown]
    windows: WindowsShown
    preferences: PreferencesShown
    feed_url: str = Field(description="A secret address: the person's meetings, for any calendar program.")
    created_at: Time
    version: int = Field(description="Counts changes; the ETag, for If-Match.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": PERSON_ID,
                    "name": "Ada Lovelace",
                    "email": "ada@example.org",
                    "time_zone": "Europe/London",
                    "working_hours": [{"weekdays": WEEK, "start": "09:00", "end": "17:00"}],
                    "windows": {
                        "breakfast": {"weekdays": WEEK, "start": "07:30", "end": "09:00"},
                        "core": {"weekdays": WEEK, "start": "09:00", "end": "17:00"},
                        "lunch": {"weekdays": WEEK, "start": "12:00", "end": "13:00"},
                        "coffee": None,
                    },
                    "preferences": {
                        "min_notice_hours": 24,
                        "buffer_minutes": 0,
                        "max_meetings_per_day": None,
                        "holidays": "GB",
                        "churn": True,
                        "mails_per_week": 3,
                        "quiet_hours": {"start": "20:00", "end": "08:00"},
                        "language": "en",
                    },
                    "feed_url": "https://holdfast.example.org/feeds/Zk3…x9.ics",
                    "created_at": "2026-06-01T05:30:00Z",
                    "version": 1,
                }
            ]
        }
    )


class NewLink(Given):
    """What the address is for."""

    purpose: Literal["home"] = "home"

    model_config = ConfigDict(json_schema_extra={"examples": [{"purpose": "home"}]})


class LinkShown(Shown):
    """A signed address of the person's own page."""

    url: str = Field(examples=["https://holdfast.example.org/me/AQz…"])
    purpose: Literal["home"]
    expires_at: Time
