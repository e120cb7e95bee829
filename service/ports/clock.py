"""The clock. Injected, never patched: nothing in the house asks the operating system what time it is but ``SystemClock``."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Epoch seconds, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Epoch seconds, UTC."""
        return int(time.time())


class FixedClock:
    """A clock that stands until it is moved: for tests, simulations and back-tests."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        """The instant it was set to."""
        return self.at

    def advance(self, seconds: int) -> None:
        """Moves it on; a clock never runs backwards."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self.at += seconds
