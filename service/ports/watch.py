"""The watch port: a provider's promise to tell us when a calendar changed. It only ever says *look*; what changed is
found by the next sync, and a promise may be broken, so reconciliation goes on beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.ports.calendar import Account


@dataclass(frozen=True, slots=True)
class Watch:
    """A channel or subscription. ``expires_at`` (epoch seconds) is what the PROVIDER said, not what was asked."""

    id: str
    resource_id: str | None
    expires_at: int


class Watcher(Protocol):
    """Push from one provider. Raises ``ProviderTrouble`` as the calendar port does, ``Unsupported`` where the account's
    grant does not allow watching."""

    def watch(self, account: Account, *, channel_id: str, token: str, address: str) -> Watch:
        """Asks to be told at ``address`` (https); ``token`` comes back with every message and is verified by us."""
        ...

    def renew(self, account: Account, watch: Watch, *, channel_id: str, token: str, address: str) -> Watch:
        """Prolongs it, or replaces it by one with ``channel_id`` where the provider cannot prolong."""
        ...

    def stop(self, account: Account, watch: Watch) -> None:
        """Ends it; one that is gone already is a success."""
        ...
