"""Which kinds of asks there are; one file a kind. A kind says whether an ask still stands, and how it reads.

A kind's file imports nothing that asks (``post.ask`` is what the use cases import), and reads without changing anything: it
is called for the mail, as it goes out, and for the person's own page."""

from __future__ import annotations

from service.app.post.kind import Kind
from service.app.post.kinds import proposal

KINDS: dict[str, Kind] = {
    "proposal": Kind(proposal.still_wanted, proposal.section, with_pair=True),
}
