"""What both people of a pair are told at once when something about their meetings was settled: the same words to each.

Nothing in these words says or hints who asked for it. The three paragraphs of an end are the same whether one of the two, a
review or whoever coordinates brought it about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from service.domain.timespan import Span
from service.words import _, ngettext, times
from service.words.letter import Action, Letter, Section


@dataclass(frozen=True, slots=True)
class PairNews:
    """Whom it is told to, about whom, and what there is to say."""

    name: str
    zone: str
    other: str
    link: str
    every: int
    unit: str  # week | month
    until: int | None = None  # of a rest
    last: Span | None = None  # what stays booked after an end
    may_wish: bool = False  # a last meeting, where none is booked


def every(number: int, unit: str) -> str:
    """``every 2 weeks``."""
    if unit == "week":
        return ngettext("every week", "every {count} weeks", number).format(count=number)
    return ngettext("every month", "every {count} months", number).format(count=number)


def _resting(news: PairNews) -> Letter:
    day = None if news.until is None else times.day(news.until, news.zone)
    return _letter(
        news,
        _("Your meetings with {name} rest for a while"),
        _("They rest until {day}.").format(day=day) if day else _("They rest for as long as it takes."),
        _(
            "Nothing is proposed in the meantime, and nobody needs to explain. Whatever is still booked stands on your "
            "page; so does the button to go on."
        ),
    )


def _changing(news: PairNews) -> Letter:
    return _letter(
        news,
        _("Your review with {name}: room for a change"),
        _(
            "What came of it: the next meeting begins with one question, what should change. Until then all stays as it is."
        ),
        _("After that meeting you are both asked once more how to go on."),
    )


def _slower(news: PairNews) -> Letter:
    return _letter(
        news,
        _("Your meetings with {name} become less frequent"),
        _("From now on they are {every}.").format(every=every(news.every, news.unit)),
        _("What is booked stays booked."),
    )


def _ended(news: PairNews) -> Letter:
    if news.last is not None:
        when = times.when(news.last.start, news.last.end, news.zone)
        then = _(
            "One meeting stays, as the last one, to look back and to say thanks: {when}. Either of you may move it or call "
            "it off."
        ).format(when=when)
    elif news.may_wish:
        then = _(
            "What was still to come is called off. If both of you would like one last meeting, to look back and to say "
            "thanks, your page has a place to say so; nothing is said about it unless both do."
        )
    else:
        then = _("What was still to come is called off, and nothing more is proposed.")
    return _letter(
        news,
        _("Your meetings with {name} have come to their end"),
        _("Thank you for the time you gave each other."),
        then,
        _("Should you both wish to meet again one day, a fresh start is always possible."),
    )


def _letter(news: PairNews, subject: str, *lines: str) -> Letter:
    title = subject.format(name=news.other)
    page = Action(_("Your page"), news.link, quiet=True)
    return Letter(
        subject=title,
        greeting=_("Dear {name},").format(name=news.name),
        sections=(Section(title=title, lines=lines, actions=(page,)),),
    )


NEWS: dict[str, Callable[[PairNews], Letter]] = {
    "resting": _resting,
    "changing": _changing,
    "slower": _slower,
    "ended": _ended,
}
