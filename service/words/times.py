"""Instants in words, on somebody's own clock and in the spoken language."""

from __future__ import annotations

from service.domain.timespan import local
from service.words import _, pgettext


def _weekdays() -> tuple[str, ...]:
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def _months() -> tuple[str, ...]:
    return (
        *(_("January"), _("February"), _("March"), _("April"), pgettext("month", "May"), _("June")),
        *(_("July"), _("August"), _("September"), _("October"), _("November"), _("December")),
    )


def day(at: int, zone: str) -> str:
    """``Tuesday 8 December``."""
    a = local(at, zone)
    return _("{weekday} {day} {month}").format(
        weekday=_weekdays()[a.weekday()], day=a.day, month=_months()[a.month - 1]
    )


def day_and_year(at: int, zone: str) -> str:
    """``Tuesday 8 December 2026``."""
    return _("{day} {year}").format(day=day(at, zone), year=local(at, zone).year)


def clock(at: int, zone: str) -> str:
    """``07:30``."""
    return f"{local(at, zone):%H:%M}"


def place(zone: str) -> str:
    """What people call a zone: ``New York``."""
    return zone.rpartition("/")[2].replace("_", " ")


def span(start: int, end: int, zone: str) -> str:
    """``07:30–08:15``, with the day where it ends on another one."""
    last = clock(end, zone)
    same = local(start, zone).date() == local(end - 1, zone).date()
    return f"{clock(start, zone)}–{last}" if same else f"{clock(start, zone)}–{day(end, zone)}, {last}"


def when(start: int, end: int, zone: str) -> str:
    """``Tuesday 8 December, 07:30–08:30``."""
    return _("{day}, {span}").format(day=day(start, zone), span=span(start, end, zone))


def day_and_span(start: int, end: int, zone: str) -> str:
    """``Tuesday 8 December 2026, 07:30–08:30``."""
    return _("{day}, {span}").format(day=day_and_year(start, zone), span=span(start, end, zone))


def moment(at: int, zone: str) -> str:
    """``Tuesday 8 December, 07:30``."""
    return _("{day}, {clock}").format(day=day(at, zone), clock=clock(at, zone))


def there(start: int, end: int, zone: str, reader: str) -> str | None:
    """The span on the other one's clock, with the day where it is another: ``Wednesday 9 December, 00:30–01:15 in Tokyo``.
    ``None`` where both clocks read the same."""
    here, other = local(start, reader), local(start, zone)
    if here.replace(tzinfo=None) == other.replace(tzinfo=None):
        return None
    said = span(start, end, zone) if here.date() == other.date() else when(start, end, zone)
    return _("{time} in {place}").format(time=said, place=place(zone))
