"""Fills an empty installation with the sample people."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.app.connect_calendar import connect_calendar
from service.app.house import House
from service.app.keep_pair import create_pair
from service.app.keep_person import create_person
from service.app.keep_programme import create_programme
from service.app.local_calendar import add_event
from service.app.manage_endpoints import create_endpoint
from service.app.propose_slots import propose_slots
from service.demo.cast import AMARA, DANA, JONAS, Part
from service.demo.diary import diary
from service.demo.story import Fate, Story
from service.demo.weeks import seed_looks
from service.domain.ledger import Seat
from service.domain.timespan import DAY, HOUR, WEEK, local
from service.jobs.memory import MemoryJobs
from service.ports.clock import FixedClock

SEED = 20
BEGINNING = 17 * WEEK  # so long ago the story begins

COACHING = (
    (12, Fate.HELD),
    (10, Fate.MOVED_IN_CALENDAR),
    (8, Fate.HELD),
    (6, Fate.MOVED_ON_PAGE),
    (4, Fate.CALLED_OFF),
    (3, Fate.HELD),
    (2, Fate.HELD),
)
MENTORING = ((13, Fate.HELD), (9, Fate.MOVED_IN_CALENDAR), (4, Fate.HELD))


@dataclass(frozen=True, slots=True)
class Seeded:
    """The ids of what was made."""

    dana: str
    jonas: str
    amara: str
    mentoring: str
    coaching: str


def seed_past(house: House, *, now: int, seed: int = SEED) -> Seeded:
    """People, calendars, pairs and what happened until ``now``. Nothing leaves the house: jobs run in memory, at once."""
    clock = FixedClock(now - BEGINNING)
    jobs = MemoryJobs(clock)
    then = replace(house, clock=clock, jobs=jobs)
    dana, jonas, amara = (_person(then, part, now, seed) for part in (DANA, JONAS, AMARA))
    programme = create_programme(then, {"name": "Sample programme"})
    mentoring = create_pair(
        then,
        {
            "programme_id": programme,
            "mentor_id": dana,
            "mentee_id": jonas,
            "kind": "mentoring",
            "cadence": {"every": 1, "unit": "month"},
            "duration_minutes": 45,
            "focus": "Leading a first team",
        },
    )
    coaching = create_pair(
        then,
        {
            "programme_id": programme,
            "mentor_id": amara,
            "mentee_id": dana,
            "kind": "coaching",
            "cadence": {"every": 2, "unit": "week"},
            "duration_minutes": 60,
            "focus": "Room to think",
            "objectives": [
                {"text": "Say no once a week without explaining", "done": True},
                {"text": "Hand over the Monday report", "review_on": _day(now + 20 * DAY)},
                {"text": "Two evenings a week without a laptop"},
            ],
            "sessions_agreed": 10,
            "next_step": "Ask Karin who could take the Monday report",
            "move_budget": 4,
            "rules": {"when_unanswered": "auto_confirm"},
        },
    )
    story = Story(then, clock, jobs, now)
    for weeks, fate in COACHING:
        story.meet(coaching, now - weeks * WEEK, fate)
    story.meet(coaching, now - 2 * DAY, Fate.UNREPORTED, latest=now - HOUR)
    story.meet(coaching, now + 9 * DAY, Fate.AHEAD)
    for weeks, fate in MENTORING:
        story.meet(mentoring, now - weeks * WEEK - 2 * DAY, fate)
    story.play()
    seed_looks(then, {dana: DANA, jonas: JONAS, amara: AMARA}, now, seed)
    return Seeded(dana, jonas, amara, mentoring, coaching)


def seed_present(house: House, seeded: Seeded, receiver_url: str | None) -> None:
    """What happens as the demo opens, through the running house: somebody listens, and times are offered."""
    if receiver_url is not None:
        create_endpoint(house, {"url": receiver_url})
    propose_slots(house, seeded.mentoring, responder=Seat.MENTOR)


def _day(at: int) -> str:
    return f"{local(at, AMARA.facts['time_zone']):%Y-%m-%d}"


def _person(house: House, part: Part, now: int, seed: int) -> str:
    person_id = create_person(house, part.facts)
    calendar_id = connect_calendar(house, person_id, {"provider": "local"})
    for entry in diary(part, now, seed):
        add_event(house, calendar_id, {"title": entry.title, "start": entry.start, "end": entry.end})
    return person_id
