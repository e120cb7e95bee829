"""Subscriptions: Graph's promise to post to us when a calendar changes, and to say when the promise is in danger."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from integrations.microsoft.answers import NAME
from integrations.microsoft.connecting import free_busy_only
from integrations.microsoft.graph import Graph, Json, Mailbox
from service.domain.errors import (
    Gone,
    HoldfastError,
    ProviderTrouble,
    Refused,
    Unreachable,
    Unsupported,
)
from service.domain.timespan import HOUR, MINUTE, epoch, rfc3339
from service.ports.calendar import Account
from service.ports.watch import Watch

LONGEST = 10_080 * MINUTE - HOUR
"""Seconds. Graph takes 10,080 minutes for events and refuses more; an hour is left for clocks that differ."""
_LONGEST_TOKEN = 128


class MicrosoftWatcher:
    """``service.ports.watch`` for Graph. One address takes changes and lifecycle notices alike; before a subscription
    exists Graph posts a ``validationToken`` there, which the receiver has to give back as text.

    Give each channel an address of its own (a query will do): after a lost answer, the subscription that nobody knows of
    is found by its address and ended."""

    def __init__(self, graph: Graph, *, budget: float = 8.0) -> None:
        self._graph = graph
        self._budget = budget

    def watch(self, account: Account, *, channel_id: str, token: str, address: str) -> Watch:
        """Subscribes. ``token`` (at most 128 characters) comes back as ``clientState``."""
        return self._begin(self._mailbox(account), account, token, address)

    def renew(self, account: Account, watch: Watch, *, channel_id: str, token: str, address: str) -> Watch:
        """Prolongs it, which also answers ``reauthorizationRequired``; one that is gone is made anew."""
        mailbox = self._mailbox(account)
        body = {"expirationDateTime": rfc3339(mailbox.now() + LONGEST)}
        try:
            answer = mailbox.write("PATCH", _path(watch.id), body)
        except Gone:
            return self._begin(mailbox, account, token, address)
        except Refused as trouble:
            raise Unsupported(trouble.detail) from None
        return _watch(answer) if answer.get("id") else Watch(watch.id, watch.resource_id, mailbox.now() + LONGEST)

    def stop(self, account: Account, watch: Watch) -> None:
        """Ends it."""
        try:
            self._mailbox(account).write("DELETE", _path(watch.id))
        except Gone:
            return

    def _begin(self, mailbox: Mailbox, account: Account, token: str, address: str) -> Watch:
        if len(token) > _LONGEST_TOKEN:
            raise ProviderTrouble(f"{NAME} takes no token of more than {_LONGEST_TOKEN} characters.")
        calendar = account.settings.get("calendar")
        resource = f"me/calendars/{calendar}/events" if calendar else "me/events"
        body: Json = {
            "changeType": "created,updated,deleted",
            "notificationUrl": address,
            "lifecycleNotificationUrl": address,  # can only be given now
            "resource": resource,
            "expirationDateTime": rfc3339(mailbox.now() + LONGEST),
            "clientState": token,
        }
        try:
            made = _watch(mailbox.write("POST", "/subscriptions", body))
        except Refused as trouble:
            raise Unsupported(trouble.detail) from None
        _end_others(mailbox, made.id, resource, address)
        return made

    def _mailbox(self, account: Account) -> Mailbox:
        if free_busy_only(account.settings):
            raise Unsupported(f"{NAME} tells of changes only where events may be read.")
        return self._graph.mailbox(account, budget=self._budget)


def _end_others(mailbox: Mailbox, ours: str, resource: str, address: str) -> None:
    """Ends what an earlier attempt left, as far as that goes: it would run out by itself within a week."""
    try:
        listed = mailbox.get("/subscriptions").get("value")
        for it in listed if isinstance(listed, list) else []:
            if (
                isinstance(it, dict)
                and it.get("id") not in {None, ours}
                and it.get("notificationUrl") == address
                and str(it.get("resource", "")).strip("/").lower() == resource.lower()
            ):
                mailbox.write("DELETE", _path(str(it["id"])))
    except HoldfastError:
        return


def _path(subscription_id: str) -> str:
    return f"/subscriptions/{quote(subscription_id, safe='')}"


def _watch(raw: Json) -> Watch:
    """As Graph answers: it may grant less than was asked."""
    subscription, until, resource = raw.get("id"), raw.get("expirationDateTime"), raw.get("resource")
    try:
        if isinstance(subscription, str) and isinstance(until, str):
            ends = epoch(datetime.fromisoformat(_to_seconds(until)))
            return Watch(subscription, resource if isinstance(resource, str) else None, ends)
    except ValueError:
        pass
    raise Unreachable(f"{NAME} gave an answer that makes no sense.")


def _to_seconds(text: str) -> str:
    """``2016-11-20T18:23:45.9356913Z`` without its fraction: seven digits are more than every Python reads."""
    head, dot, tail = text.partition(".")
    return head + tail.lstrip("0123456789") if dot else text
