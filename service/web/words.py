"""How things are said to people: short, kind, on each one's own clock, and without a verdict about anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.web import clocks

KINDS = {
    "breakfast": ("Breakfast", "before work"),
    "core": ("Working hours", "in the working day"),
    "lunch": ("Lunch", "around noon"),
    "coffee": ("Coffee", "after work"),
}

STATES = {
    "steady": ("On track", "The two of you keep meeting."),
    "slipping": ("Could use a date", "A good moment to choose a time together."),
    "silent": ("Quiet for a while", "Nothing is planned. Whenever you like, ask for new times."),
    "paused": ("Resting", "Nothing is proposed until one of you goes on."),
    "ended": ("Ended", "Thank you for the time you gave each other."),
}

BECAUSE = {
    "quiet_for_two_cadences": "Nothing has been planned or answered for {quiet_days} days.",
    "overdue": "The next meeting was due {overdue_days} days ago.",
    "recent_meetings_changed": "{changed} of the last {of} meetings found another time.",
    "proposals_expired": "The last {expired_in_a_row} offers of times ran out unanswered.",
    "early_late_move": "One of the first meetings changed at short notice.",
    "early_proposal_expired": "An offer of times ran out unanswered.",
}

TROUBLE = {
    403: (
        "This page is not open to you",
        "Open the newest link you were sent. If that does not help, ask for a new one.",
    ),
    404: ("There is nothing here", "The address may have been cut off. Start again from the link you were sent."),
    409: ("That is no longer possible", "Something changed in between. Look at how it stands now, then try again."),
    410: (
        "This link has run out",
        "Links are good for a limited time. Ask the person who runs Holdfast for a new one.",
    ),
    422: ("Something is missing", "Nothing was changed. Go back, look at what you entered, and try again."),
    500: ("Something went wrong on our side", "Nothing you did caused this. Please try again in a moment."),
    502: ("A calendar did not answer", "Nothing was changed. Please try again in a moment."),
}

PROVIDERS = {
    "local": "Kept by Holdfast",
    "ics": "Calendar address",
    "caldav": "CalDAV",
    "google": "Google Calendar",
    "microsoft": "Microsoft 365",
}

INVITATIONS = {
    "organizer": "It stands in your calendar",
    "calendar": "Your invitation came from the other’s calendar",
    "queued": "Your invitation is on its way",
    "sent": "Your invitation was sent",
    "kept": "Your invitation is kept here, as no mail server is set up",
    "failed": "Your invitation could not be sent",
}

WEEKDAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}

MEETING_STATUS = {
    "booked": "This meeting is booked",
    "cancelled": "This meeting was called off",
    "held": "This meeting took place",
    "missed": "This meeting did not take place",
}

MAILS = {"queued": "on its way", "sent": "sent", "kept": "kept here", "failed": "could not be sent"}

DELIVERIES = {"pending": "On its way", "delivered": "Delivered", "failed": "Not delivered", "dropped": "Not sent"}

FIELDS = {
    "start": "The time",
    "own_time": "The time you entered",
    "until": "The date",
    "slot_id": "The time you chose",
    "reason_code": "The reason",
    "worth": "The mark",
    "next_step": "The next step",
    "handover": "The note",
    "objective": "The objective",
    "choice": "What you chose",
}

REASONS = {
    "illness": "Illness",
    "work": "Work",
    "travel": "Travel",
    "private": "Private",
    "holiday": "Holiday",
    "other": "Something else",
}


# Moves that Holdfast offered, or that were the second half of one: nobody's.
OFFERED_MOVES = {
    "care": "to a steadier time",
    "picked": "to a time that suits you both",
    "short_call": "for a short call",
}

UNANSWERED = {
    "offer_again": "After a few days, offer times to the other of you",
    "auto_confirm": "Book the steadiest time, if both of you agree to that",
    "offer_pause": "Ask each of you, privately, whether to rest",
}

# What stands above an offer, for whoever is asked and for the other; and below it.
OFFERS = {
    "next": ("Choose a time", "Times on offer"),
    "pick": ("Choose another time", "Another time"),
    "care": ("A steadier time?", "A steadier time?"),
    "short_call": ("A short call instead", "A short call instead"),
}
OFFER_NOTES = {
    "care": "The booked time has become one at which meetings often move. If nothing is chosen, everything stays as it is.",
    "short_call": "Twenty minutes are easier to find. Nothing changes before one of these is chosen.",
}


def budget(figures: Mapping[str, Any]) -> str:
    """The moves that both share; nobody is named."""
    allowed, used, days = figures["allowed"], figures["used"], figures["window_days"]
    said = f"The two of you allow yourselves {count(allowed, 'change')} of time in {days} days"
    if used <= allowed:
        return f"{said}; {figures['left']} of them {'is' if figures['left'] == 1 else 'are'} left."
    return f"{said}; there were {used}. Another change is always possible."


def tenths(probability: float) -> int:
    """Out of ten."""
    return round(probability * 10)


def times_in_ten(probability: float) -> str:
    """``8 times in 10``."""
    count = tenths(probability)
    if count >= 10:
        return "more than 9 times in 10"
    return {0: "less than once in 10", 1: "once in 10"}.get(count) or f"{count} times in 10"


def chance(probability: float) -> str:
    """The chance in words."""
    for least, said in (
        (9, "Very likely to hold"),
        (7, "Likely to hold"),
        (6, "More likely to hold than not"),
        (5, "Even odds"),
    ):
        if tenths(probability) >= least:
            return said
    return "May well need another time"


def percent(share: float) -> str:
    """``83 %``."""
    return f"{round(share * 100)} %"


def kind_name(kind: str) -> str:
    """``Breakfast``."""
    return KINDS[kind][0]


def kind_note(kind: str) -> str:
    """``before work``."""
    return KINDS[kind][1]


def state(patterns: Mapping[str, Any]) -> str:
    """A pair's state in two or three words. Where times changed and nothing is wanting, nobody is urged to plan."""
    changed = patterns["because"]["rule"] in ("recent_meetings_changed", "early_late_move")
    return "Changes lately" if changed else STATES[patterns["state"]][0]


def state_note(patterns: Mapping[str, Any]) -> str:
    """Why, in a sentence, from the rule that decided."""
    because = patterns["because"]
    said = BECAUSE.get(because["rule"])
    return said.format(**because["figures"]) if said else STATES[patterns["state"]][1]


def cadence(every: int, unit: str) -> str:
    """``every 2 weeks``."""
    return f"every {unit}" if every == 1 else f"every {every} {unit}s"


def hours(amount: float | None) -> str:
    """A number of hours as people say it; ``not known yet`` for ``None``."""
    if amount is None:
        return "not known yet"
    if abs(amount) < 1:
        return "less than an hour"
    if abs(amount) < 48:
        return "1 hour" if round(amount) == 1 else f"{round(amount)} hours"
    return f"{round(amount / 24)} days"


def notice(minutes: int) -> str:
    """How long before: ``2 days before``."""
    return f"{hours(minutes / 60)} before" if minutes >= 0 else "after it was to begin"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 move``, ``3 moves``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def reason(text: str, seat: str, other_name: str) -> str:
    """A reason of the hold model, with ``the mentor`` and ``the mentee`` as the reader calls them."""
    other = {"mentor": "mentee", "mentee": "mentor"}[seat]
    told = text.replace("the two people's meetings,", "the meetings that either of you has,")
    return told.replace(f"the {seat}", "you").replace(f"the {other}", first_name(other_name))


def answers(meeting: Any, seat: str, other: str) -> list[str]:
    """What both answered to the invitation, as one of them reads it; nothing where nobody did."""
    mine, theirs = ("mentor", "mentee") if seat == "mentor" else ("mentee", "mentor")
    said = {
        "accepted": ("You said yes to the invitation", f"{other} said yes to the invitation"),
        "declined": ("You said no to the invitation", f"{other} cannot come at this time"),
        "tentative": ("You said maybe to the invitation", f"{other} said maybe to the invitation"),
    }
    given = ((getattr(meeting, f"{mine}_answer"), 0), (getattr(meeting, f"{theirs}_answer"), 1))
    return [said[answer][which] for answer, which in given if answer in said]


def first_name(name: str) -> str:
    """What one calls somebody."""
    return name.split(maxsplit=1)[0]


FILTERS: dict[str, Callable[..., Any]] = {
    "chance": chance,
    "day": clocks.day,
    "clock": clocks.clock,
    "first_name": first_name,
    "hours": hours,
    "kind_name": kind_name,
    "kind_note": kind_note,
    "percent": percent,
    "place": clocks.place,
    "short_day": clocks.short_day,
    "times_in_ten": times_in_ten,
}
