"""Makes ledgers that could have happened: a little world that takes steps and writes down what they come to.

Steps that make no sense in the moment (answering when nothing is open) are passed over, so any list of
steps is a story and shrinks well.
"""

from hypothesis import strategies as st

from service.domain.ledger import Entry, EntryType, Seat
from service.domain.meeting import Confidence, DetectedVia, Initiator, change
from service.domain.timespan import DAY, HOUR, Span
from service.domain.windows import WINDOW_KINDS

START = 1_777_899_600  # Monday 4 May 2026, 13:00 UTC: no clock changes for months
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Auckland")
WORDS = {
    "moved": EntryType.MEETING_MOVED,
    "moved_back": EntryType.MEETING_MOVED_BACK,
    "cancelled": EntryType.MEETING_CANCELLED,
}


class LedgerMaker:
    """A pair's story. Every method is one step; ``entries`` is what the ledger then holds."""

    def __init__(self, now=START):
        self.now = now
        self.entries = []
        self.spans, self.changes, self.standing, self.open = {}, {}, {}, []
        self.write(EntryType.PAIR_CREATED)

    def write(self, kind, /, **data):
        self.entries.append(Entry(f"{len(self.entries):06}", self.now, kind, data))

    def wait(self, hours):
        self.now += int(hours * HOUR)
        return self

    def propose(self, responder=Seat.MENTOR, *, slots=5, **more):
        name = f"prop_{len(self.entries)}"
        self.open.append(name)
        expires_at = self.now + 48 * HOUR
        self.write(
            EntryType.PROPOSAL_CREATED,
            proposal_id=name,
            responder=responder.value,
            expires_at=expires_at,
            slots=slots,
            **more,
        )
        return name

    def accept(self, name, by, hours=72, kind="core", zone=ZONES[0]):
        meeting = f"mtg_{len(self.entries)}"
        self.open.remove(name)
        self.write(EntryType.PROPOSAL_ACCEPTED, proposal_id=name, slot_id="slot_1", by=by.value, meeting_id=meeting)
        return self.book(hours, by=by, kind=kind, zone=zone, name=meeting)

    def close(self, name, kind, /, **data):
        self.open.remove(name)
        self.write(kind, proposal_id=name, **data)

    def book(self, hours=72, by=None, kind="core", zone=ZONES[0], name=None):
        name = name or f"mtg_{len(self.entries)}"
        span = Span(self.now + int(hours * HOUR), self.now + int(hours * HOUR) + HOUR)
        self.spans[name], self.changes[name], self.standing[name] = span, [], "booked"
        self.write(
            EntryType.MEETING_BOOKED,
            meeting_id=name,
            start=span.start,
            end=span.end,
            kind=kind,
            hold_probability=0.8,
            zone=zone,
            by=by.value if by else None,
        )
        return name

    def move(self, name, hours, by=None, reason=None):
        """Moves by ``hours`` (``None``: calls it off), as the domain itself says what that is."""
        old = self.spans[name]
        new = None if hours is None else old.moved_to(old.start + int(hours * HOUR))
        item = change(
            old=old,
            new=new,
            earlier=self.changes[name],
            sequence=len(self.changes[name]),
            initiator=Initiator(by, Confidence.OBSERVED if by else Confidence.UNKNOWN),
            detected_via=DetectedVia.API,
            seen_at=self.now,
            reason_code=reason,
        )
        self.changes[name].append(item)
        if new is None:
            self.standing[name] = "cancelled"
        else:
            self.spans[name] = new
        self.write(
            WORDS[item.kind.value],
            meeting_id=name,
            sequence=item.sequence,
            old={"start": old.start, "end": old.end},
            new=None if new is None else {"start": new.start, "end": new.end},
            kind="core",
            initiator={"role": by.value if by else "unknown", "confidence": item.initiator.confidence.value},
            detected_via="api",
            notice_minutes=item.notice_minutes,
            late=item.late,
            reason_code=reason,
        )

    def undo(self, name, by=None):
        old = self.spans[name]
        self.move(name, (self.changes[name][-1].old.start - old.start) / HOUR, by)

    def report(self, name, happened=True, by=Seat.MENTEE):
        self.write(EntryType.OUTCOME_REPORTED, meeting_id=name, by=by.value, happened=happened)
        self.standing[name] = "held" if happened else "missed"
        self.write(EntryType.MEETING_HELD if happened else EntryType.MEETING_MISSED, meeting_id=name, by=[by.value])

    def hold(self, name):
        """Lets time pass until after the meeting, which takes place and is reported."""
        self.now = max(self.now, self.spans[name].end)
        self.report(name)

    def step(self, what, pick, seat, gap):
        """One step of a generated story; ``pick`` chooses among what there is, ``gap`` is in hours."""
        self.wait(gap)
        booked = [name for name, word in self.standing.items() if word == "booked"]
        begun = [name for name in booked if self.spans[name].start <= self.now]
        asked = seat or Seat.MENTOR
        if what in ("pause", "resume", "restart"):
            until = {"until": None} if what == "pause" else {}
            self.write(EntryType(f"pair.{what}{'d' if what.endswith('e') else 'ed'}"), **until)
        elif what == "propose":
            self.propose(asked)
        elif what == "ask":
            self.propose(asked, slots=pick % 3, by=asked.value)
        elif what == "offer":
            self.propose(asked, purpose=("next", "pick", "care", "short_call")[pick % 4])
        elif self.open and what == "nudge":
            self.write(EntryType.PROPOSAL_NUDGED, proposal_id=self.open[pick % len(self.open)], seat=asked.value)
        elif booked and what == "fallback":
            name = booked[pick % len(booked)]
            self.write(EntryType.FALLBACK_HELD, meeting_id=name, start=self.now + DAY, end=self.now + DAY + HOUR)
            self.write(EntryType.FALLBACK_RELEASED, meeting_id=name)
        elif what == "book":
            kind = WINDOW_KINDS[pick % 4].value
            self.book(1 + pick % 300, by=seat, kind=kind, zone=ZONES[pick % len(ZONES)])
        elif self.open and what == "accept":
            self.accept(self.open[pick % len(self.open)], asked, 1 + pick % 300, WINDOW_KINDS[pick % 4].value)
        elif self.open and what == "decline":
            name = self.open[pick % len(self.open)]
            self.close(name, EntryType.PROPOSAL_DECLINED, by=asked.value)
        elif self.open and what in ("expire", "withdraw"):
            kind = EntryType.PROPOSAL_EXPIRED if what == "expire" else EntryType.PROPOSAL_WITHDRAWN
            self.close(self.open[pick % len(self.open)], kind)
        elif booked and what in ("move", "cancel", "illness", "care"):
            hours = None if what == "cancel" else (pick % 97) - 48 or 1
            reason = what if what in ("illness", "care") else None
            self.move(booked[pick % len(booked)], hours, seat, reason)
        elif what == "undo":
            moved = [name for name in booked if self.changes[name]]
            if moved:
                self.undo(moved[pick % len(moved)], seat)
        elif begun and what in ("held", "missed"):
            self.report(begun[pick % len(begun)], what == "held", asked)


STEPS = ("propose", "accept", "decline", "expire", "withdraw", "book", "move", "move", "undo", "undo")
STEPS += ("cancel", "illness", "held", "held", "missed", "pause", "resume", "restart", "nothing")
STEPS += ("ask", "offer", "offer", "nudge", "fallback", "care")


def told(steps):
    """The maker after its steps."""
    maker = LedgerMaker()
    for step in steps:
        maker.step(*step)
    return maker


stories = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(0, 10_000),
        st.sampled_from([*Seat, None]),
        st.sampled_from([0, 0.25, 3, 20, 50, 170, 400]),
    ),
    max_size=60,
).map(told)
