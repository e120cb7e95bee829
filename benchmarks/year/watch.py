"""What is checked, for everybody, while the year passes and at its end. A finding is a sentence; none is what is promised."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlmodel import col, select

from benchmarks.year.cast import MARK, Couple, Soul
from benchmarks.year.diary import Diary
from benchmarks.year.life import is_workday
from benchmarks.year.replay import State, replay, step
from service.app.house import House
from service.domain.cadence import Cadence
from service.domain.ledger import Entry, EntryType, Seat
from service.domain.pair import CadenceUnit, PairStatus
from service.domain.patterns import PatternFold, as_words, patterns
from service.domain.timespan import WEEK, local, rfc3339
from service.store.tables import Claim, HeldSlot, LedgerEntry, MailRow, Meeting, MeetingChange, Pair, Person, Proposal
from tests.house import RecordedPosts

FAULTS = {
    "job_failed",
    "job_given_up",
    "give_up_failed",
    "round_failed",
    "ask_of_unknown_kind",
    "ask_without_words",
    "booking_not_written",
}
NAMED = re.compile(rf"(\w+) {MARK}")
MOST_FINDINGS = 200
# What each line of a ledger tells other systems, one for one.
TOLD = {
    "proposal.created": "proposal.created",
    "proposal.expired": "proposal.expired",
    "meeting.booked": "meeting.booked",
    "meeting.moved": "meeting.rescheduled",
    "meeting.moved_back": "meeting.rescheduled",
    "meeting.cancelled": "meeting.cancelled",
    "meeting.held": "meeting.held",
    "meeting.missed": "meeting.missed",
    "pair.paused": "pair.paused",
    "pair.ended": "pair.ended",
}


@dataclass
class Kept:
    """One pair as the watch follows it."""

    couple: Couple
    entries: list[Entry] = field(default_factory=list)
    fold: PatternFold = field(default_factory=PatternFold)
    state: State = field(default_factory=State)
    fallbacks: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Watch:
    """Follows the ledger and the mails of one house. ``people`` and ``pairs`` are filled as they come to be."""

    house: House
    posts: RecordedPosts
    diaries: Mapping[str, Diary]  # by mail address
    on_entry: Callable[[str, Entry], None]
    tell: Callable[[str], None] = lambda _text: None
    people: dict[str, Soul] = field(default_factory=dict)
    pairs: dict[str, Kept] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    mailed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    tally: Counter[str] = field(default_factory=Counter)
    own_hand: set[str] = field(
        default_factory=set
    )  # meetings that their people moved in a calendar, over what stood there
    _seq: int = 0

    def find(self, text: str) -> None:
        """Writes down what should not be."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(f"{rfc3339(self.house.now())} {text}")
            self.tell(f"FOUND  {self.findings[-1]}")

    def listen(self) -> Callable[[], None]:
        """Hears what the house logs: a job that fails is a finding. Returns what ends it."""
        before = structlog.get_config()
        structlog.configure(processors=[self._hear])
        return lambda: structlog.configure(**before)

    def _hear(self, _logger: Any, _name: str, said: MutableMapping[str, Any]) -> str:
        if said.get("event") in FAULTS:
            self.faults[str(said["event"])] += 1
            facts = {k: v for k, v in said.items() if k != "exc_info"}
            trouble = said.get("exc_info")
            self.find(f"{facts}{f' {trouble!r}' if isinstance(trouble, BaseException) else ''}")
        raise structlog.DropEvent

    def follow(self, pair_id: str, couple: Couple) -> None:
        """A pair has come to be."""
        self.pairs[pair_id] = Kept(couple)

    # While time passes

    def look(self) -> bool:
        """Takes in what the ledgers gained; returns whether they gained anything."""
        with self.house.reading() as session:
            query = select(LedgerEntry).where(col(LedgerEntry.seq) > self._seq).order_by(col(LedgerEntry.seq))
            rows = [(r.seq, r.pair_id, r.id, r.at, r.type, r.data) for r in session.exec(query).all()]
        for seq, pair_id, id_, at, kind, data in rows:
            self._seq = seq or 0
            entry = Entry(id_, at, EntryType(kind), data)
            self._take(pair_id, entry)
            self.on_entry(pair_id, entry)
        if rows:
            self._no_two_at_once()
        return bool(rows)

    def _take(self, pair_id: str, entry: Entry) -> None:
        kept = self.pairs[pair_id]
        kept.entries.append(entry)
        kept.fold.add(entry)
        step(kept.state, entry)
        self.types[entry.type.value] += 1
        text = json.dumps(entry.data)
        if MARK.lower() in text.lower() or "@" in text.replace("@holdfast", ""):
            self.find(f"the ledger of {pair_id} holds something private: {entry.type} {text}")
        if entry.type.value in ("pair.paused", "pair.ended", "pair.resumed") and set(entry.data) - {"until"}:
            self.find(f"{entry.type} says more than it may: {text}")
        self._count(kept, entry)
        if entry.type.value == "meeting.booked":
            self._was_free(kept, entry, entry.data["start"], entry.data["end"])
        if entry.type.value in ("meeting.moved", "meeting.moved_back"):
            new, by_hand = entry.data["new"], entry.data["detected_via"] == "caldav"
            (self.own_hand.add if by_hand else self.own_hand.discard)(entry.data["meeting_id"])
            if not by_hand:
                self._was_free(kept, entry, new["start"], new["end"])

    def _count(self, kept: Kept, entry: Entry) -> None:
        kind, data = entry.type.value, entry.data
        if kind == "proposal.created":
            self.tally[f"offer:{data.get('purpose', 'next')}"] += 1
        elif kind == "meeting.booked":
            self.tally["booked by nobody"] += data.get("by") is None
        elif kind == "fallback.held":
            kept.fallbacks[data["meeting_id"]] = (data["start"], data["end"])
        elif kind in ("meeting.moved", "meeting.moved_back"):
            self.tally["late moves"] += bool(data["late"])
            held = kept.fallbacks.get(data["meeting_id"])
            self.tally["moved to the fallback"] += held == (data["new"]["start"], data["new"]["end"])

    def _was_free(self, kept: Kept, entry: Entry, start: int, end: int) -> None:
        """A time that Holdfast gave was free in the calendars as they truly were."""
        with self.house.reading() as session:
            uid = session.get(Meeting, entry.data["meeting_id"]).ics_uid  # type: ignore[union-attr]
        for soul in (kept.couple.mentor, kept.couple.mentee):
            if not self.diaries[soul.email].free(start, end, but=uid):
                self.find(f"{soul.key} was not free for {entry.type} {entry.data['meeting_id']} at {rfc3339(start)}")

    def _no_two_at_once(self) -> None:
        """Nobody's claims overlap, fallbacks among them, but for what people did in their own calendars."""
        with self.house.reading() as session:
            query = select(Claim).where(col(Claim.end) > self.house.now())
            rows = [(c.person_id, c.start, c.end, c.meeting_id) for c in session.exec(query).all()]
            held = select(HeldSlot).where(col(HeldSlot.end) > self.house.now())
            rows += [(h.person_id, h.start, h.end, h.meeting_id) for h in session.exec(held).all()]
        rows.sort()
        for one, other in itertools.pairwise(rows):
            if one[0] == other[0] and other[1] < one[2] and not {one[3], other[3]} & self.own_hand:
                self.find(f"{self.people[one[0]].key} has two at once: {one[3]} and {other[3]} at {rfc3339(other[1])}")

    def mail_went(self, row: MailRow) -> None:
        """A mail reached somebody: it names nobody else than the two of a pair, and what asks keeps to the rules."""
        soul = self.people[row.person_id]
        known = {soul.key}
        for kept in self.pairs.values():
            if soul in (kept.couple.mentor, kept.couple.mentee):
                known |= {kept.couple.mentor.key, kept.couple.mentee.key}
        strangers = {name.lower() for name in NAMED.findall(row.subject + row.text)} - known
        if strangers:
            self.find(f"a mail to {soul.key} names {sorted(strangers)}")
        if row.asks:
            self._by_the_rules(soul, row)

    def _by_the_rules(self, soul: Soul, row: MailRow) -> None:
        now, earlier = self.house.now(), self.mailed[soul.key]
        clock = local(now, soul.zone)
        if not 8 <= clock.hour < 20:
            self.find(f"{soul.key} got a mail that asks at {clock:%H:%M} on their clock")
        if not is_workday(soul, clock.date()):
            self.find(f"{soul.key} got a mail that asks on a day off, {clock:%a %d %b}")
        if earlier and local(earlier[-1], soul.zone).date() == clock.date():
            self.find(f"{soul.key} got two mails that ask on {clock:%d %b}")
        allowed = soul.mails_per_week or 3
        if sum(at > now - WEEK for at in earlier) >= allowed:
            self.find(f"{soul.key} got more than {allowed} mails that ask within seven days")
        earlier.append(now)

    # Now and then, and at the end

    def recount(self) -> None:
        """Patterns kept up entry by entry are what a recount gives, and the ledgers replay to the state that is held."""
        now = self.house.now()
        with self.house.reading() as session:
            rows = {row.id: row for row in session.exec(select(Pair)).all()}
            zones = {row.id: row.time_zone for row in session.exec(select(Person)).all()}
            meetings: dict[str, dict[str, Meeting]] = defaultdict(dict)
            for meeting in session.exec(select(Meeting)).all():
                meetings[meeting.pair_id][meeting.id] = meeting
            changes = Counter(session.exec(select(MeetingChange.meeting_id)).all())
            proposals: dict[str, dict[str, str]] = defaultdict(dict)
            for id_, pair_id, status in session.exec(select(Proposal.id, Proposal.pair_id, Proposal.status)).all():
                proposals[pair_id][id_] = status
            session.expunge_all()
        for pair_id, kept in self.pairs.items():
            pair = rows[pair_id]
            self._same_patterns(kept, pair, zones[pair.mentor_id], now)
            state = replay(kept.entries)
            if state != kept.state:
                self.find(f"{pair_id}: a replay is not what the steps came to")
            self._same_state(pair, state, meetings[pair_id], changes, proposals[pair_id])

    def _same_patterns(self, kept: Kept, pair: Pair, zone: str, now: int) -> None:
        cadence = Cadence(pair.cadence_every, CadenceUnit(pair.cadence_unit))
        status = PairStatus(pair.status)
        kept_up = kept.fold.result(cadence=cadence, zone=zone, status=status, now=now)
        counted = patterns(kept.entries, cadence=cadence, zone=zone, status=status, now=now)
        if kept_up != counted:
            self.find(f"{pair.id}: patterns kept up {as_words(kept_up)} are not a recount {as_words(counted)}")

    def _same_state(
        self, pair: Pair, state: State, meetings: Mapping[str, Meeting], changes: Counter[str], held: Mapping[str, str]
    ) -> None:
        if (state.status, state.until) != (pair.status, pair.paused_until):
            self.find(f"{pair.id} is {pair.status} until {pair.paused_until}, its ledger says {state.status}")
        if set(state.meetings) != set(meetings):
            self.find(f"{pair.id} has other meetings than its ledger")
        for id_, stood in state.meetings.items():
            row = meetings[id_]
            said = (stood.status, stood.start, stood.end, stood.sequence, stood.changes)
            real = (row.status, row.start, row.end, row.sequence, changes[id_])
            if said != real:
                self.find(f"{id_} of {pair.id} is {real}, its ledger says {said}")
        if state.proposals != dict(held):
            wrong = {id_: (state.proposals.get(id_), held.get(id_)) for id_ in {*state.proposals, *held}}
            self.find(f"{pair.id}: {[(k, v) for k, v in wrong.items() if v[0] != v[1]]} (ledger, held)")

    def webhooks(self) -> None:
        """One event a happening, with an id of its own, delivered once; nothing private in it."""
        ids = Counter(post["id"] for post in self.posts.posts)
        for id_, count in ids.items():
            if count > 1:
                self.find(f"the webhook {id_} went out {count} times")
        told = self.told
        due: Counter[str] = Counter()
        for line, event in TOLD.items():
            due[event] += self.types[line]
        for event, count in due.items():
            if told[event] != count:
                self.find(f"{count} happenings should be told as {event}, {told[event]} were")
        for post in self.posts.posts:
            text = json.dumps(post)
            if MARK.lower() in text.lower():
                self.find(f"a webhook holds something private: {text}")

    @property
    def told(self) -> Counter[str]:
        """How many webhooks of each type went out."""
        return Counter(post["type"] for post in self.posts.posts)

    def most_in_a_week(self) -> int:
        """The most mails that ask which anybody got within seven days."""
        return max((sum(at - WEEK < one <= at for one in ats) for ats in self.mailed.values() for at in ats), default=0)

    def efforts(self) -> list[tuple[int, int]]:
        """Each pair's effort, mentor and mentee, as its patterns have it."""
        found = []
        for kept in self.pairs.values():
            couple = kept.couple
            figures = kept.fold.result(
                cadence=Cadence(couple.every, CadenceUnit(couple.unit)),
                zone=couple.mentor.zone,
                status=PairStatus.ACTIVE,
                now=self.house.now(),
            )
            found.append((figures.effort[Seat.MENTOR], figures.effort[Seat.MENTEE]))
        return found

    def jobs(self, waiting: list[tuple[int, str, Any]]) -> None:
        """Nothing that is due is left undone."""
        late = [job for job in waiting if job[0] <= self.house.now()]
        if late:
            self.find(f"{len(late)} jobs are left undone: {late[:3]}")
