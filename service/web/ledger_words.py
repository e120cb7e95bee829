"""A pair's ledger in plain sentences, from the reader's seat. What happened, never whose fault it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from service.domain.ledger import Entry, EntryType, Seat
from service.web import clocks, words


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history. ``sign`` picks the little picture beside it."""

    at: int
    text: str
    detail: str = ""
    sign: str = "note"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their seat and clock, and what both are called."""

    seat: Seat
    zone: str
    names: Mapping[Seat, str]

    def who(self, seat: object) -> str:
        """``You``, or the other's first name; ``Someone`` where nobody can say."""
        if seat == self.seat:
            return "You"
        return words.first_name(self.names[self.seat.other]) if seat == self.seat.other else "Someone"

    def whose(self, seat: object) -> str:
        """``your``, ``Jonas’s`` or ``someone’s``."""
        if seat == self.seat:
            return "your"
        return f"{self.who(seat)}’s" if seat == self.seat.other else "someone’s"

    def when(self, start: int) -> str:
        """``Tue 8 Dec, 07:30``."""
        return f"{clocks.short_day(start, self.zone)}, {clocks.clock(start, self.zone)}"


REVIEW_OUTCOMES = {
    "continue": "it goes on as it is",
    "change": "the next meeting has room for what should change",
    "slow_down": "the meetings are less frequent",
    "end": "the meetings end",
}


def history(ledger: Sequence[Entry], reader: Reader) -> list[Line]:
    """The ledger as lines, newest first. Choosing and booking are one line, so are a report and what it settles."""
    starts: dict[str, int] = {}
    lines = []
    for entry, after in zip_longest(ledger, ledger[1:]):
        line = None if _said_elsewhere(entry, after) else _line(entry, reader, starts)
        if entry.type is EntryType.MEETING_BOOKED:
            starts[entry.data["meeting_id"]] = entry.data["start"]
        elif entry.type in (EntryType.MEETING_MOVED, EntryType.MEETING_MOVED_BACK):
            starts[entry.data["meeting_id"]] = entry.data["new"]["start"]
        if line is not None:
            lines.append(line)
    return lines[::-1]


def _said_elsewhere(entry: Entry, after: Entry | None) -> bool:
    """Whether it needs no line: the second time that is held now stands at the meeting, what one was asked twice is nobody
    else's to read, and a choice is said by the booking, as a report by what it settles."""
    quiet = (EntryType.FALLBACK_HELD, EntryType.FALLBACK_RELEASED, EntryType.PROPOSAL_NUDGED)
    return entry.type in quiet or _told_again(entry, after)


def _told_again(entry: Entry, after: Entry | None) -> bool:
    """Whether the very next line says the same: a report that settled how the meeting went."""
    return (
        after is not None
        and entry.type is EntryType.OUTCOME_REPORTED
        and after.type in (EntryType.MEETING_HELD, EntryType.MEETING_MISSED)
        and after.data["meeting_id"] == entry.data["meeting_id"]
        and after.at == entry.at
    )


def _line(entry: Entry, reader: Reader, starts: Mapping[str, int]) -> Line | None:
    noun = entry.type.value.partition(".")[0]
    if noun == "pair":
        return _pair(entry, reader)
    if noun == "proposal":
        return _proposal(entry, reader)
    if noun in ("review", "drift"):
        return _asked_both(entry)
    if entry.type in (EntryType.MEETING_MOVED, EntryType.MEETING_MOVED_BACK, EntryType.MEETING_CANCELLED):
        return _change(entry, reader)
    if noun == "invitation":
        return _invitation(entry, reader, starts)
    return _meeting(entry, reader, starts)


def _pair(entry: Entry, reader: Reader) -> Line:
    until = entry.data.get("until")
    said = {
        EntryType.PAIR_CREATED: "The two of you set out to meet",
        EntryType.PAIR_PAUSED: "The meetings began to rest",
        EntryType.PAIR_RESUMED: "The meetings went on",
        EntryType.PAIR_RESTARTED: "A fresh start: earlier changes stopped counting",
        EntryType.PAIR_ENDED: "The meetings ended",
        EntryType.PAIR_SLOWED: "The meetings became less frequent",
    }.get(entry.type, _plain(entry))
    if entry.type is EntryType.PAIR_SLOWED:
        return Line(entry.at, said, words.cadence(entry.data["every"], entry.data["unit"]), "pair")
    return Line(entry.at, said, f"until {clocks.short_day(until, reader.zone)}" if until else "", "pair")


def _asked_both(entry: Entry) -> Line:
    """What both were asked alike, and what came of it; who said what is not in the ledger, so nobody can read it here."""
    said = {
        EntryType.REVIEW_OPENED: "You were both asked how to go on",
        EntryType.REVIEW_AGREED: f"What came of it: {REVIEW_OUTCOMES.get(entry.data.get('outcome', ''), 'it is settled')}",
        EntryType.DRIFT_OFFERED: "You were both asked what would suit you now",
        EntryType.DRIFT_CLOSED: "That was settled",
    }.get(entry.type, _plain(entry))
    return Line(entry.at, said, sign="pair")


def _proposal(entry: Entry, reader: Reader) -> Line | None:
    if entry.type is EntryType.PROPOSAL_ACCEPTED:
        return None
    if entry.type is EntryType.PROPOSAL_CREATED:
        offered = entry.data["slots"]
        if not offered:
            return Line(entry.at, "There was no time to offer", sign="offer")
        asked = "you were" if entry.data["responder"] == reader.seat else f"{reader.who(entry.data['responder'])} was"
        times = f"{words.count(offered, 'possible time')} {'was' if offered == 1 else 'were'} offered"
        return Line(entry.at, times, f"{asked} asked to choose", "offer")
    said = {
        EntryType.PROPOSAL_DECLINED: f"{reader.who(entry.data.get('by'))} asked for other times",
        EntryType.PROPOSAL_EXPIRED: "The offered times ran out",
        EntryType.PROPOSAL_WITHDRAWN: "An offer of times was taken back",
    }.get(entry.type, _plain(entry))
    return Line(entry.at, said, sign="offer")


def _change(entry: Entry, reader: Reader) -> Line:
    old, new = entry.data["old"]["start"], entry.data["new"]
    if new is None:
        said, sign = f"The meeting on {reader.when(old)} was called off", "off"
    elif entry.type is EntryType.MEETING_MOVED_BACK:
        said, sign = f"Moved back to {reader.when(new['start'])}", "back"
    else:
        said, sign = f"Moved from {reader.when(old)} to {reader.when(new['start'])}", "move"
    with_pair = {"pair_ended": "as the meetings ended", "pair_paused": "as the meetings rest"}
    if entry.data["reason_code"] in with_pair:
        return Line(entry.at, said, with_pair[entry.data["reason_code"]], sign)
    details = [_seen(entry.data, reader), words.notice(entry.data["notice_minutes"])]
    if entry.data["reason_code"] in words.OFFERED_MOVES:
        return Line(entry.at, said, words.OFFERED_MOVES[entry.data["reason_code"]], sign)
    reason = words.REASONS.get(entry.data["reason_code"] or "")
    return Line(entry.at, said, ", ".join([*details, *([f"reason: {reason.lower()}"] if reason else [])]), sign)


def _seen(data: Mapping[str, Any], reader: Reader) -> str:
    role, via = data["initiator"]["role"], data["detected_via"]
    if data["initiator"]["confidence"] == "inferred":
        named = {"google": " Google", "microsoft": " Microsoft 365", "caldav": " CalDAV"}.get(via, "")
        return f"seen in {reader.whose(role)}{named} calendar"
    where = {"app": "on this page", "reply": "by a reply to the invitation"}.get(via, "through a connected program")
    by = "you" if role == reader.seat else reader.who(role)
    return where if role == "unknown" else f"by {by} {where}"


ANSWERS = {
    "accepted": "said yes to the invitation",
    "tentative": "said maybe to the invitation",
    "declined": "said no to the invitation",
}


def _invitation(entry: Entry, reader: Reader, starts: Mapping[str, int]) -> Line:
    data = entry.data
    if entry.type is EntryType.INVITATION_ANSWERED:
        said = ANSWERS.get(data["answer"], "left the invitation open")
        start = starts.get(data["meeting_id"])
        return Line(
            entry.at, f"{reader.who(data['seat'])} {said}", f"for {reader.when(start)}" if start else "", "mail"
        )
    if entry.type is EntryType.INVITATION_SENT:
        # Not "sent": where no mail server is set up it is kept, and read on the person's own page.
        who = "You were" if data["seat"] == reader.seat else f"{reader.who(data['seat'])} was"
        again = "invited to the new time" if data.get("sequence") else "invited"
        return Line(
            entry.at, f"{who} {'told that it is called off' if data.get('method') == 'CANCEL' else again}", sign="mail"
        )
    return Line(entry.at, _plain(entry), sign="mail")


def _meeting(entry: Entry, reader: Reader, starts: Mapping[str, int]) -> Line:
    data = entry.data
    start = starts.get(data.get("meeting_id", ""))
    which = f"The meeting on {reader.when(start)}" if start is not None else "The meeting"
    if entry.type is EntryType.MEETING_BOOKED:
        by = data.get("by")
        chose = f"{reader.who(by).replace('You', 'you')} chose it" if by else "as you both had agreed"
        return Line(entry.at, f"Booked for {reader.when(data['start'])}", chose, "booked")
    if entry.type in (EntryType.MEETING_HELD, EntryType.MEETING_MISSED):
        held = entry.type is EntryType.MEETING_HELD
        told = " and ".join(reader.who(seat).replace("You", "you") for seat in data.get("by") or ())
        said = f"{which} {'took place' if held else 'did not take place'}"
        return Line(entry.at, said, f"{told} told us" if told else "", "held" if held else "off")
    if entry.type is EntryType.OUTCOME_REPORTED:
        word = "took place" if data["happened"] else "did not take place"
        return Line(entry.at, f"{reader.who(data['by'])} told us that it {word}")
    if entry.type is EntryType.CALENDAR_DISCONNECTED:
        return Line(entry.at, f"{reader.whose(data['seat']).capitalize()} calendar lost its connection")
    return Line(entry.at, _plain(entry))


def _plain(entry: Entry) -> str:
    return entry.type.value.replace(".", " ").replace("_", " ").capitalize()
