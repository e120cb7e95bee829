"""One signed POST to somebody else's receiver. What the receiver does is told, never raised."""

from __future__ import annotations

import time
from collections.abc import Sequence

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from integrations.errors import retry_after
from integrations.http import GuardedClient
from service.domain.errors import BadInput, ProviderTrouble
from service.domain.timespan import moment
from service.ports.clock import Clock
from service.ports.webhooks import Attempt


class StandardWebhookSender:
    """The ``WebhookSender`` port. ``deadline`` is wall seconds for one try, all in all."""

    def __init__(self, client: GuardedClient, clock: Clock, *, deadline: float = 15.0) -> None:
        self._client = client
        self._clock = clock
        self._deadline = deadline

    def send(self, *, url: str, event_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> Attempt:
        """Posts ``body`` (JSON, UTF-8) once; ``secrets`` (``whsec_…``) each give a signature, newest first.

        Raises ``ValueError`` only for what is our own mistake: no secret, or one that is not base64."""
        headers = {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(event_id, timestamp, body, secrets),
        }
        began = time.monotonic()
        try:
            # No redirects: a receiver that has moved is for its owner to register anew.
            answer = self._client.request(
                "POST", url, headers=headers, content=body, deadline=self._deadline, keep_body=False
            )
        except (ProviderTrouble, BadInput) as problem:
            return Attempt(None, problem.detail, None, _milliseconds(began))
        wait = retry_after(answer.headers, now=self._clock.now())
        return Attempt(answer.status, _in_words(answer.status), wait, _milliseconds(began))

    def check(self, url: str) -> None:
        """Raises ``BadAddress`` (a ``BadInput``) for an address that could not be posted to now."""
        self._client.check_address(url)


def signatures(event_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> str:
    """The value of ``webhook-signature``: ``v1,…`` for each secret, separated by spaces."""
    if not secrets:
        raise ValueError("a webhook needs at least one secret")
    at, text = moment(timestamp), body.decode("utf-8")
    try:
        return " ".join(Webhook(it).sign(msg_id=event_id, timestamp=at, data=text) for it in secrets)
    except EmptyWebhookSecretError:
        raise ValueError("a webhook secret is empty") from None


def _in_words(status: int) -> str | None:
    """Why it was no success; ``None`` for one."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"answered with a redirect (HTTP {status}), which is not followed"
    if status == 410:
        return "answered that it is gone and wants no more (HTTP 410)"
    return f"answered HTTP {status}"


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
