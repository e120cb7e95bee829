"""What goes wrong on demand: for any method, once, some times or for good; before the method did its work, or after."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Every way in which a provider fails us."""

    THROTTLED = "429"
    RATE_LIMITED = "403 rateLimitExceeded"
    BROKEN = "500"
    BUSY = "503"
    HANGS = "hangs"
    CUT = "cut"
    NONSENSE = "nonsense"


RETRY_AFTER = 17  # seconds, in every 429


@dataclass
class _Order:
    method: str
    fault: Fault
    times: int | None
    after: bool
    skip: int


class Faults:
    """The orders. ``method`` is an id of Google's (``calendar.events.insert``), ``oauth.token``, ``oauth.certs``,
    ``oauth.revoke``, or ``*``."""

    def __init__(self) -> None:
        self._orders: list[_Order] = []
        self._lock = threading.Lock()
        self.released = threading.Event()
        self.struck = 0

    def add(self, method: str, fault: Fault, *, times: int | None = None, after: bool = False, skip: int = 0) -> None:
        """``times=None`` is for good. ``after``: the work is done and only its answer is lost. ``skip`` spares that many."""
        self._orders.append(_Order(method, fault, times, after, skip))

    def clear(self) -> None:
        """All is well again; what hangs is let go."""
        with self._lock:
            self._orders.clear()
            released, self.released = self.released, threading.Event()
        released.set()

    def take(self, method: str) -> _Order | None:
        """The order that this request falls under."""
        with self._lock:
            for order in self._orders:
                if order.method not in {method, "*"} or order.times == 0:
                    continue
                if order.skip:
                    order.skip -= 1
                    continue
                if order.times is not None:
                    order.times -= 1
                self.struck += 1
                return order
        return None
