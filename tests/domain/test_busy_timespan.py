"""Instants and spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.domain.timespan import Span, epoch, local, moment, rfc3339


def test_a_span_ends_after_it_starts():
    for end in (10, 9):
        with pytest.raises(ValueError, match="must end after"):
            Span(10, end)


def test_spans():
    span = Span(10, 40)
    assert span.seconds == 30
    assert span.moved_to(100) == Span(100, 130)
    assert span.overlaps(Span(39, 50)) and Span(39, 50).overlaps(span)
    assert not span.overlaps(Span(40, 50)) and not Span(40, 50).overlaps(span)
    assert sorted([Span(2, 3), Span(1, 9), Span(1, 2)]) == [Span(1, 2), Span(1, 9), Span(2, 3)]


def test_a_time_without_a_zone_is_no_instant():
    with pytest.raises(ValueError, match="offset or a zone"):
        epoch(datetime(2026, 3, 29, 6, 30))


def test_instants_and_datetimes():
    at = epoch(datetime(2026, 3, 29, 8, 30, tzinfo=timezone(timedelta(hours=2))))
    assert moment(at) == datetime(2026, 3, 29, 6, 30, tzinfo=UTC)
    assert rfc3339(at) == "2026-03-29T06:30:00Z"
    assert local(at, "Europe/Berlin").isoformat() == "2026-03-29T08:30:00+02:00"
    assert local(at, "Asia/Kathmandu").isoformat() == "2026-03-29T12:15:00+05:45"


def test_half_a_second_is_cut_off():
    assert epoch(datetime(2026, 1, 1, 0, 0, 0, 900_000, tzinfo=UTC)) == epoch(datetime(2026, 1, 1, tzinfo=UTC))
