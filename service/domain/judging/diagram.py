"""The reliability diagram: of the meetings of which so much was forecast, how many held. On the line is perfect."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from service.domain.judging.measures import Bin

_WIDTH = 30  # letters for 0 to 100 %
_SIZE, _LEFT, _TOP, _LARGEST_DOT = 320, 52, 14, 9.0


def as_text(bins: Sequence[Bin]) -> list[str]:
    """A line for each bin: ``|`` is the forecast, ``o`` what held (``*`` where both fall together)."""
    lines = ["forecast    meetings   forecast   held   0 %" + " " * (_WIDTH - 7) + "100 %"]
    for one in bins:
        scale = [" "] * (_WIDTH + 1)
        said, did = round(one.forecast * _WIDTH), round(one.held * _WIDTH)
        scale[said] = "|"
        scale[did] = "*" if said == did else "o"
        span = f"{one.low * 100:.0f} to {one.high * 100:.0f} %"
        figures = f"{one.meetings:>8}   {one.forecast * 100:6.1f} %  {one.held * 100:4.0f} %"
        lines.append(f"{span:<12}{figures}   {''.join(scale)}".rstrip())
    return lines


def as_svg(bins: Sequence[Bin]) -> str:
    """A picture of its own, in the colours of the page around it: a dot's area grows with the meetings behind it, and the
    whisker holds the true share with a chance of 95 %."""
    most = max((one.meetings for one in bins), default=1)
    parts = [
        f'<svg viewBox="0 0 {_SIZE + _LEFT + 28} {_SIZE + _TOP + 44}" role="img" class="reliability"'
        ' xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" font-size="12">',
        "<title>Reliability: what was forecast, and what held</title>",
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIZE}" height="{_SIZE}" opacity=".35"/>',
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke-dasharray="4 4" opacity=".6"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        words = f"{tick * 100:.0f} %"
        parts.append(_word(_x(tick), _SIZE + _TOP + 18, words, "middle"))
        parts.append(_word(_LEFT - 6, _y(tick) + 4, words, "end"))
    parts.append(_word(_LEFT + _SIZE / 2, _SIZE + _TOP + 38, "forecast", "middle"))
    parts.append(_word(_LEFT + 8, _TOP + 18, "held", "start"))
    for one in bins:
        low, high = wilson(one.held, one.meetings)
        x, radius = _x(one.forecast), max(2.0, _LARGEST_DOT * sqrt(one.meetings / most))
        what = f"forecast {one.forecast * 100:.0f} %, held {one.held * 100:.0f} % of {one.meetings}"
        parts.append(f'<line x1="{x}" y1="{_y(low)}" x2="{x}" y2="{_y(high)}"/>')
        dot = f'<circle cx="{x}" cy="{_y(one.held)}" r="{radius:.1f}" fill="currentColor" stroke="none">'
        parts.append(f"{dot}<title>{what}</title></circle>")
    return "".join([*parts, "</svg>"])


def wilson(share: float, count: int) -> tuple[float, float]:
    """Where the true share lies with a chance of 95 %."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def _x(value: float) -> float:
    return round(_LEFT + value * _SIZE, 1)


def _y(value: float) -> float:
    return round(_TOP + (1.0 - value) * _SIZE, 1)


def _word(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor" stroke="none">{words}</text>'
