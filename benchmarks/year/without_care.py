"""The same people and the same year without Holdfast: the mentee asks, by mail, as people do.

1. When the next meeting is due within a week the mentee writes "when would you have time?", after putting it off for a few
   days (half of them within three).
2. The mentor answers as they answer any question (``cast``), with three times of their own, free for them as they write, one
   or two weeks ahead, in working hours or at lunch; nobody sees the other's calendar.
3. The mentee answers with the first that suits, or asks again; by the time the mentor reads it the time may be gone.
4. Unanswered, the mentee waits ten to fourteen days and asks once more with a chance of 70 %, then lets it rest until the next
   meeting would be due, three weeks at least. Three such times in a row, and the mentee no longer asks.
5. What is booked stands in both calendars. Whoever has to move it asks for another time of their own; free for the other it
   is moved, otherwise it is off, and the mentee begins anew. What is called off on its last day is off.
6. Of the meetings that take place, 35 % end with the next one fixed on the spot, both calendars open.
7. Pauses and ends are not spoken of: for as long as somebody wishes for one, they do not answer.

Kind to this world: writing costs no more than tapping, both always know what was agreed, nobody is too shy to ask, and nobody
fixes the next one on the spot in the world with Holdfast.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from random import Random

from benchmarks.year.cast import Cast, Couple, Soul
from benchmarks.year.diary import Diary
from benchmarks.year.life import Landing, Life, at, awake, beginning, due_for, is_workday
from service.domain.timespan import DAY, HOUR, MINUTE, Span, local

GIVES_UP_AFTER = 3  # times in a row that asking led nowhere
ON_THE_SPOT = 0.35


@dataclass
class Outcome:
    """What became of one pair's year."""

    held: int = 0
    booked: int = 0
    moved: int = 0
    called_off: int = 0
    missed: int = 0
    asked: dict[str, int] = field(default_factory=lambda: {"mentor": 0, "mentee": 0})  # mails that each wrote
    waits: list[int] = field(default_factory=list)  # days from the first asking to a booking
    given_up: bool = False
    held_at: list[int] = field(default_factory=list)


@dataclass
class _State:
    couple: Couple
    outcome: Outcome
    last: int
    meeting: Span | None = None
    uid: int = 0
    asking_since: int | None = None
    tries: int = 0
    fruitless: int = 0
    turn: int = 0  # raised by whatever makes older plans void


class World:
    """Runs it, hour by hour."""

    def __init__(self, cast: Cast, lives: dict[str, Life], seed: int, days: int) -> None:
        self.cast, self.lives, self.days = cast, lives, days
        self.rng = {soul.key: Random(f"without:{seed}:{soul.key}") for soul in cast.souls}
        self.diaries = {soul.key: Diary(leave=lives[soul.key].leave) for soul in cast.souls}
        for soul in cast.souls:
            self.diaries[soul.key].fill(lives[soul.key].standing)
        begin = beginning()
        self.states = [_State(c, Outcome(), begin + c.starts_on * DAY) for c in cast.couples]
        self.pairs_of: dict[str, list[_State]] = {}
        for state in self.states:
            for soul in (state.couple.mentor, state.couple.mentee):
                self.pairs_of.setdefault(soul.key, []).append(state)
        self.plans: list[tuple[int, int, str, _State, int, object]] = []
        self.count = 0

    def run(self) -> list[Outcome]:
        """The year; outcomes in the order of the pairs."""
        begin, end = beginning(), beginning() + self.days * DAY
        landings = sorted(
            ((landing, soul) for soul in self.cast.souls for landing in self.lives[soul.key].landings),
            key=lambda item: item[0],
        )
        upto = 0
        for state in self.states:
            self.plan(state, state.last + self._put_off(state), "ask")
        for now in range(begin, end, HOUR):
            while upto < len(landings) and landings[upto][0].at <= now:
                self.land(*landings[upto])
                upto += 1
            while self.plans and self.plans[0][0] <= now:
                _, _, what, state, turn, given = heapq.heappop(self.plans)
                if turn == state.turn:
                    getattr(self, f"on_{what}")(state, now, given)
        return [state.outcome for state in self.states]

    def plan(self, state: _State, when: int, what: str, given: object = None) -> None:
        """``what`` happens then, unless something makes it void before."""
        self.count += 1
        heapq.heappush(self.plans, (when, self.count, what, state, state.turn, given))

    def _put_off(self, state: _State) -> int:
        return int(self.rng[state.couple.mentee.key].lognormvariate(1.1, 0.7) * DAY)

    def _read(self, soul: Soul, now: int) -> int | None:
        """When somebody answers what reaches them now; ``None``: never."""
        life, rng = self.lives[soul.key], self.rng[soul.key]
        if life.silent(now) or rng.random() >= soul.traits.answers:
            return None
        return awake_after(soul, life, now + int(rng.lognormvariate(0, 1.0) * soul.traits.delay_hours * HOUR))

    def _willing(self, state: _State, seat: str, now: int) -> bool:
        day = (now - beginning()) // DAY
        for begins, lasts, whose in state.couple.pauses:
            if whose == seat and begins <= day < begins + (lasts or 60):
                return False
        ends = state.couple.ends_on
        return not (ends and ends[1] == seat and day >= ends[0])

    # What happens

    def on_ask(self, state: _State, now: int, _given: object) -> None:
        """The mentee writes."""
        couple = state.couple
        mentee = self.lives[couple.mentee.key]
        if mentee.silent(now) or mentee.away(now) or not awake(couple.mentee, now):
            self.plan(state, now + (DAY if mentee.silent(now) or mentee.away(now) else HOUR), "ask")
            return
        if not self._willing(state, "mentee", now):
            self.plan(state, now + 7 * DAY, "ask")
            return
        state.outcome.asked["mentee"] += 1
        if state.asking_since is None:
            state.asking_since, state.tries = now, 0
        state.tries += 1
        reads = self._read(couple.mentor, now) if self._willing(state, "mentor", now) else None
        if reads is not None:
            self.plan(state, reads, "offer")
            return
        self._unanswered(state, now)

    def _unanswered(self, state: _State, now: int) -> None:
        rng = self.rng[state.couple.mentee.key]
        if state.tries <= 2 and rng.random() < 0.7:
            self.plan(state, now + rng.randrange(10, 15) * DAY, "ask")
            return
        state.fruitless += 1
        state.asking_since = None
        if state.fruitless >= GIVES_UP_AFTER:
            state.outcome.given_up = True
            return
        self.plan(state, now + int(max(state.couple.cadence_days, 21) * DAY), "ask")

    def on_offer(self, state: _State, now: int, _given: object) -> None:
        """The mentor names three times."""
        couple = state.couple
        state.outcome.asked["mentor"] += 1
        times = self._own_times(couple.mentor, couple, now, 3)
        reads = self._read(couple.mentee, now) if self._willing(state, "mentee", now) else None
        if reads is None:
            self._unanswered(state, now)
        else:
            self.plan(state, reads, "choose", times)

    def on_choose(self, state: _State, now: int, given: object) -> None:
        """The mentee takes the first that suits."""
        couple = state.couple
        for span in given if isinstance(given, list) else []:
            if span.start > now + HOUR and self._free(couple.mentee, span):
                state.outcome.asked["mentee"] += 1
                reads = self._read(couple.mentor, now) or now + 2 * DAY  # an answer to an offer of one's own is read
                self.plan(state, min(reads, span.start), "agree", span)
                return
        self.plan(state, now, "ask")

    def on_agree(self, state: _State, now: int, given: object) -> None:
        """The mentor sees the choice: if the time is still free it is booked."""
        assert isinstance(given, Span)
        couple = state.couple
        if given.start <= now or not self._free(couple.mentor, given):
            self.plan(state, now + DAY, "ask")
            return
        since = state.asking_since or now
        state.outcome.booked += 1
        state.outcome.waits.append((now - since) // DAY)
        state.asking_since, state.fruitless = None, 0
        self._stand(state, given, now)

    def _stand(self, state: _State, span: Span, now: int) -> None:
        state.turn += 1
        state.uid += 1
        state.meeting = span
        for soul in (state.couple.mentor, state.couple.mentee):
            self.diaries[soul.key].put(f"{state.couple.key}", span, state.uid)
            rng = self.rng[soul.key]
            if rng.random() < soul.traits.ill:
                self.plan(state, max(now, span.start - rng.randrange(1, 10) * HOUR), "off")
        self.plan(state, span.end, "meet")

    def _off(self, state: _State) -> None:
        state.turn += 1
        state.meeting = None
        for soul in (state.couple.mentor, state.couple.mentee):
            self.diaries[soul.key].drop(state.couple.key)

    def on_meet(self, state: _State, now: int, _given: object) -> None:
        """They meet, or one does not come."""
        there = True
        for soul in (state.couple.mentor, state.couple.mentee):
            rng, life = self.rng[soul.key], self.lives[soul.key]
            absent = 0.5 if life.silent(now) else soul.traits.absent_minded
            there &= rng.random() >= absent
        state.outcome.held += there
        state.outcome.missed += not there
        if there:
            state.outcome.held_at.append(now)
        state.last = now
        self._off(state)
        if there and self.rng[state.couple.mentee.key].random() < ON_THE_SPOT and self._fixed(state, now):
            return
        self.plan(state, due_for(state.couple, now) - 7 * DAY + self._put_off(state), "ask")

    def _fixed(self, state: _State, now: int) -> bool:
        couple = state.couple
        if not self._willing(state, "mentor", now) or not self._willing(state, "mentee", now):
            return False
        around = due_for(couple, now) - 9 * DAY
        for span in self._own_times(couple.mentor, couple, around, 8):
            if span.start > now + DAY and self._free(couple.mentee, span):
                state.outcome.booked += 1
                self._stand(state, span, now)
                return True
        return False

    def land(self, landing: Landing, soul: Soul) -> None:
        """Something wants a place in a calendar."""
        diary = self.diaries[soul.key]
        hit = diary.meeting_at(landing.start, landing.end)
        if hit is None:
            if not diary.takes(landing.start, landing.end):
                diary.add(landing.start, landing.end)
        elif landing.draw < soul.traits.yields:
            diary.add(landing.start, landing.end)
            state = next(s for s in self.pairs_of[soul.key] if s.couple.key == hit.uid)
            rng = self.rng[soul.key]
            self.plan(state, move_at(rng, soul, landing.at, hit.span.start), "move", soul)

    def on_move(self, state: _State, now: int, given: object) -> None:
        """Whoever has to move it names a time of their own; on the last day it is just off."""
        mover = given
        assert isinstance(mover, Soul)
        if state.meeting is None:
            return
        couple, span = state.couple, state.meeting
        other = couple.mentee if mover is couple.mentor else couple.mentor
        seat = "mentor" if mover is couple.mentor else "mentee"
        state.outcome.asked[seat] += 1
        late = span.start - now < DAY
        reads = None if late else self._read(other, now)
        fresh = self._own_times(mover, couple, now, 1)
        self._off(state)
        state.turn += 1
        if reads is not None and fresh and fresh[0].start > reads and self._free(other, fresh[0]):
            state.outcome.moved += 1
            self._stand(state, fresh[0], now)
            return
        state.outcome.called_off += 1
        self.plan(state, now + self._put_off(state), "ask")

    def on_off(self, state: _State, now: int, _given: object) -> None:
        """Ill on the day."""
        if state.meeting is not None:
            self._off(state)
            state.outcome.called_off += 1
            self.plan(state, now + self._put_off(state), "ask")

    def _free(self, soul: Soul, span: Span) -> bool:
        return self.diaries[soul.key].free(span.start, span.end)

    def _own_times(self, soul: Soul, couple: Couple, now: int, count: int) -> list[Span]:
        """Times that are free for one of them in working hours, four days to two weeks ahead."""
        rng, found = self.rng[soul.key], []
        for _ in range(60):
            day = local(now + rng.randrange(4, 15) * DAY, soul.zone).date()
            start = at(soul.zone, day, rng.randrange(soul.starts, soul.ends - couple.minutes, 30))
            span = Span(start, start + couple.minutes * MINUTE)
            if is_workday(soul, day) and self._free(soul, span):
                found.append(span)
            if len(found) == count:
                break
        return sorted(found)


def awake_after(soul: Soul, life: Life, when: int) -> int:
    """The first hour from then on in which the person looks at mail; leave is waited out."""
    for _ in range(60 * 24):
        if awake(soul, when) and not life.away(when):
            return when
        when += HOUR
    return when


def move_at(rng: Random, soul: Soul, seen: int, start: int) -> int:
    """When somebody who has to move a meeting says so."""
    if rng.random() < soul.traits.last_day:
        return max(seen, start - int(rng.uniform(1, 20) * HOUR))
    return min(max(seen, start - HOUR), seen + int(rng.expovariate(1 / (8 * HOUR))))
