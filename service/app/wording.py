"""What people read in an invitation. Neutral words, the pair's focus, both clocks, how to change the time."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from service.domain.timespan import local
from service.ports.mailer import Method
from service.store.tables import Meeting, Pair, Person


@dataclass(frozen=True, slots=True)
class MailWords:
    """A mail's words, plain and as HTML."""

    subject: str
    plain: str
    html: str


@dataclass(frozen=True, slots=True)
class InvitationWords:
    """The event's own words, and the mail around it."""

    summary: str
    description: str

    def mail(self, method: Method, meeting: Meeting, reader: Person, link: str) -> MailWords:
        """The mail for one reader, on the reader's clock; ``link`` leads to the reader's own page and goes to nobody else."""
        when = clock_words(meeting.start, meeting.end, reader.time_zone)
        if method is Method.CANCEL:
            subject, first = f"Called off: {self.summary}", f"The meeting on {when} will not take place."
        elif meeting.sequence:
            subject, first = f"New time: {self.summary}", f"The meeting is now on {when}."
        else:
            subject, first = self.summary, f"It is booked: {when}."
        offer = (
            "Other times are on your page:" if method is Method.CANCEL else "Your page, to move it or to call it off:"
        )
        about = "" if method is Method.CANCEL else self.description
        lines = [f"Dear {reader.name},", first, about, offer, link, "Holdfast"]
        return _worded(subject, [line for line in lines if line], link)


def _worded(subject: str, lines: list[str], link: str) -> MailWords:
    """One paragraph a line; the line that is the link is one in HTML."""
    marked = [
        f'<a href="{escape(line)}">{escape(line)}</a>' if line == link else escape(line).replace("\n", "<br>")
        for line in lines
    ]
    return MailWords(subject, "\n\n".join(lines) + "\n", "".join(f"<p>{line}</p>" for line in marked))


PROVIDER_NAMES = {"google": "Google", "microsoft": "Microsoft"}


def disconnected_words(provider: str, which: str, reader: Person, link: str) -> MailWords:
    """Access has ended: nobody's fault, what it means, and where it is put right."""
    kind = PROVIDER_NAMES.get(provider, provider)
    named = f" ({which})" if which else ""
    lines = [
        f"Dear {reader.name},",
        f"Holdfast can no longer read your {kind} calendar{named}: the access was withdrawn or has run out.",
        "Until it is connected again nobody can tell when you are free, so no new times are proposed. Everything that is "
        "booked stays as it is.",
        "To connect it again, open your page:",
        link,
        "Holdfast",
    ]
    return _worded(f"Your {kind} calendar is no longer connected", lines, link)


def clock_words(start: int, end: int, zone: str) -> str:
    """``Tuesday 8 December 2026, 07:30 to 08:30 (Europe/Berlin)``."""
    a, b = local(start, zone), local(end, zone)
    return f"{a:%A} {a.day} {a:%B %Y}, {a:%H:%M} to {b:%H:%M} ({zone})"


def invitation_words(pair: Pair, mentor: str, mentee: str, public_url: str) -> InvitationWords:
    """The words of a pair's meetings."""
    lines = [f"Focus: {pair.focus}"] if pair.focus else []
    lines.append(
        "If this time stops working, move it in your calendar or on your own Holdfast page; the other is told at once, "
        "and nobody needs to explain."
    )
    return InvitationWords(summary=f"{mentor} and {mentee}", description="\n".join(lines))
