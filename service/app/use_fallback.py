"""Moving a meeting into the time that was held for it: one tap, no talk."""

from __future__ import annotations

from service.app.alter_meeting import move_meeting
from service.app.house import House
from service.app.once import Once, remember, seen_before
from service.domain.errors import NotNow
from service.domain.ledger import Seat
from service.domain.meeting import DetectedVia
from service.domain.timespan import MINUTE
from service.store import claims, meetings

DOUBLE_TAP = 10 * MINUTE  # so long after a move the next fallback is only taken by whoever names it


def use_fallback(
    house: House,
    meeting_id: str,
    *,
    by: Seat,
    start: int | None = None,
    reason_code: str | None = None,
    via: DetectedVia = DetectedVia.API,
    if_version: int | None = None,
    once: Once | None = None,
) -> str:
    """Moves the meeting to its fallback; returns its id. ``start``: the fallback that the caller saw. Where the meeting stands
    there already (a double tap, or the other was faster) that is what was wanted, and nothing happens.

    Raises ``NotNow`` where there is no fallback, or another than the one named, and what ``move_meeting`` raises."""
    seen_before(house, once)
    with house.reading() as session:
        meeting = meetings.get(session, meeting_id)
        held = claims.held(session, [meeting_id]).get(meeting_id)
        changes = meetings.changes(session, [meeting_id])[meeting_id]
    if meeting.status != "booked":
        raise NotNow(f"This meeting is {meeting.status}.", extra={"status": meeting.status})
    if start is not None and meeting.start == start:
        remember(house, once, meeting_id)
        return meeting_id
    if meeting.start <= house.now():
        raise NotNow("This meeting has begun, and its second time was given back.")
    if held is None or (start is not None and held.start != start):
        raise NotNow("There is no second time held for this meeting any more. Choose another time instead.")
    if start is None and if_version is None and changes and changes[-1].seen_at > house.now() - DOUBLE_TAP:
        raise NotNow(
            "This meeting has just been moved. To move it on, name the start of the second time held for it now."
        )
    return move_meeting(
        house, meeting_id, start=held.start, by=by, reason_code=reason_code, via=via, if_version=if_version, once=once
    )
