"""The year with Holdfast: a real house on an injected clock, two hours at a time, and the people around it.

People meet Holdfast where it meets them: mails and the buttons in them, their own pages' use cases, their calendars. Calendars
are read when somebody proposes, chooses or moves, in the daily round, and at once when a meeting in them was touched."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.year.cast import MARK, Cast, Couple, Soul
from benchmarks.year.diary import Diaries, Diary
from benchmarks.year.habits import SUITS, SUITS_BESIDE_WORK, Button, buttons, choose, matters
from benchmarks.year.life import FIRST_DAY, Landing, Life, at, beginning, is_workday
from benchmarks.year.watch import Watch
from benchmarks.year.without_care import awake_after, move_at
from service.app.act.links import open_action
from service.app.act.verbs import do, look
from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.connect_calendar import connect_calendar
from service.app.end_pair import end_pair
from service.app.find_slots import find_slots, read_situation
from service.app.keep_pair import create_pair
from service.app.keep_person import create_person
from service.app.pair_rules import consent
from service.app.rest_pair import pause_pair, resume_pair
from service.app.sync_calendar import sync_calendar
from service.app.use_fallback import use_fallback
from service.domain.errors import HoldfastError, LinkExpired, NotNow, TimeGone
from service.domain.ledger import Entry, Seat
from service.domain.meeting import DetectedVia
from service.domain.timespan import DAY, HOUR, MINUTE, Span, local
from service.jobs.rounds import daily, one_round
from service.ports.mailer import Mail, Method
from service.store import claims, meetings, proposals
from service.store.tables import MailRow
from tests.house import TestHouse, make_house

BEAT = 2 * HOUR  # between two rounds
READ_EVERY = 3 * DAY  # what stands there is read afresh before anything rests on it all the same
RECOUNT_EVERY = 14 * DAY


@dataclass
class Standing:
    """A booked meeting as the town knows it."""

    id: str
    pair_id: str
    uid: str
    span: Span
    sequence: int


@dataclass
class Town:
    """Runs it. ``check_links``: how many links of each mail are looked at as it comes, and again some days later."""

    cast: Cast
    lives: dict[str, Life]
    seed: int
    days: int
    folder: Path
    check_links: int = 1
    tell: Callable[[str], None] = lambda _text: None
    counts: Counter[str] = field(default_factory=Counter)
    truth: dict[str, bool] = field(default_factory=dict)  # whether a meeting took place, by its id
    held_at: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calendars = Diaries(now=beginning())
        for soul in self.cast.souls:
            diary = self.calendars.diaries[soul.email] = Diary(leave=self.lives[soul.key].leave)
            diary.fill(self.lives[soul.key].standing)
        self.at: TestHouse = make_house(self.folder, now=beginning(), calendars={"caldav": self.calendars})
        self.at.house = self.house = replace(self.at.house, sync_seconds=READ_EVERY)
        self.watch = Watch(self.house, self.at.posts, self.calendars.diaries, self.entry, self.tell)
        self.rng = {soul.key: Random(f"with:{self.seed}:{soul.key}") for soul in self.cast.souls}
        self.ids: dict[str, str] = {}
        self.calendar_ids: dict[str, str] = {}
        self.pair_of: dict[str, Couple] = {}
        self.standing: dict[str, Standing] = {}
        self.by_uid: dict[str, str] = {}
        self.plans: list[tuple[int, int, Callable[[], None]]] = []
        self.number = itertools.count()
        self.read_mails = 0
        self.day = -1

    @property
    def now(self) -> int:
        """The town's clock is the house's."""
        return self.at.clock.at

    def plan(self, when: int, act: Callable[[], None]) -> None:
        """It happens then, or with the next beat."""
        heapq.heappush(self.plans, (when, next(self.number), act))

    # The year

    def run(self) -> None:
        """Lives it through and checks it; what was found is in ``watch.findings``."""
        stop = self.watch.listen()
        try:
            self._settle_in()
            landings = sorted(
                ((one, soul) for soul in self.cast.souls for one in self.lives[soul.key].landings),
                key=lambda item: item[0],
            )
            upto = 0
            for now in range(beginning(), beginning() + self.days * DAY, BEAT):
                self.at.clock.at = self.calendars.now = now
                while upto < len(landings) and landings[upto][0].at <= self.now:
                    self.land(*landings[upto])
                    upto += 1
                self._beat()
                passed = (now - beginning()) // DAY
                if passed % 30 == 0 and self.day != (now - BEAT) // DAY:
                    self.tell(f"day {passed}: {sum(self.truth.values())} meetings held, {self.read_mails} mails")
            self.watch.recount()
            self.watch.webhooks()
            self.watch.jobs(self.at.jobs.waiting())
        finally:
            stop()

    def _beat(self) -> None:
        while self.plans and self.plans[0][0] <= self.now:
            self.do(heapq.heappop(self.plans)[2])
        one_round(self.house)
        if self.day != (today := self.now // DAY):
            self.day = today
            daily(self.house)
            for diary in self.calendars.diaries.values():
                diary.forget(self.now - 3 * DAY)
            if (today - beginning() // DAY) % (RECOUNT_EVERY // DAY) == 0:
                self._after()
                self.watch.recount()
        self._after()

    def do(self, act: Callable[[], None]) -> None:
        """What one person does, and what follows from it at once. A kind refusal is part of life; anything else is found."""
        try:
            act()
        except HoldfastError as trouble:
            self.counts[f"refused:{trouble.code}"] += 1
        except Exception as error:
            self.watch.find(f"{type(error).__name__} {error} in {act}")
        self._after()

    def _after(self) -> None:
        self.at.run()
        self.watch.look()
        self._deliver()

    def _settle_in(self) -> None:
        for soul in self.cast.souls:
            facts: dict[str, Any] = {
                "name": soul.name,
                "email": soul.email,
                "time_zone": soul.zone,
                "working_hours": [_hours(soul)],
                "preferences": {
                    "churn": soul.learns,
                    **({"holidays": soul.holidays} if soul.holidays else {}),
                    **({"mails_per_week": soul.mails_per_week} if soul.mails_per_week else {}),
                },
            }
            person_id = self.ids[soul.key] = create_person(self.house, facts)
            self.watch.people[person_id] = soul
            url = f"https://town.example/{soul.email}/"
            request = {"provider": "caldav", "url": url, "username": soul.key, "password": MARK}
            self.calendar_ids[soul.key] = connect_calendar(self.house, person_id, request)
        for couple in self.cast.couples:
            self.plan(beginning() + couple.starts_on * DAY + 9 * HOUR, lambda couple=couple: self.begin(couple))

    # What people do of themselves

    def begin(self, couple: Couple) -> None:
        """A coordinator makes the pair; from then on nobody does anything but what mails and life ask of them."""
        pair_id = create_pair(
            self.house,
            {
                "mentor_id": self.ids[couple.mentor.key],
                "mentee_id": self.ids[couple.mentee.key],
                "kind": couple.kind,
                "cadence": {"every": couple.every, "unit": couple.unit},
                "duration_minutes": couple.minutes,
                "focus": f"{MARK} matters",
                "rules": {"when_unanswered": couple.when_unanswered},
                "move_budget": couple.move_budget,
                **(
                    {"sessions_agreed": couple.sessions, "objectives": [{"text": MARK, "review_on": _day(90)}]}
                    if couple.sessions
                    else {}
                ),
            },
        )
        self.pair_of[pair_id] = couple
        self.held_at[pair_id] = []
        self.watch.follow(pair_id, couple)
        if couple.consents:
            for seat in Seat:
                consent(self.house, pair_id, by=seat, auto_confirm=True)
        for day, lasts, seat in couple.pauses:
            if day > couple.starts_on:
                when = beginning() + day * DAY + 10 * HOUR
                self.plan(when, lambda lasts=lasts, seat=seat: self.rest(pair_id, lasts, Seat(seat)))
        if couple.ends_on:
            day, seat = couple.ends_on
            self.plan(beginning() + day * DAY + 10 * HOUR, lambda: self.end(pair_id, Seat(seat)))

    def rest(self, pair_id: str, lasts: int | None, seat: Seat) -> None:
        """Somebody wishes for a pause, with a return date or without; without one they come back after two months."""
        pause_pair(self.house, pair_id, by=seat, until=self.now + lasts * DAY if lasts else None)
        self.counts["rested"] += 1
        if lasts is None:
            self.plan(self.now + 60 * DAY, lambda: resume_pair(self.house, pair_id, by=seat))

    def end(self, pair_id: str, seat: Seat) -> None:
        """Somebody wishes to end; every second would like a last meeting, and leaves a note to whoever coordinates."""
        graceful = self.rng[self.pair_of[pair_id].soul(seat.value).key].random() < 0.5
        note = f"{MARK} and thanks" if graceful else None
        end_pair(self.house, pair_id, by=seat, last_meeting=graceful, handover=note)

    def land(self, landing: Landing, soul: Soul) -> None:
        """Something wants a place in a calendar; on a meeting of the pair it may win, and then somebody has to move."""
        diary = self.calendars.diaries[soul.email]
        hit = diary.meeting_at(landing.start, landing.end)
        if hit is None:
            if not diary.takes(landing.start, landing.end):
                diary.add(landing.start, landing.end)
        elif landing.draw < soul.traits.yields and hit.uid in self.by_uid:
            diary.add(landing.start, landing.end)
            stood = self.standing[self.by_uid[hit.uid]]
            when = move_at(self.rng[soul.key], soul, landing.at, stood.span.start)
            self.plan(when, lambda: self.move(soul, stood))
            self.counts["collisions"] += 1

    def move(self, soul: Soul, stood: Standing) -> None:
        """Whoever has to move it does so in one of the ways there are, if it still stands there."""
        if self.standing.get(stood.id) is not stood or stood.span.start <= self.now:
            return
        rng, seat = self.rng[soul.key], self._seat(soul, stood.pair_id)
        diary, draw = self.calendars.diaries[soul.email], rng.random()
        entry = diary.entries.get(stood.uid)
        if rng.random() < 0.4 and self._take_the_fallback(soul, stood, seat):
            return
        if draw < 0.35 and entry is not None:
            self._drag(soul, stood, entry.copy)
        elif draw < 0.45 and entry is not None and not entry.copy:
            diary.drop(stood.uid)
            self.counts["deleted in the calendar"] += 1
            sync_calendar(self.house, self.calendar_ids[soul.key])
        elif draw < 0.55:
            self.counts["called off by page"] += 1
            cancel_meeting(self.house, stood.id, by=seat, via=DetectedVia.APP)
        else:
            self._move_by_page(soul, stood, seat)

    def _take_the_fallback(self, soul: Soul, stood: Standing, seat: Seat) -> bool:
        """The second time that is held for both, where there is one and the own calendar agrees."""
        with self.house.reading() as session:
            held = claims.held(session, [stood.id]).get(stood.id)
        diary = self.calendars.diaries[soul.email]
        if held is None or held.start <= self.now or not diary.free(held.start, held.end):
            return False
        self.counts["moved to the fallback by page"] += 1
        use_fallback(self.house, stood.id, by=seat, start=held.start, via=DetectedVia.APP)
        return True

    def _drag(self, soul: Soul, stood: Standing, copy: bool) -> None:
        """To a time of their own, in their own calendar, not knowing the other's."""
        diary, rng = self.calendars.diaries[soul.email], self.rng[soul.key]
        for _ in range(40):
            day = local(stood.span.start + rng.randrange(1, 11) * DAY, soul.zone).date()
            minutes = stood.span.seconds // MINUTE
            start = at(soul.zone, day, rng.randrange(soul.starts, soul.ends - minutes, 30))
            span = stood.span.moved_to(start)
            if is_workday(soul, day) and diary.free(span.start, span.end, but=stood.uid):
                diary.put(stood.uid, span, stood.sequence, copy=copy)
                self.counts["dragged in the calendar"] += 1
                sync_calendar(self.house, self.calendar_ids[soul.key])
                return

    def _move_by_page(self, soul: Soul, stood: Standing, seat: Seat) -> None:
        """The page's own offers: the first that suits; without any it is called off."""
        situation = read_situation(
            self.house, stood.pair_id, horizon_days=28, duration_minutes=stood.span.seconds // MINUTE
        )
        for slot in find_slots(self.house, situation, limit=6).slots:
            if self.rng[soul.key].random() < (SUITS if at_work(soul, slot.start, slot.end) else SUITS_BESIDE_WORK):
                self.counts["moved by page"] += 1
                move_meeting(self.house, stood.id, start=slot.start, by=seat, via=DetectedVia.APP)
                return
        self.counts["called off by page"] += 1
        cancel_meeting(self.house, stood.id, by=seat, via=DetectedVia.APP)

    def fall_ill(self, soul: Soul, stood: Standing) -> None:
        """On the day itself: called off by page."""
        if self.standing.get(stood.id) is stood and stood.span.start > self.now:
            self.counts["ill"] += 1
            seat = self._seat(soul, stood.pair_id)
            cancel_meeting(self.house, stood.id, by=seat, reason_code="illness", via=DetectedVia.APP)

    def meet(self, stood: Standing) -> None:
        """They meet, or one does not come."""
        if self.standing.get(stood.id) is not stood:
            return
        couple, there = self.pair_of[stood.pair_id], True
        for soul in (couple.mentor, couple.mentee):
            silent = self.lives[soul.key].silent(self.now)
            there &= self.rng[soul.key].random() >= (0.5 if silent else soul.traits.absent_minded)
        self.truth[stood.id] = there
        if there:
            self.held_at[stood.pair_id].append(self.now)

    # What reaches them

    def entry(self, pair_id: str, entry: Entry) -> None:
        """The town learns where meetings stand."""
        kind, data = entry.type.value, entry.data
        if kind == "meeting.booked":
            with self.house.reading() as session:
                uid = meetings.get(session, data["meeting_id"]).ics_uid
            self._stand(Standing(data["meeting_id"], pair_id, uid, Span(data["start"], data["end"]), 0))
        elif kind in ("meeting.moved", "meeting.moved_back"):
            old, new = self.standing.get(data["meeting_id"]), Span(data["new"]["start"], data["new"]["end"])
            if old is not None:
                self._stand(replace(old, span=new, sequence=data["sequence"]))
        elif kind == "meeting.cancelled":
            self.standing.pop(data["meeting_id"], None)

    def _stand(self, stood: Standing) -> None:
        self.standing[stood.id] = stood
        self.by_uid[stood.uid] = stood.id
        couple = self.pair_of[stood.pair_id]
        for soul in (couple.mentor, couple.mentee):
            rng = self.rng[soul.key]
            if rng.random() < soul.traits.ill:
                when = max(self.now, stood.span.start - rng.randrange(1, 10) * HOUR)
                self.plan(when, lambda soul=soul: self.fall_ill(soul, stood))
        self.plan(stood.span.end, lambda: self.meet(stood))

    def _deliver(self) -> None:
        sent = self.at.mails.sent
        while self.read_mails < len(sent):
            mail = sent[self.read_mails]
            sent[self.read_mails] = None  # type: ignore[call-overload]  # read and put away: a year of mails is long
            self.read_mails += 1
            self._receive(mail)

    def _receive(self, mail: Mail) -> None:
        with self.house.reading() as session:
            row = session.get(MailRow, mail.message_id.partition("@")[0])
            assert row is not None
            session.expunge(row)
        soul = self.watch.people[row.person_id]
        self.watch.mail_went(row)
        self.counts["mails that ask" if row.asks else "mails with news"] += 1
        if mail.invitation is not None:
            self._into_calendar(soul, mail)
        found = buttons(self.house, row.text)
        self._look_at_links(soul, row, found)
        if row.asks and found:
            self._think(soul, found)

    def _into_calendar(self, soul: Soul, mail: Mail) -> None:
        """The reader's calendar program puts an invitation where it belongs."""
        assert mail.invitation is not None
        diary, uid = self.calendars.diaries[soul.email], mail.invitation.uid
        if mail.method is Method.CANCEL:
            diary.drop(uid)
        elif mail.invitation.organizer.email != soul.email:
            there = diary.entries.get(uid)
            if there is None or there.span != mail.invitation.span:
                diary.put(uid, mail.invitation.span, mail.invitation.sequence, copy=True)

    def _look_at_links(self, soul: Soul, row: MailRow, found: list[Button]) -> None:
        """Links work when they come; later they work or end kindly."""
        rng = self.rng[soul.key]
        for button in found if len(found) <= self.check_links else rng.sample(found, self.check_links):
            self.open(soul, button, fresh=row.asks)
            self.plan(self.now + rng.randrange(1, 50) * DAY, lambda button=button: self.open(soul, button, fresh=False))

    def open(self, soul: Soul, button: Button, *, fresh: bool) -> None:
        """A look, as a mail scanner takes one: it changes nothing."""
        self.counts["links looked at"] += 1
        try:
            look(self.house, open_action(self.house, button.token))
        except HoldfastError as trouble:
            if fresh or not isinstance(trouble, NotNow | TimeGone | LinkExpired):
                self.watch.find(f"a link ({button.verb}) to {soul.key} says {trouble.code}: {trouble.detail}")

    def _think(self, soul: Soul, found: list[Button]) -> None:
        """Whether and when the mail is acted on."""
        life, rng = self.lives[soul.key], self.rng[soul.key]
        if life.silent(self.now) or rng.random() >= soul.traits.answers:
            return
        delay = int(rng.lognormvariate(0, 1.0) * soul.traits.delay_hours * HOUR)
        self.plan(awake_after(soul, life, self.now + delay), lambda: self._answer(soul, found))

    def _answer(self, soul: Soul, found: list[Button]) -> None:
        chosen = False
        for matter in matters(found):
            if matter[0].verb == "fallback" and chosen:
                continue  # it stood beside the times that were offered
            button = choose(
                self.rng[soul.key],
                matter,
                suits=lambda button: self._suits(soul, button),
                happened=lambda meeting_id: self.truth.get(meeting_id, False),
            )
            if button is not None:
                chosen = True
                self.do(lambda button=button: self.press(soul, button))

    def press(self, soul: Soul, button: Button) -> None:
        """Opens the link and presses the button; one in twenty presses twice."""
        self.counts[f"pressed:{button.verb}"] += 1
        do(self.house, open_action(self.house, button.token))
        if self.rng[soul.key].random() < 0.05:
            do(self.house, open_action(self.house, button.token))

    def _suits(self, soul: Soul, button: Button) -> bool:
        with self.house.reading() as session:
            slots = proposals.slots(session, str(button.args[0]))
        slot = next((s for s in slots if s.id == button.args[1]), None)
        if slot is None or slot.start <= self.now:
            return False
        usual = at_work(soul, slot.start, slot.end)
        if self.rng[soul.key].random() >= (SUITS if usual else SUITS_BESIDE_WORK):
            return False
        return self.calendars.diaries[soul.email].free(slot.start, slot.end)

    def _seat(self, soul: Soul, pair_id: str) -> Seat:
        return Seat.MENTOR if self.pair_of[pair_id].mentor is soul else Seat.MENTEE


def _day(days: int) -> str:
    return (FIRST_DAY + timedelta(days=days)).isoformat()


def at_work(soul: Soul, start: int, end: int) -> bool:
    """Whether a time lies within somebody's working hours."""
    a, b = local(start, soul.zone), local(end, soul.zone)
    return a.hour * 60 + a.minute >= soul.starts and b.hour * 60 + b.minute <= soul.ends


def _hours(soul: Soul) -> dict[str, Any]:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    clock = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (soul.starts, soul.ends)]
    return {"weekdays": [names[day] for day in soul.weekdays], "start": clock[0], "end": clock[1]}
