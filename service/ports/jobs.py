"""The jobs port: work that leaves the house, written in the same transaction as the state that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

JobFunction = Callable[..., None]


class Jobs(Protocol):
    """A durable queue. Delivery is at least once: each job is idempotent by its ``key``."""

    def enqueue(self, session: Any, name: str, *args: str | int, key: str, delay: int = 0) -> None:
        """Adds a job inside the caller's open database transaction (``session``): it exists if and only if that commits.

        ``args`` are ids and small numbers only; ``key`` names this piece of work (a second enqueue with the same key is
        the same job); ``delay`` is in seconds."""
        ...
