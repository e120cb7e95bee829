"""Which kinds of asks there are; one file a kind. A kind says whether an ask still stands, and how it reads.

A kind's file imports nothing that asks (``post.ask`` is what the use cases import), and reads without changing anything: it
is called for the mail, as it goes out, and for the person's own page."""

from __future__ import annotations

from service.app.post.kind import Kind
from service.app.post.kinds import (
    budget,
    cannot_come,
    counter,
    drift,
    last_meeting,
    moving,
    nudge,
    outcome,
    proposal,
    review,
)

KINDS: dict[str, Kind] = {
    "cannot_come": Kind(cannot_come.still_wanted, cannot_come.section),
    "counter": Kind(counter.still_wanted, counter.section),
    "proposal": Kind(proposal.still_wanted, proposal.section, with_pair=True),
    "nudge": Kind(nudge.still_wanted, nudge.section, with_pair=True),
    "pick": Kind(moving.still_wanted, moving.pick, with_pair=True),
    "care": Kind(moving.still_wanted, moving.care, with_pair=True),
    "short_call": Kind(moving.still_wanted, moving.short_call, with_pair=True),
    "budget": Kind(budget.still_wanted, budget.section, newest_alone=True),
    "outcome": Kind(outcome.still_wanted, outcome.section, with_pair=True),
    "review": Kind(review.still_wanted, review.section),
    "drift": Kind(drift.still_wanted, drift.section, newest_alone=True),
    "last_meeting": Kind(last_meeting.still_wanted, last_meeting.section),
}
