"""Who lives through the year. Everything random comes from the seed; nothing here knows of Holdfast.

The numbers are assumptions, chosen to be plain rather than flattering, and the same in the world without Holdfast:

- a mentor has one to five mentees; 30 % of the pairs live in different time zones;
- of the working hours, 25 to 50 % of a mentor's and 15 to 40 % of a mentee's are standing events;
- new events seek a place in a mentor's calendar 2 to 4 times a working day, in a mentee's 0.6 to 1.5 times, most of them one
  to ten days ahead, nine of ten within working hours; what finds only own things there goes elsewhere;
- when one lands on a meeting of the pair, a mentor lets it win in 40 % of the cases, a mentee in 25 %; two of five then
  say so only on the last day;
- a mentor acts on 50 to 85 % of the questions that reach them, a mentee on 70 to 95 %, whoever asks; 3 % of all never do;
- half of all answers come within five hours (mentor) or two (mentee) of the time awake, some only days later;
- some have spells of silence of two to nine weeks (0.5 a year for a mentor, 0.4 for a mentee), in which they answer nothing
  and miss what stands with a chance of one half;
- two or three leaves a year, in the calendar from the start; illness on the day itself: 1 %;
- once booked and not moved, each forgets a meeting with a chance of 2 %;
- one in ten lets Holdfast keep looks at their calendar (all by default; fewer here to keep the year quick);
- 10 % of the people wish for a pause in a year, 6 % to end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

ZONES = (
    ("Europe/Berlin", "DE", 5),
    ("America/New_York", "US", 4),
    ("Europe/London", "GB", 3),
    ("America/Los_Angeles", "US-CA", 2),
    ("Asia/Kolkata", None, 1),
    ("Australia/Sydney", "AU-NSW", 1),
)
NEAR = {
    "Europe/Berlin": ("Europe/London", "America/New_York", "Asia/Kolkata"),
    "Europe/London": ("Europe/Berlin", "America/New_York"),
    "America/New_York": ("Europe/London", "Europe/Berlin", "America/Los_Angeles"),
    "America/Los_Angeles": ("America/New_York",),
    "Asia/Kolkata": ("Europe/Berlin", "Europe/London"),
    "Australia/Sydney": ("Asia/Kolkata",),
}
HOLIDAYS = {zone: code for zone, code, _ in ZONES}
SEATS = ("mentor", "mentee")
MARK = "Quisquilia"  # stands in every name, title and focus: whatever bears it has leaked


@dataclass(frozen=True)
class Traits:
    """How somebody is. Chances from 0 to 1, hours for delays."""

    answers: float
    delay_hours: float  # the median, of time awake
    standing: float  # of the working hours
    lands_a_day: float
    yields: float  # a new event wins over a meeting of the pair
    last_day: float  # who has to move it says so on the last day only
    silences_a_year: float
    absent_minded: float = 0.02
    ill: float = 0.01


@dataclass(frozen=True)
class Soul:
    """One person. ``key`` is the name in seeds and in the mail address; hours in minutes of the local day."""

    key: str
    zone: str
    mentor: bool
    traits: Traits
    starts: int
    ends: int
    weekdays: tuple[int, ...]
    holidays: str | None
    mails_per_week: int | None = None
    learns: bool = False

    @property
    def name(self) -> str:
        """A name that would be noticed anywhere."""
        return f"{self.key.capitalize()} {MARK}"

    @property
    def email(self) -> str:
        """Its address."""
        return f"{self.key}@{MARK.lower()}.example"


@dataclass(frozen=True)
class Couple:
    """One pair, and what it will wish for. ``day`` counts from the beginning of the year."""

    key: str
    mentor: Soul
    mentee: Soul
    kind: str
    every: int
    unit: str
    minutes: int
    starts_on: int
    when_unanswered: str
    consents: bool  # both agree to have the steadiest time booked where nobody answers
    sessions: int | None
    move_budget: int | None
    pauses: tuple[tuple[int, int | None, str], ...] = ()  # (day, for how many days or open, whose wish)
    ends_on: tuple[int, str] | None = None  # (day, whose wish)

    @property
    def cadence_days(self) -> float:
        """Its nominal length."""
        return self.every * (7 if self.unit == "week" else 365.25 / 12)

    def soul(self, seat: str) -> Soul:
        """Who sits there."""
        return self.mentor if seat == "mentor" else self.mentee


@dataclass
class Cast:
    """Everybody."""

    souls: list[Soul] = field(default_factory=list)
    couples: list[Couple] = field(default_factory=list)


def make_cast(seed: int, pairs: int, days: int) -> Cast:
    """``pairs`` pairs; the same seed gives the same people."""
    rng = Random(f"cast:{seed}")
    cast = Cast()
    while len(cast.couples) < pairs:
        mentor = _soul(rng, f"m{len(cast.souls):03}", mentor=True)
        cast.souls.append(mentor)
        for _ in range(min(rng.choices((1, 2, 3, 4, 5), (25, 30, 25, 12, 8))[0], pairs - len(cast.couples))):
            zone = rng.choice(NEAR[mentor.zone]) if rng.random() < 0.3 else mentor.zone
            mentee = _soul(rng, f"e{len(cast.souls):03}", mentor=False, zone=zone)
            cast.souls.append(mentee)
            cast.couples.append(_couple(rng, f"p{len(cast.couples):03}", mentor, mentee, days))
    return cast


def _soul(rng: Random, key: str, *, mentor: bool, zone: str | None = None) -> Soul:
    zone = zone or rng.choices([z for z, _, _ in ZONES], [w for _, _, w in ZONES])[0]
    answers = rng.uniform(0.5, 0.85) if mentor else rng.uniform(0.7, 0.95)
    if rng.random() < 0.03:
        answers = 0.0
    if mentor:
        traits = Traits(answers, 5.0, rng.uniform(0.25, 0.5), rng.uniform(2.0, 4.0), 0.4, 0.4, 0.5)
        starts, ends = rng.choice(((8, 18), (9, 18), (9, 17)))
    else:
        traits = Traits(answers, 2.0, rng.uniform(0.15, 0.4), rng.uniform(0.6, 1.5), 0.25, 0.4, 0.4)
        starts, ends = rng.choice(((9, 17), (8, 16), (9, 18)))
    weekdays = (0, 1, 2, 3) if rng.random() < 0.12 else (0, 1, 2, 3, 4)
    holidays = HOLIDAYS[zone] if rng.random() < 0.7 else None
    per_week = rng.choice((1, 2, 5)) if rng.random() < 0.15 else None
    learns = rng.random() < 0.1
    return Soul(key, zone, mentor, traits, starts * 60, ends * 60, weekdays, holidays, per_week, learns)


def _couple(rng: Random, key: str, mentor: Soul, mentee: Soul, days: int) -> Couple:
    kind = "coaching" if rng.random() < 0.25 else "mentoring"
    every, unit = rng.choices(((1, "month"), (2, "week"), (3, "week"), (1, "week")), (50, 25, 15, 10))[0]
    pauses = [(rng.randrange(20, 365), rng.choice((14, 28, 42, None)), seat) for seat in SEATS if rng.random() < 0.10]
    ends = [(rng.randrange(60, 365), seat) for seat in SEATS if rng.random() < 0.06]
    return Couple(
        key=key,
        mentor=mentor,
        mentee=mentee,
        kind=kind,
        every=every,
        unit=unit,
        minutes=rng.choice((30, 45, 60, 60)),
        starts_on=rng.randrange(min(30, days // 3)),
        when_unanswered=rng.choices(("offer_again", "auto_confirm", "offer_pause"), (60, 25, 15))[0],
        consents=rng.random() < 0.7,
        sessions=rng.choice((6, 8, 10)) if kind == "coaching" else None,
        move_budget=rng.choice((None, None, 2, 3)),
        pauses=tuple(sorted(pauses)),
        ends_on=min(ends, default=None),
    )
