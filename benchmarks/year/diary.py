"""One person's calendar as it fills, and everybody's behind the calendar port, as a server in the next building would be.

What the person's calendar holds of their own goes out as one published event with many times (free/busy, no titles), so
that a year of reading stays quick; a meeting of ours is an event of its own, which its owner may drag or delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from service.domain.busy import BusyKind
from service.domain.errors import Changed, Gone
from service.domain.timespan import DAY, WEEK, Span
from service.ports.calendar import (
    Account,
    Capabilities,
    Connection,
    EventDraft,
    Occurrence,
    RemoteEvent,
    SyncResult,
    Written,
)

BEHIND, AHEAD = 2 * DAY, 120 * DAY  # what is published of a person's own time
OWN = "/own.ics"


@dataclass
class Entry:
    """A meeting of ours in somebody's calendar. ``version`` counts its changes there."""

    uid: str
    span: Span
    sequence: int
    version: int
    copy: bool = False  # put there by an invitation, not by Holdfast


@dataclass
class Diary:
    """Own time as spans (they may overlap), and the meetings of ours that stand in it."""

    leave: tuple[tuple[int, int], ...] = ()
    version: int = 1
    own_version: int = 1
    own: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # by the day (UTC) they touch
    entries: dict[str, Entry] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    rolled_at: int = 0

    def add(self, start: int, end: int) -> None:
        """Something of the person's own."""
        for day in range(start // DAY, (end - 1) // DAY + 1):
            self.own.setdefault(day, []).append((start, end))
        self.version += 1
        self.own_version = self.version

    def fill(self, spans: Iterable[tuple[int, int]]) -> None:
        """Many at once."""
        for start, end in spans:
            self.add(start, end)

    def takes(self, start: int, end: int) -> bool:
        """Whether the person's own time takes some of it; leave counts."""
        days = range(start // DAY, (end - 1) // DAY + 1)
        busy = any(a < end and b > start for day in days for a, b in self.own.get(day, ()))
        return busy or any(a < end and b > start for a, b in self.leave)

    def meeting_at(self, start: int, end: int) -> Entry | None:
        """A meeting of ours that stands in the way."""
        return next((e for e in self.entries.values() if e.span.start < end and e.span.end > start), None)

    def free(self, start: int, end: int, *, but: str | None = None) -> bool:
        """Neither own time nor a meeting of ours other than ``but`` (a UID)."""
        if self.takes(start, end):
            return False
        return all(e.uid == but or e.span.start >= end or e.span.end <= start for e in self.entries.values())

    def put(self, uid: str, span: Span, sequence: int, *, copy: bool = False) -> Entry:
        """Writes or rewrites a meeting's event."""
        self.version += 1
        self.entries[uid] = Entry(uid, span, sequence, self.version, copy)
        self.gone.pop(uid, None)
        return self.entries[uid]

    def drop(self, uid: str) -> None:
        """Deletes it."""
        if uid in self.entries:
            self.version += 1
            del self.entries[uid]
            self.gone[uid] = self.version

    def forget(self, before: int) -> None:
        """Own time that is over is forgotten, so that a year stays quick."""
        for day in [day for day in self.own if day < before // DAY]:
            del self.own[day]
        for uid in [uid for uid, e in self.entries.items() if e.span.end < before - WEEK]:
            del self.entries[uid]  # silently: the programme keeps the last weeks, as phones do

    def published(self, now: int) -> RemoteEvent:
        """The person's own time as one event."""
        first, last = (now - BEHIND) // DAY, (now + AHEAD) // DAY
        spans = {span for day in range(first, last) for span in self.own.get(day, ())}
        busy = [Occurrence(a, b, BusyKind.BUSY) for a, b in spans]
        busy += [Occurrence(a, b, BusyKind.OUT_OF_OFFICE) for a, b in self.leave if b > now - BEHIND]
        return RemoteEvent(OWN, None, str(self.own_version), tuple(busy), None, recurring=True, skeleton=None)


@dataclass
class Diaries:
    """The calendar port on everybody's diary, found by the owner's address. It sends no invitations itself."""

    now: int = 0
    diaries: dict[str, Diary] = field(default_factory=dict)
    reads: int = 0
    capabilities = Capabilities(
        name="caldav", reads="events", writes=True, invites=False, push=False, incremental=True, discovers=False
    )

    def of(self, account: Account) -> Diary:
        """Whose it is."""
        return self.diaries[account.owner_email]

    def connect(self, account: Account) -> list[Connection]:
        """One writable calendar."""
        return [Connection("Work", {"url": f"https://town.example/{account.owner_email}/"}, True, False, True)]

    def sync(self, account: Account, state: str | None, window: Span) -> SyncResult:
        """What changed since the version in ``state``; the own time is published anew every week."""
        diary = self.of(account)
        self.reads += 1
        since, week = (int(part) for part in state.split("/")) if state else (0, -1)
        this_week = self.now // WEEK
        if state and since == diary.version and week == this_week:
            return SyncResult((), (), state, full=False, unchanged=True)
        events = [_event(entry) for entry in diary.entries.values() if entry.version > since]
        if diary.own_version > since or week != this_week:
            events.append(diary.published(self.now))
        removed = tuple(_name(uid) for uid, version in diary.gone.items() if version > since)
        return SyncResult(tuple(events), removed, f"{diary.version}/{this_week}", full=state is None)

    def expand(self, skeleton: str, account: Account, window: Span) -> tuple[Occurrence, ...]:
        """Never asked for: there are no skeletons."""
        raise AssertionError("no event here has a skeleton to expand")

    def create(self, account: Account, draft: EventDraft) -> Written:
        """Once, however often."""
        diary = self.of(account)
        entry = diary.entries.get(draft.uid) or diary.put(draft.uid, draft.span, draft.sequence)
        return _written(entry)

    def update(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
        """Rewrites it, if nobody was faster."""
        diary = self.of(account)
        there = diary.entries.get(draft.uid)
        if there is None:
            raise Gone("It is gone.")
        if there.span == draft.span:
            there.sequence = draft.sequence
            return _written(there)
        if etag is not None and etag != str(there.version):
            raise Changed("Somebody was faster.")
        return _written(diary.put(draft.uid, draft.span, draft.sequence))

    def cancel(self, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> None:
        """Takes it out."""
        self.of(account).drop(draft.uid)


def _name(uid: str) -> str:
    return f"/{uid}.ics"


def _event(entry: Entry) -> RemoteEvent:
    span = entry.span
    busy = (Occurrence(span.start, span.end, BusyKind.BUSY),)
    return RemoteEvent(_name(entry.uid), entry.uid, str(entry.version), busy, span, entry.sequence)


def _written(entry: Entry) -> Written:
    return Written(_name(entry.uid), str(entry.version), entry.uid, invited=False)
