"""What every use case is given: the ports, the database and a few facts of this installation.

A use case is a function whose first argument is the ``House``. It opens its own transactions (``house.writing()``), and
never keeps one open while it talks to the outside.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from secrets import randbits

from sqlalchemy import Engine
from sqlmodel import Session

from service.app.outside import Tally
from service.domain.errors import BadInput
from service.domain.exploring import SHARE
from service.domain.stability import PRIOR, GlobalTerms
from service.ports.calendar import CalendarAdapter
from service.ports.clock import Clock
from service.ports.feed import FeedWriter
from service.ports.jobs import Jobs
from service.ports.mailbox import Mailbox
from service.ports.mailer import Mailer
from service.ports.sign_in import SignIn
from service.ports.vault import Vault
from service.ports.watch import Watcher
from service.ports.webhooks import WebhookSender
from service.store import engine as database
from service.store.plain import Look, looking


class KeptModel:
    """The hold model's global terms as this process uses them. ``current_model.read_model`` keeps them up to date."""

    def __init__(self, terms: GlobalTerms = PRIOR) -> None:
        self._now: tuple[GlobalTerms, str | None] = (terms, None)

    @property
    def terms(self) -> GlobalTerms:
        """What slots are scored with."""
        return self._now[0]

    @property
    def version_id(self) -> str | None:
        """The version they come from; ``None``: the prior."""
        return self._now[1]

    def use(self, terms: GlobalTerms, version_id: str | None) -> None:
        """Both change at once."""
        self._now = (terms, version_id)


@dataclass(frozen=True)
class House:
    """The wired application. Built by ``service.wiring`` and by the tests."""

    engine: Engine
    clock: Clock
    vault: Vault
    jobs: Jobs
    calendars: Mapping[str, CalendarAdapter]
    mailer: Mailer
    webhooks: WebhookSender
    feed: FeedWriter
    public_url: str
    mail_from: str
    sync_seconds: int
    bootstrap_key_hash: str | None = None
    sign_ins: Mapping[str, SignIn] = field(default_factory=dict)
    watchers: Mapping[str, Watcher] = field(default_factory=dict)
    mailbox: Mailbox | None = None
    tally: Tally = field(default_factory=Tally)
    model: KeptModel = field(default_factory=KeptModel)
    explore: float = SHARE  # of a proposal's places are drawn from near-equal times; 0: none

    @property
    def terms(self) -> GlobalTerms:
        """The global terms in use: kept in this process, so that asking costs nothing."""
        return self.model.terms

    def now(self) -> int:
        """Epoch seconds."""
        return self.clock.now()

    def new_id(self, prefix: str) -> str:
        """``per_01j…``: prefixed, and sorting by time."""
        return new_id(prefix, self.clock.now())

    def writing(self) -> AbstractContextManager[Session]:
        """One transaction."""
        return database.writing(self.engine)

    def writing_at_once(self) -> AbstractContextManager[Session | None]:
        """The same without waiting: ``None`` where somebody else writes just now. For SQLite."""
        return database.writing_at_once(self.engine)

    def reading(self) -> AbstractContextManager[Session]:
        """One consistent view."""
        return database.reading(self.engine)

    @cached_property
    def looks_at_once(self) -> bool:
        """Whether a look is a call into a library (SQLite: some microseconds, and no writer makes a reader wait) and not a
        question over a network: then it takes less than to hand it to another thread."""
        return database.is_sqlite(self.engine)

    @cached_property
    def on_the_loop(self) -> House:
        """The same house for plain functions that run on the event loop (``api.plumbing.looking``). On PostgreSQL."""
        return replace(self, engine=database.make_loop_engine(self.engine))

    def looking(self) -> AbstractContextManager[Look]:
        """One view for the few statements that go straight to the driver."""
        return looking(self.engine)

    def calendar(self, provider: str) -> CalendarAdapter:
        """The adapter of a provider. Raises ``BadInput`` for one that this installation does not have."""
        adapter = self.calendars.get(provider)
        if adapter is None:
            known = ", ".join(sorted(self.calendars))
            raise BadInput.of(
                "provider",
                f"{provider!r} is not set up here (`holdfast doctor` says what is missing); there are {known}",
            )
        return adapter


# Crockford's base 32, as ULIDs are written, two characters at a time.
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_TWO_LETTERS = [a + b for a in _LETTERS for b in _LETTERS]
_PLACES = range(120, -1, -10)

_newest_lock = threading.Lock()
_newest = 0


def new_id(prefix: str, now: int) -> str:
    """A ULID (48 bits of milliseconds, 80 random bits) in lower case behind its noun's prefix.

    Ids of one process strictly rise, also within one second: what was written later is listed later."""
    global _newest  # noqa: PLW0603
    fresh = now * 1000 << 80 | randbits(80)
    with _newest_lock:
        same_second = _newest >> 80 == fresh >> 80
        _newest = max(fresh, _newest + 1) if same_second else fresh
        value = _newest
    return f"{prefix}_{''.join([_TWO_LETTERS[value >> place & 1023] for place in _PLACES])}"
