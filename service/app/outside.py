"""Every call to a calendar provider passes here: counted by outcome, and left off where it would do harm.

Two things are left off. An account whose provider asked to wait is not asked again before that time, whoever wants to. A
provider that answers nobody any more (several accounts, several failures in a row) is left alone for half a minute; then one
call tries, and the others wait for how it goes (a circuit breaker). What is left off fails like what could not be done:
*unknown*, and tried again later by the job that wanted it. Both are kept in the process: another worker finds out by itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from service.domain.errors import (
    BadInput,
    Changed,
    Gone,
    HoldfastError,
    ProviderTrouble,
    Refused,
    SyncReset,
    Throttled,
    TimedOut,
    Unauthorized,
    Unreachable,
    Unsupported,
)
from service.domain.timespan import MINUTE
from service.ports.calendar import Account
from service.ports.clock import Clock

FAILURES, ACCOUNTS = 6, 3
"""So many failures in a row, of so many different accounts, mean that it is the provider and not a mailbox."""
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_ROUNDS = 30, 5 * MINUTE, 4
"""Seconds; and so many rounds of readings at most, so that one that is back is soon known again."""
MOST_WAITING = 10_000

# The first that fits. Whatever else goes wrong is an "error".
OUTCOMES: tuple[tuple[type[Exception], str], ...] = (
    (Throttled, "throttled"),
    (TimedOut, "timeout"),
    (Unreachable, "unreachable"),
    (Unauthorized, "unauthorized"),
    (Refused, "refused"),
    (Changed, "changed"),
    (Gone, "gone"),
    (SyncReset, "sync_reset"),
    (Unsupported, "unsupported"),
    (BadInput, "bad_answer"),
)
LEFT_OFF = "left_off"

Key = tuple[str, str, str]  # provider, operation, outcome


class Tally:
    """How often what came of which call, since it was last taken away; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()

    def add(self, provider: str, operation: str, outcome: str) -> None:
        """One call."""
        with self._lock:
            self._counts[provider, operation, outcome] += 1

    def take(self) -> dict[Key, int]:
        """What was counted; from here on it counts from nothing."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return dict(taken)

    def put_back(self, counts: dict[Key, int]) -> None:
        """What could not be stored after all."""
        with self._lock:
            self._counts.update(counts)


@dataclass
class Circuit:
    """Whether a provider is asked at all. ``opens``: how often it was left alone."""

    first: int = FIRST_PAUSE
    longest: int = LONGEST_PAUSE
    failures: int = 0
    accounts: set[str] = field(default_factory=set)
    pause: int = 0
    until: int = 0
    trying: bool = False
    opens: int = 0

    def closed_to(self, now: int) -> bool:
        """Whether nothing may be asked now. Once the pause is over the first one who asks is let through, to try."""
        if self.until == 0:
            return False
        if now < self.until:
            return True
        self.until, self.trying = now + self.pause, True
        return False

    def well(self) -> None:
        """It answered: all is as usual."""
        self.failures, self.until, self.trying = 0, 0, False
        self.accounts.clear()

    def failed(self, account: str, now: int) -> None:
        """It did not answer."""
        if self.until:  # what was under way when it was left alone says nothing new
            if not self.trying:
                return
            self.trying = False
            self.pause = min(self.pause * 2, self.longest)
            self.until = now + self.pause
            return
        self.failures += 1
        self.accounts.add(account)
        if self.failures >= FAILURES and len(self.accounts) >= ACCOUNTS:
            self.pause = self.first
            self.until = now + self.pause
            self.opens += 1


class Outside:
    """One provider as this process knows it. ``shared``: all its accounts lie behind the same servers, so that it can be
    down as a whole. ``round_seconds``: how often calendars are looked at."""

    def __init__(
        self, provider: str, tally: Tally, clock: Clock, *, shared: bool = True, round_seconds: int = LONGEST_PAUSE
    ) -> None:
        self.provider = provider
        self._tally, self._clock, self._shared = tally, clock, shared
        self._lock = threading.Lock()
        self._circuit = Circuit(
            min(FIRST_PAUSE, max(round_seconds, 1)), min(LONGEST_PAUSE, LONGEST_ROUNDS * max(round_seconds, 1))
        )
        self._waiting: dict[str, float] = {}

    @contextmanager
    def call(self, operation: str, account: Account | None = None) -> Iterator[None]:
        """Around one call. Raises ``Throttled`` or ``Unreachable`` in its place where it is left off; what the call raises goes
        through."""
        who = account_key(account)
        try:
            self._may_ask(who)
        except HoldfastError:
            self._tally.add(self.provider, operation, LEFT_OFF)
            raise
        try:
            yield
        except Exception as trouble:
            self._tally.add(self.provider, operation, outcome_of(trouble))
            self._learn(who, trouble)
            raise
        self._tally.add(self.provider, operation, "ok")
        self._learn(who, None)

    def _may_ask(self, who: str) -> None:
        now = self._clock.now()
        with self._lock:
            until = self._waiting.get(who, 0.0)
            if until > now:
                raise Throttled(f"The provider ({self.provider}) asked to wait.", retry_after=until - now)
            if self._shared and self._circuit.closed_to(now):
                raise Unreachable(
                    f"The provider ({self.provider}) answers nobody just now, so it is left alone for a moment."
                )

    def _learn(self, who: str, trouble: Exception | None) -> None:
        now = self._clock.now()
        with self._lock:
            if isinstance(trouble, Throttled) and who and trouble.retry_after:
                if len(self._waiting) >= MOST_WAITING:
                    self._waiting = {key: until for key, until in self._waiting.items() if until > now}
                self._waiting[who] = now + trouble.retry_after
            if isinstance(trouble, Unreachable):
                self._circuit.failed(who, now)
            elif trouble is None or isinstance(trouble, ProviderTrouble):
                self._circuit.well()  # also who refuses has answered


def outcome_of(trouble: Exception) -> str:
    """The word under which a failure is counted."""
    return next((word for kind, word in OUTCOMES if isinstance(trouble, kind)), "error")


def account_key(account: Account | None) -> str:
    """What the provider's limits hang on: the account, which several calendars may share."""
    return (account.settings.get("subject") or account.calendar_id) if account is not None else ""
