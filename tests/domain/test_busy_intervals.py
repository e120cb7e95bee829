"""Busy intervals against the simplest thing that could be right: one number per second."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.busy import KINDS, Busy, BusyKind

items = st.lists(
    st.tuples(st.integers(-40, 40), st.integers(-3, 25), st.sampled_from(KINDS)).map(
        lambda row: (row[0], row[0] + row[1], row[2])
    ),
    max_size=10,
)


def rows(busy):
    return list(zip(busy.starts.tolist(), busy.ends.tolist(), busy.codes.tolist(), strict=True))


def heaviest(some):
    """The heaviest kind at every second that is taken."""
    seconds = {}
    for start, end, kind in some:
        for second in range(start, end):
            seconds[second] = max(seconds.get(second, -1), KINDS.index(kind))
    return seconds


@given(items)
def test_of_sorts_and_leaves_out_what_is_empty(some):
    assert rows(Busy.of(some)) == sorted((s, e, KINDS.index(k)) for s, e, k in some if e > s)


@given(items)
def test_merged_is_the_heaviest_kind_of_every_second(some):
    merged = Busy.of(some).merged()
    assert heaviest(merged) == heaviest(some)
    for (_, end, kind), (start, _, next_kind) in itertools.pairwise(merged):
        assert end < start or (end == start and kind is not next_kind)
    assert all(type(start) is int and start < end for start, end, _ in merged)


def test_merged_in_words():
    out, busy, tentative = BusyKind.OUT_OF_OFFICE, BusyKind.BUSY, BusyKind.TENTATIVE
    table = Busy.of([(0, 10, busy), (10, 20, busy), (15, 40, tentative), (5, 7, out), (50, 60, tentative)])
    assert table.merged() == [
        (0, 5, busy),
        (5, 7, out),
        (7, 20, busy),
        (20, 40, tentative),
        (50, 60, tentative),
    ]


@given(st.lists(items, max_size=4))
def test_union_counts_duplicates_across_calendars_once(parts):
    found = rows(Busy.union(Busy.of(part) for part in parts))
    everything = [row for part in parts for row in rows(Busy.of(part))]
    assert set(found) == set(everything)
    assert found == sorted(found)
    if sum(any(end > start for start, end, _ in part) for part in parts) > 1:
        assert len(found) == len(set(found))


@given(items, st.integers(-50, 50), st.integers(1, 30))
def test_clipped_overlaps_and_without(some, start, length):
    busy, end = Busy.of(some), start + length
    clipped = busy.clipped(start, end)
    assert heaviest(clipped.merged()) == {s: k for s, k in heaviest(some).items() if start <= s < end}
    assert all(start <= low < high <= end for low, high, _ in rows(clipped))
    assert busy.overlaps(start, end) == bool(clipped.starts.size)
    assert rows(busy.without(start, end)) == [row for row in rows(busy) if row[:2] != (start, end)]


@given(items)
def test_unpack_undoes_pack(some):
    busy = Busy.of(some)
    assert rows(Busy.unpack(busy.pack())) == rows(busy)


def test_nothing_packs_into_nothing():
    assert Busy.empty().pack() == b""
    assert rows(Busy.unpack(b"")) == []
    assert Busy.empty().merged() == []


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_a_blob_that_is_not_whole_is_refused(cut):
    blob = Busy.of([(0, 10, BusyKind.BUSY), (20, 30, BusyKind.BUSY)]).pack()
    with pytest.raises(ValueError):
        Busy.unpack(blob[:-cut])


def test_a_blob_has_a_fixed_byte_order():
    assert Busy.of([(1, 2, BusyKind.BUSY)]).pack() == b"".join(n.to_bytes(8, "little") for n in (1, 2, 1))
    assert Busy.unpack(Busy.of([(1, 2, BusyKind.BUSY)]).pack()).starts.dtype == np.int64


@given(items, items)
def test_what_recurs_stays_known_through_everything(some, others):
    recurring, once = Busy.of(some).in_series(), Busy.of(others)
    known = set(rows(recurring))
    both = Busy.union([once, recurring])
    assert rows(both) == rows(Busy.union([once, Busy.of(some)])), "nothing else is changed by it"
    for table in (both, Busy.unpack(both.pack()), Busy.union([both]), both.clipped(-100, 100)):
        flags = [False] * table.starts.size if table.series is None else table.series.tolist()
        assert flags == [row in known for row in rows(table)]
    if some and once.starts.size:
        start, end, _ = rows(once)[0]
        rest = both.without(start, end)
        flags = [False] * rest.starts.size if rest.series is None else rest.series.tolist()
        assert flags == [row in known for row in rows(rest)]
    assert both.merged() == Busy.union([once, Busy.of(some)]).merged()


def test_a_table_in_which_nothing_is_known_to_recur_is_packed_as_before():
    table = Busy.of([(0, 60, BusyKind.OUT_OF_OFFICE)])
    assert Busy.unpack(table.pack()).series is None
    assert np.frombuffer(table.pack(), "<i8").tolist() == [0, 60, 2]
    assert np.frombuffer(table.in_series().pack(), "<i8").tolist() == [0, 60, 6]
