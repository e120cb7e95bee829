"""What changed in a calendar since the last reading."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.microsoft.delta import Pages, State, first_link, ids_between, mark, read
from integrations.microsoft.events import id_of, single, span_of
from integrations.microsoft.graph import Json, Mailbox
from integrations.microsoft.series import fetch, instances, is_master, series_of, whole
from service.domain.errors import Gone, SyncReset
from service.domain.timespan import DAY, Span
from service.ports.calendar import RemoteEvent, SyncResult

_SLACK = 14 * DAY
"""So far the window that is asked for may run ahead of the one that Graph reports on; then all is read afresh."""
_MOST_LOOKED_FOR = 10


@dataclass(slots=True)
class _Found:
    events: list[RemoteEvent] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    series: dict[str, frozenset[str]] = field(default_factory=dict)


def changes(mailbox: Mailbox, calendar: str, zone: str, state: str | None, window: Span) -> SyncResult:
    """Reads on from ``state``, or everything where that cannot be done. ``zone`` is what all-day events mean."""
    known = State.decode(state)
    if known is not None and _speaks_of(known, calendar, window):
        try:
            pages = read(mailbox, known.link)
        except SyncReset:
            pass
        else:
            found = _since(mailbox, pages, known, zone)
            reached = State(pages.link, known.window, calendar, found.series).encode()
            events, removed = tuple(found.events), tuple(dict.fromkeys(found.removed))
            return SyncResult(events, removed, reached, full=False, unchanged=not events and not removed)
    pages = read(mailbox, first_link(calendar, window))
    found = _all(mailbox, pages, zone)
    reached = State(pages.link, window, calendar, found.series).encode()
    return SyncResult(tuple(found.events), (), reached, full=True)


def _speaks_of(known: State, calendar: str, window: Span) -> bool:
    """Whether Graph's link still tells of the time that is asked for: its window was fixed when it was made."""
    return known.calendar == calendar and known.window.start <= window.start and window.end - known.window.end <= _SLACK


def _all(mailbox: Mailbox, pages: Pages, zone: str) -> _Found:
    """A reading of everything."""
    found = _Found()
    masters = {id_of(it): it for it in pages.listed.values() if is_master(it)}
    parts: dict[str, list[Json]] = {master: [] for master in masters}
    for event in pages.listed.values():
        series = series_of(event)
        if series is not None:
            parts.setdefault(series, []).append(event)
        elif not is_master(event):
            found.events.append(single(event, zone))
    for master_id, occurrences in parts.items():
        master = masters.get(master_id) or fetch(mailbox, master_id) or {}
        _add(found, master_id, master, occurrences, zone)
    return found


def _since(mailbox: Mailbox, pages: Pages, known: State, zone: str) -> _Found:
    """A reading of what changed. A series of which anything changed is read again as a whole."""
    found = _Found(series=dict(known.series))
    touched: dict[str, Json | None] = {}
    for remote_id, event in pages.listed.items():
        series = series_of(event)
        if is_master(event):
            touched[remote_id] = event
        elif series is not None:
            touched.setdefault(series, None)
        else:
            found.series.pop(remote_id, None)
            found.events.append(single(event, zone))
    lost: list[str] = []
    belongs = _belongs(known)
    for remote_id in pages.removed:
        series = belongs.get(mark(remote_id))
        if series is not None and series not in pages.removed:
            touched.setdefault(series, None)
        elif series is None:
            lost.append(remote_id)
    for master_id, listed in touched.items():
        _series_again(mailbox, found, master_id, listed, known.window, zone)
    for number, remote_id in enumerate(lost):
        found.series.pop(remote_id, None)
        elsewhere = (
            _moved_out(mailbox, known.calendar, remote_id, known.window, zone) if number < _MOST_LOOKED_FOR else None
        )
        if elsewhere is not None:
            found.events.append(elsewhere)
        else:
            found.removed.append(remote_id)
    return found


def _series_again(
    mailbox: Mailbox, found: _Found, master_id: str, listed: Json | None, window: Span, zone: str
) -> None:
    try:
        occurrences = instances(mailbox, master_id, window)
        master = listed or fetch(mailbox, master_id)
    except Gone:
        master = None
    if master is None:
        found.series.pop(master_id, None)
        found.removed.append(master_id)
    elif is_master(master):
        _add(found, master_id, master, occurrences, zone)
    else:  # no series any more
        found.series.pop(master_id, None)
        found.events.append(single(master, zone))


def _moved_out(mailbox: Mailbox, calendar: str, remote_id: str, window: Span, zone: str) -> RemoteEvent | None:
    """The event, where it was not deleted but moved to a time that the reading does not speak of.

    An event in the bin can still be read by its id, so it counts only where its calendar lists it at its time."""
    event = fetch(mailbox, remote_id)
    if event is None or is_master(event) or series_of(event) is not None:
        return None
    span = span_of(event, zone)
    if span is None or span.overlaps(window):
        return None
    return single(event, zone) if remote_id in ids_between(mailbox, calendar, span) else None


def _add(found: _Found, master_id: str, master: Json, occurrences: list[Json], zone: str) -> None:
    found.events.append(whole(master_id, master, occurrences, zone))
    found.series[master_id] = frozenset(mark(id_of(it)) for it in occurrences)


def _belongs(known: State) -> dict[str, str]:
    """Which series each occurrence was listed with, by its mark."""
    return {it: master for master, marks in known.series.items() for it in marks}
