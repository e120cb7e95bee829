"""What a pair's ledger alone says the state must be: pure, and knowing nothing of the tables it is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from service.domain.ledger import Entry

PAIR = {
    "pair.created": "active",
    "pair.paused": "paused",
    "pair.resumed": "active",
    "pair.restarted": "active",
    "pair.ended": "ended",
}
PROPOSAL = {
    "proposal.created": "open",
    "proposal.accepted": "accepted",
    "proposal.declined": "declined",
    "proposal.expired": "expired",
    "proposal.withdrawn": "withdrawn",
}


@dataclass
class Stood:
    """A meeting as the ledger tells it."""

    status: str
    start: int
    end: int
    sequence: int
    changes: int = 0


@dataclass
class State:
    """A pair as the ledger tells it."""

    status: str = "?"
    until: int | None = None
    meetings: dict[str, Stood] = field(default_factory=dict)
    proposals: dict[str, str] = field(default_factory=dict)


def replay(ledger: Iterable[Entry]) -> State:
    """One walk."""
    state = State()
    for entry in ledger:
        step(state, entry)
    return state


def step(state: State, entry: Entry) -> None:
    """Takes in one entry."""
    kind, data = entry.type.value, entry.data
    if kind in PAIR:
        state.status = PAIR[kind]
        state.until = data.get("until") if kind == "pair.paused" else None
    elif kind in PROPOSAL:
        state.proposals[data["proposal_id"]] = PROPOSAL[kind]
    elif kind == "meeting.booked":
        state.meetings[data["meeting_id"]] = Stood("booked", data["start"], data["end"], 0)
    elif kind in ("meeting.moved", "meeting.moved_back", "meeting.cancelled"):
        meeting = state.meetings[data["meeting_id"]]
        meeting.sequence = data["sequence"]
        meeting.changes += 1
        if data["new"] is None:
            meeting.status = "cancelled"
        else:
            meeting.start, meeting.end = data["new"]["start"], data["new"]["end"]
    elif kind in ("meeting.held", "meeting.missed"):
        state.meetings[data["meeting_id"]].status = kind.removeprefix("meeting.")
