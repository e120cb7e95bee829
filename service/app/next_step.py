"""The next step: what the two wrote down after a meeting, carried by the invitation to the next one.

It belongs to both: either may write it, the other sees it, and whoever writes last is the one that is kept. Once a meeting
that began after it was written has been held it has done its work and is taken out.
"""

from __future__ import annotations

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.domain.errors import BadInput
from service.store import pairs
from service.store.tables import Meeting, Pair

LONGEST_STEP = 300


def write_step(house: House, pair: Pair, text: str | None) -> None:
    """Keeps it on one line; nothing at all takes it out. Inside the caller's transaction, the pair locked."""
    step = " ".join((text or "").split())
    if len(step) > LONGEST_STEP:
        raise BadInput.of("next_step", f"may have {LONGEST_STEP} characters at most")
    pair.next_step, pair.next_step_at = (step, house.now()) if step else (None, None)


def step_taken(pair: Pair, meeting: Meeting) -> None:
    """A meeting was held: what was written before it began has done its work."""
    if pair.next_step_at is not None and pair.next_step_at <= meeting.start:
        pair.next_step, pair.next_step_at = None, None


def note_next_step(house: House, pair_id: str, text: str, *, once: Once | None = None) -> str:
    """The same in a transaction of its own; returns the pair's id."""
    seen_before(house, once)
    with house.writing() as session:
        keep(session, once, pair_id, house.now())
        pair = pairs.locked(session, pair_id)
        write_step(house, pair, text)
        pair.version += 1
    return pair_id
