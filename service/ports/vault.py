"""The vault port: secrets sealed at rest, each bound to the row it belongs to."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Seals and opens. A blob moved to another row, or opened with a key that was withdrawn, does not open."""

    def seal(self, plain: str, bound_to: str) -> bytes:
        """Encrypts ``plain`` with the newest key; ``bound_to`` (a row's id) is authenticated with it."""
        ...

    def open(self, blob: bytes, bound_to: str) -> str:
        """The plain text. Raises ``Denied`` when the blob was tampered with, moved or sealed with an unknown key."""
        ...

    def fingerprint(self, plain: str) -> str:
        """A keyless one-way hash (hex SHA-256) for looking up high-entropy tokens: API keys, link tokens, feed addresses."""
        ...
