"""Every call that the connector makes, with every fault, once and for good, before the work was done and after it: nothing is
lost, nothing doubled, nothing ever "free" by mistake, and nobody waits long."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from google_site import ALICE, BOB, CALLBACK, LATER, MEETING, Site

from integrations.google.writing import event_id
from service.domain.errors import HoldfastError, ProviderTrouble, Throttled, TimedOut, Unreachable
from service.ports.calendar import Account
from service.ports.sign_in import Grant
from service.ports.watch import Watch
from tests.emulators.google import times
from tests.emulators.google.emulator import EVENTS, FREE_BUSY, LISTING
from tests.emulators.google.faults import RETRY_AFTER, Fault

pytestmark = pytest.mark.slow

PATIENCE = 30.0  # seconds within which it ends; how soon is measured elsewhere, machines are noisy
SOON = 30.0  # seconds within which it ends; how soon is measured elsewhere, machines are noisy
EXPECTED = {
    Fault.THROTTLED: Throttled,
    Fault.RATE_LIMITED: Throttled,
    Fault.BROKEN: Unreachable,
    Fault.BUSY: Unreachable,
    Fault.HANGS: TimedOut,
    Fault.CUT: Unreachable,
    Fault.NONSENSE: Unreachable,
}
NOWHERE = "http://127.0.0.1:9/hooks/google"


@dataclass
class Task:
    """``prepare`` builds what is needed and returns the call to try; ``check`` says that all is as it should be after it has
    succeeded once. ``method`` is what breaks, ``skip`` spares as many calls of it. ``deaf`` faults do not matter."""

    method: str
    prepare: Callable[[Site], Callable[[], Any]]
    check: Callable[[Site, Any], None] = lambda _site, _result: None
    skip: int = 0
    deaf: tuple[Fault, ...] = ()


def one_event(site: Site, starts: list[int], told: list[str]) -> None:
    """One event of ours, at most, and each version told to Bob once."""
    events = [one for one in site.alice.events() if one["id"] == event_id(site.draft())]
    assert len(events) == len(starts)
    assert [times.at(one["start"], "UTC") for one in events] == starts
    assert [mail.method for mail in site.google.mails] == told
    assert {mail.to for mail in site.google.mails} <= {BOB}


def connecting(scopes: tuple[str, ...]) -> Callable[[Site], Callable[[], Any]]:
    def prepare(site: Site) -> Callable[[], Any]:
        account = site.account(scopes)
        return lambda: site.adapter.connect(account)

    return prepare


def is_connected(site: Site, result: Any) -> None:
    assert [one.primary for one in result] == [True]


def full(scopes: tuple[str, ...]) -> Callable[[Site], Callable[[], Any]]:
    def prepare(site: Site) -> Callable[[], Any]:
        site.alice.add(MEETING)
        site.alice.add(LATER)
        site.google.lister.page_size = 1
        account = site.account(scopes)
        return lambda: site.sync(account)

    return prepare


def sees_both(site: Site, result: Any) -> None:
    starts = [one.start for event in result.events for one in event.occurrences]
    assert sorted(starts) == [MEETING.start, LATER.start]


def incremental(site: Site) -> Callable[[], Any]:
    account = site.account()
    event = site.alice.add(MEETING)
    state = site.sync(account).state
    site.alice.move(event, LATER)
    return lambda: site.sync(account, state)


def sees_the_move(site: Site, result: Any) -> None:
    assert [one.master for one in result.events] == [LATER]


def series(site: Site) -> Callable[[], Any]:
    account = site.account()
    event = site.alice.add(MEETING, rule=("RRULE:FREQ=DAILY;COUNT=2",))
    state = site.sync(account).state
    site.alice.delete(site.alice.instance(event, MEETING.start))
    return lambda: site.sync(account, state)


def sees_one_left(site: Site, result: Any) -> None:
    assert [len(one.occurrences) for one in result.events] == [1]


def creating(site: Site) -> Callable[[], Any]:
    account = site.account()
    return lambda: site.adapter.create(account, site.draft())


def creating_again(site: Site) -> Callable[[], Any]:
    create = creating(site)
    create()
    return create


def is_created(site: Site, result: Any) -> None:
    one_event(site, [MEETING.start], ["REQUEST"])
    assert result.etag == site.alice.event(result.remote_id)["etag"]


def moving(site: Site) -> Callable[[], Any]:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    return lambda: site.adapter.update(account, written.remote_id, written.etag, site.draft(LATER, sequence=1))


def is_moved(site: Site, result: Any) -> None:
    one_event(site, [LATER.start], ["REQUEST", "REQUEST"])


def cancelling(site: Site) -> Callable[[], Any]:
    account = site.account()
    written = site.adapter.create(account, site.draft())
    return lambda: site.adapter.cancel(account, written.remote_id, written.etag, site.draft(sequence=1))


def is_cancelled(site: Site, result: Any) -> None:
    one_event(site, [], ["REQUEST", "CANCEL"])


def watching(site: Site) -> Callable[[], Any]:
    account = site.account()
    site.google.channels.drop = True
    names = iter(f"chan-{n}" for n in range(100))  # a new id for each attempt, as the port says
    return lambda: site.watcher.watch(account, channel_id=next(names), token="t", address=NOWHERE)


def is_watched(site: Site, result: Any) -> None:
    assert isinstance(result, Watch)
    assert result.id in site.google.channels.open


def renewing(site: Site) -> Callable[[], Any]:
    account = site.account()
    old = watching(site)()
    names = iter(f"next-{n}" for n in range(100))
    return lambda: site.watcher.renew(account, old, channel_id=next(names), token="t", address=NOWHERE)


def stopping(site: Site) -> Callable[[], Any]:
    account = site.account()
    made = watching(site)()
    return lambda: site.watcher.stop(account, made)


def is_stopped(site: Site, result: Any) -> None:
    assert not site.google.channels.open


def finishing(site: Site) -> Callable[[], Any]:
    def sign_in() -> Grant:
        # A code is for one use, so whoever tries again begins again.
        step = site.sign_in.begin(state="s", redirect_uri=CALLBACK, login_hint=ALICE)
        query = dict(parse_qsl(urlsplit(site.google.browse(step.url)).query))
        return site.sign_in.finish(query=query, keep=step.keep, redirect_uri=CALLBACK)

    return sign_in


def is_granted(site: Site, result: Any) -> None:
    assert (result.email, result.access) == (ALICE, "events")
    assert site.sync(Account("cal_1", ALICE, "UTC", secret=result.secret)).full


def refreshing(site: Site) -> Callable[[], Any]:
    secret = site.account().secret
    site.google.oauth.expire()
    return lambda: site.sign_in.refresh(secret)


def is_refreshed(site: Site, result: Any) -> None:
    assert site.sync(Account("cal_1", ALICE, "UTC", secret=result)).full


def revoking(site: Site) -> Callable[[], Any]:
    secret = site.account().secret
    return lambda: site.sign_in.revoke(secret)


def is_revoked(site: Site, result: Any) -> None:
    assert not site.google.oauth.access
    assert not site.google.oauth.refresh


LIST, QUERY = "calendar.events.list", "calendar.freebusy.query"
TASKS = {
    "connect": Task(LIST, connecting(EVENTS), is_connected),
    "connect: list the calendars": Task("calendar.calendarList.list", connecting((*EVENTS, LISTING)), is_connected),
    "connect: free/busy": Task(QUERY, connecting(FREE_BUSY), is_connected),
    "sync: first page": Task(LIST, full(EVENTS), sees_both),
    "sync: second page": Task(LIST, full(EVENTS), sees_both, skip=1),
    "sync: what is new": Task(LIST, incremental, sees_the_move, skip=1),
    "sync: afresh for a series": Task(LIST, series, sees_one_left, skip=2),
    "sync: free/busy": Task(QUERY, full(FREE_BUSY), sees_both),
    "sync: a later part of free/busy": Task(QUERY, full(FREE_BUSY), sees_both, skip=4),
    "create": Task("calendar.events.insert", creating, is_created),
    "create again": Task("calendar.events.insert", creating_again, is_created, skip=1),
    "create again: look": Task("calendar.events.get", creating_again, is_created),
    "update: look": Task("calendar.events.get", moving, is_moved),
    "update: write": Task("calendar.events.patch", moving, is_moved),
    "cancel": Task("calendar.events.delete", cancelling, is_cancelled),
    "watch": Task("calendar.events.watch", watching, is_watched),
    "renew": Task("calendar.events.watch", renewing, is_watched, skip=1),
    "renew: stop the old": Task("calendar.channels.stop", renewing, is_watched, deaf=tuple(Fault)),
    "stop": Task("calendar.channels.stop", stopping, is_stopped),
    "finish: exchange the code": Task("oauth.token", finishing, is_granted),
    "finish: fetch the keys": Task("oauth.certs", finishing, is_granted),
    "finish: ask for the zone": Task(LIST, finishing, is_granted, deaf=tuple(Fault)),
    "refresh": Task("oauth.token", refreshing, is_refreshed),
    "revoke": Task("oauth.revoke", revoking, is_revoked),
}


def fails(site: Site, act: Callable[[], Any], fault: Fault) -> None:
    """The call ends soon, and with the error that the fault stands for: never with a result."""
    began = time.monotonic()
    with pytest.raises(ProviderTrouble) as trouble:
        act()
    assert time.monotonic() - began < SOON
    assert type(trouble.value) is EXPECTED[fault]
    if fault is Fault.THROTTLED:
        assert trouble.value.retry_after == RETRY_AFTER
    for secret in (*site.google.oauth.access, *site.google.oauth.refresh):
        assert secret not in trouble.value.detail


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("how", ["once", "once, work done", "for good"])
@pytest.mark.parametrize("name", TASKS)
def test_a_fault(site: Site, name: str, how: str, fault: Fault) -> None:
    task = TASKS[name]
    site.google.faults.add(
        task.method, fault, times=None if how == "for good" else 1, after=how == "once, work done", skip=task.skip
    )
    act = task.prepare(site)
    if fault is Fault.HANGS:
        # A busy machine is slow too, so no more haste than is needed, and none where something has to succeed.
        site.hasty(1.0 if task.deaf else 0.4)
    if fault in task.deaf:
        result = act()
    elif how == "for good":
        for _ in range(2):
            fails(site, act, fault)
        site.google.faults.clear()
        site.hasty(PATIENCE)
        result = act()
    else:
        fails(site, act, fault)
        site.hasty(PATIENCE)
        result = act()
    assert site.google.faults.struck >= 1
    site.google.faults.clear()
    task.check(site, result)


def test_the_real_patience_is_short_enough(site: Site) -> None:
    """As shipped, without hurry: every way in answers within a few seconds though Google hangs for good."""
    account = site.account()
    written = site.adapter.create(account, site.draft())
    site.google.faults.add("*", Fault.HANGS)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        site.adapter.update(account, written.remote_id, written.etag, site.draft(LATER))
    assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy


def test_every_call_that_is_made_is_broken_somewhere(site: Site) -> None:
    """A call that somebody adds to the connector has to come into the table above."""
    broken = {task.method for task in TASKS.values()}
    for task in TASKS.values():
        with suppress(HoldfastError):  # one site for all, so some come too late
            task.prepare(site)()
    assert {request.method for request in site.google.requests} <= broken
