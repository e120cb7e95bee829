"""What people read of a meeting: in the event itself, and in the mail that invites, moves or calls off."""

from __future__ import annotations

from dataclasses import dataclass

from service.words import _, times
from service.words.letter import Action, Letter, Section


@dataclass(frozen=True, slots=True)
class About:
    """A pair's meetings: both names, what the two want to work on, and, where they wrote one, last time's next step.
    ``changing``: a review left room for the question what should change; ``last``: it is the one kept after the end."""

    mentor: str
    mentee: str
    focus: str | None = None
    next_step: str | None = None
    changing: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """One mail's meeting, for one reader. ``there``: the other's clock; ``changed``: booked, moved or cancelled;
    ``onward``: whether the pair goes on, so that other times can be found."""

    changed: str
    start: int
    end: int
    reader: str
    zone: str
    other: str
    there: str
    link: str
    onward: bool = True


def summary(about: About) -> str:
    """The event's title."""
    return _("{mentor} and {mentee}").format(mentor=about.mentor, mentee=about.mentee)


def description(about: About) -> str:
    """The event's own words, which both read: the focus, the next step, and how to move it without guilt."""
    return "\n".join([*_carried(about), _move_it()])


def letter(about: About, meant: Meant) -> Letter:
    """The mail around the event; ``meant.link`` leads to the reader's own page and goes to nobody else."""
    title = summary(about)
    date = [times.day_and_span(meant.start, meant.end, meant.zone)]
    elsewhere = times.there(meant.start, meant.end, meant.there, meant.zone)
    if elsewhere:
        date.append(_("{time} for {name}").format(time=elsewhere, name=meant.other))
    page = Action(_("Move it or call it off"), meant.link, quiet=True)
    if meant.changed == "cancelled":
        return Letter(
            subject=_("Called off: {title}").format(title=title),
            greeting=_("Dear {name},").format(name=meant.reader),
            sections=(
                Section(
                    title=_("This meeting will not take place"),
                    date=tuple(date),
                    lines=(
                        _("Nothing needs to be explained, and nothing is lost: other times are a tap away.")
                        if meant.onward
                        else _("Nothing needs to be explained."),
                    ),
                    actions=(Action(_("Find another time") if meant.onward else _("Your page"), meant.link),),
                ),
            ),
        )
    moved = meant.changed == "moved"
    return Letter(
        subject=_("New time: {title}").format(title=title) if moved else title,
        greeting=_("Dear {name},").format(name=meant.reader),
        sections=(
            Section(
                title=_("It has a new time") if moved else _("It is booked"),
                date=tuple(date),
                lines=tuple(_carried(about)),
                actions=(page,),
                after=(_move_it(),),
            ),
        ),
    )


def _carried(about: About) -> list[str]:
    lines = []
    if about.focus:
        lines.append(_("Focus: {focus}").format(focus=about.focus))
    if about.next_step:
        lines.append(_("Next step from last time: {step}").format(step=about.next_step))
    if about.changing:
        lines.append(_("To begin with, as your review left room for it: what should change?"))
    if about.last:
        lines.append(_("Your last meeting: time to look back, and to say thanks."))
    return lines


def _move_it() -> str:
    return _(
        "If this time stops working, move it in your calendar or on your own Holdfast page; the other is told at once, "
        "and nobody needs to explain."
    )
