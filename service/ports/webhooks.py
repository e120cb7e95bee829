"""The webhook port: one signed POST to somebody else's receiver (Standard Webhooks 1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try brought. ``status`` is the HTTP status, ``None`` when no answer came (``error`` says why, in words
    without the address's credentials); ``retry_after`` in seconds where the receiver named one."""

    status: int | None
    error: str | None
    retry_after: float | None
    milliseconds: int


class WebhookSender(Protocol):
    """Signs and posts. Never raises for what the receiver does: that is an ``Attempt``."""

    def send(self, *, url: str, event_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> Attempt:
        """Posts ``body`` with ``webhook-id`` = ``event_id`` and one signature per secret (several while rotating)."""
        ...

    def check(self, url: str) -> None:
        """Raises ``BadInput`` for an address that is not http(s) or (its name resolved) not public, unless allowed."""
        ...
