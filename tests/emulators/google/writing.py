"""What events.insert, patch and delete do: ids of one's own, ETags, copies at the guests, and whom Google mails."""

from __future__ import annotations

import copy
import re
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from tests.emulators.google import times
from tests.emulators.google.problems import Problem, invalid, not_found
from tests.emulators.google.world import Box, Event, World

_ID = re.compile(r"[a-v0-9]{5,1024}")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_READ_ONLY = frozenset({
    "kind", "etag", "htmlLink", "created", "updated", "creator", "organizer", "hangoutLink", "recurringEventId",
    "originalStartTime", "attendeesOmitted", "privateCopy", "locked",
})  # fmt: skip
_OWN = frozenset({"reminders", "colorId", "transparency", "visibility", "extendedProperties", "attendees"})
_PRIVATE = ("reminders", "colorId", "transparency")
_TIMES = ("start", "end", "recurrence")
_SHOWN_TO_GUESTS = (*_TIMES, "summary", "description", "location", "status", "conferenceData")


def insert(world: World, account: str, box: Box, body: Event, query: dict[str, Any]) -> Event:
    """A new event, with the guests' copies and mails."""
    if "id" in body and "iCalUID" in body:
        raise invalid("The id and iCalUID cannot both be set.")
    id_ = body.get("id") or uuid.uuid4().hex
    if not _ID.fullmatch(id_):
        raise invalid("Invalid resource id value.")
    if id_ in box.events:
        raise Problem(409, "duplicate", "The requested identifier already exists.")
    event: Event = {
        **{name: value for name, value in copy.deepcopy(body).items() if name not in _READ_ONLY},
        "kind": "calendar#event",
        "id": id_,
        "status": body.get("status", "confirmed"),
        "iCalUID": body.get("iCalUID") or f"{id_}@google.com",
        "created": world.stamp(),
        "creator": {"email": account},
        "organizer": {"email": box.id},
        "sequence": body.get("sequence", 0),
        "eventType": body.get("eventType", "default"),
        "htmlLink": f"https://www.google.com/calendar/event?eid={id_}",
    }
    _conference(box, event, {}, query)
    _check(box, event)
    for one in event.get("attendees", []):
        one.setdefault("responseStatus", "needsAction")
    world.put(box, event)
    _share(world, box, event, before=[])
    _mail(world, box, event, _guests(box, event), "REQUEST", query)
    return event


def patch(
    world: World, account: str, box: Box, id_: str, body: Event, query: dict[str, Any], if_match: str | None
) -> Event:
    """Changes what ``body`` names. One that was deleted stays deleted."""
    old = get(world, box, id_)
    if if_match is not None and if_match != old["etag"]:
        raise Problem(412, "conditionNotMet", "Precondition Failed", location="If-Match")
    if old["status"] == "cancelled":
        return old
    changes = {name: value for name, value in body.items() if name not in _READ_ONLY}
    if old["organizer"]["email"].lower() != box.id.lower() and not old.get("guestsCanModify"):
        return _patch_as_guest(world, box, old, changes)
    if "sequence" in changes and changes["sequence"] < old["sequence"]:
        raise invalid("Invalid sequence value. The specified sequence number is below the current one.")
    new = _merged(old, changes)
    _conference(box, new, old, query)
    _check(box, new)
    for one in new.get("attendees", []):
        one.setdefault("responseStatus", "needsAction")
    if any(new.get(name) != old.get(name) for name in _TIMES):
        new["sequence"] = max(new["sequence"], old["sequence"] + 1)
        for one in _asked(box, new):
            one["responseStatus"] = "needsAction"
    before = _guests(box, old)
    stays = [one for one in _guests(box, new) if one in before]
    added = [one for one in _guests(box, new) if one not in before]
    gone = [one for one in before if one not in _guests(box, new)]
    if _instance_of(new) is None and new["status"] == "cancelled":
        return delete(world, account, box, id_, query, None) or new
    world.put(box, new)
    _share(world, box, new, before=before)
    seen = any(new.get(name) != old.get(name) for name in _SHOWN_TO_GUESTS)
    _mail(world, box, new, [*(stays if seen else []), *added], "REQUEST", query)
    _mail(world, box, new, gone, "CANCEL", query)
    return new


def delete(world: World, account: str, box: Box, id_: str, query: dict[str, Any], if_match: str | None) -> Event | None:
    """Takes an event out; a guest's deletion is a refusal to the organiser."""
    old = get(world, box, id_)
    if old["status"] == "cancelled":
        raise Problem(410, "deleted", "Resource has been deleted")
    if if_match is not None and if_match != old["etag"]:
        raise Problem(412, "conditionNotMet", "Precondition Failed", location="If-Match")
    new = {**copy.deepcopy(old), "status": "cancelled"}
    if old["organizer"]["email"].lower() != box.id.lower():
        world.put(box, new)
        answer(world, box, id_, "declined")
        return None
    new["sequence"] = old["sequence"] + 1
    world.put(box, new)
    _share(world, box, new, before=[])
    for stored in [one for one in box.events.values() if one.data.get("recurringEventId") == id_]:
        if stored.data["status"] != "cancelled":
            world.put(box, {**stored.data, "status": "cancelled"})
    _mail(world, box, new, _guests(box, new), "CANCEL", query)
    return None


def get(world: World, box: Box, id_: str) -> Event:
    """The event, deleted or not; an instance that never differed is made from its series. Raises ``Problem`` 404."""
    stored = box.events.get(id_)
    if stored is not None:
        return stored.data
    master = box.events.get(id_.rpartition("_")[0])
    if master is not None and master.data.get("recurrence"):
        far = times.at(master.data["start"], box.zone) + 10 * 366 * 86_400
        for made in world.instances(box, master.data, far):
            if made["id"] == id_:
                return {**copy.deepcopy(made), "etag": master.data["etag"]}
    raise not_found()


def answer(world: World, box: Box, id_: str, response: str, *, mails: bool = True) -> None:
    """The owner of ``box`` answers an invitation: seen by the organiser and in every copy."""
    event = get(world, box, id_)
    home = world.boxes.get(event["organizer"]["email"])
    if home is None or id_ not in home.events:
        world.put(box, _with_answer(event, box.owner, response))
        return
    told = _with_answer(home.events[id_].data, box.owner, response)
    world.put(home, told)
    _share(world, home, told, before=[])
    if mails:
        world.mail(told, home, [home.owner], "REPLY")


def _patch_as_guest(world: World, box: Box, old: Event, changes: Event) -> Event:
    """A guest may change what is theirs alone, and their own answer."""
    shared = [name for name in changes if name not in _OWN and changes[name] != old.get(name)]
    if shared:
        raise Problem(
            403, "forbiddenForNonOrganizer", "Shared properties can only be changed by the organizer of the event."
        )
    own = next((one for one in changes.get("attendees", []) if one["email"].lower() == box.owner.lower()), None)
    world.put(box, _merged(old, {name: value for name, value in changes.items() if name != "attendees"}))
    if own is not None:
        answer(world, box, old["id"], own.get("responseStatus", "needsAction"))
    return box.events[old["id"]].data


def _with_answer(event: Event, email: str, response: str) -> Event:
    new = copy.deepcopy(event)
    for one in new.get("attendees", []):
        if one["email"].lower() == email.lower():
            one["responseStatus"] = response
    return new


def _merged(old: Event, changes: Event) -> Event:
    """Patch semantics: objects are merged, arrays replaced, null takes out."""
    new = copy.deepcopy(old)
    for name, value in changes.items():
        if value is None:
            new.pop(name, None)
        elif isinstance(value, dict) and isinstance(new.get(name), dict) and name not in {"start", "end"}:
            new[name] = _merged(new[name], value)
        elif isinstance(value, dict) and isinstance(new.get(name), dict):
            # {dateTime} over {date} would be both at once; Google takes the one that was sent.
            new[name] = {k: v for k, v in value.items() if v is not None}
        else:
            new[name] = copy.deepcopy(value)
    return new


def _check(box: Box, event: Event) -> None:
    for name in ("start", "end"):
        value = event[name]
        if ("date" in value) == ("dateTime" in value):
            raise invalid("Invalid start time." if name == "start" else "Invalid end time.")
        if value.get("timeZone"):
            try:
                ZoneInfo(value["timeZone"])
            except (KeyError, ValueError, OSError):
                raise invalid(f"Invalid time zone definition for {name} time.") from None
        elif event.get("recurrence") and "dateTime" in value:
            raise Problem(400, "required", f"Missing time zone definition for {name} time.")
    start, end = times.span(event, box.zone)
    if end < start:
        raise Problem(400, "timeRangeEmpty", "The specified time range is empty.")
    for one in event.get("attendees", []):
        if not _ADDRESS.fullmatch(one.get("email", "")):
            raise invalid("Invalid attendee email.")
        if one.get("responseStatus", "needsAction") not in {"needsAction", "declined", "tentative", "accepted"}:
            raise invalid("Invalid attendee response status.")
    if event["status"] not in {"confirmed", "tentative", "cancelled"}:
        raise invalid("Invalid value for status.")


def _conference(box: Box, event: Event, old: Event, query: dict[str, Any]) -> None:
    """Without conferenceDataVersion=1 a conference is neither made nor kept."""
    if query.get("conferenceDataVersion") != 1:
        event.pop("conferenceData", None)
        return
    request = event.get("conferenceData", {}).get("createRequest")
    if not request or old.get("conferenceData"):
        return
    kind = request.get("conferenceSolutionKey", {}).get("type")
    if not request.get("requestId") or kind not in box.conferences:
        raise invalid("Invalid conference type value.")
    event["conferenceData"] = {
        "createRequest": {**request, "status": {"statusCode": "success"}},
        "entryPoints": [{"entryPointType": "video", "uri": f"https://meet.google.com/{request['requestId'][:10]}"}],
    }


def _guests(box: Box, event: Event) -> list[str]:
    return [one["email"].lower() for one in _asked(box, event)]


def _asked(box: Box, event: Event) -> list[Event]:
    return [one for one in event.get("attendees", []) if one["email"].lower() != box.owner.lower()]


def _instance_of(event: Event) -> str | None:
    return event.get("recurringEventId")


def _share(world: World, box: Box, event: Event, *, before: list[str]) -> None:
    """Brings the copies of guests who are at Google too up to date."""
    guests = _guests(box, event)
    for email in {*guests, *before}:
        account = next((one for one in world.accounts if one.lower() == email), None)
        if account is None or account == box.owner:
            continue
        there = world.boxes[account]
        held = there.events.get(event["id"])
        if held is not None and held.data["status"] == "cancelled" and event["status"] != "cancelled":
            continue  # they threw it out themselves
        made = {name: value for name, value in copy.deepcopy(event).items() if name not in _PRIVATE}
        made.get("extendedProperties", {}).pop("private", None)
        kept = held.data if held else {}
        made |= {name: kept[name] for name in _PRIVATE if name in kept}
        if email not in guests:
            made["status"] = "cancelled"
        world.put(there, made)


def _mail(world: World, box: Box, event: Event, to: list[str], method: str, query: dict[str, Any]) -> None:
    updates = query.get("sendUpdates", "all" if query.get("sendNotifications") else "none")
    at_google = {one.lower() for one in world.accounts}
    if updates == "externalOnly":
        to = [one for one in to if one not in at_google]
    if updates != "none":
        world.mail(event, box, to, method)
