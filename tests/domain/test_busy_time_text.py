"""Many instants to text and back, against one at a time."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.time_text import epochs, rfc3339_all
from service.domain.timespan import epoch, rfc3339

instants = st.lists(st.integers(-60_000_000_000, 250_000_000_000), max_size=20)


@given(instants)
def test_the_same_as_one_by_one_and_back(some):
    texts = rfc3339_all(np.array(some, np.int64))
    # strftime does not pad years below 1000; RFC 3339 wants four digits.
    assert texts == [rfc3339(each).rjust(20, "0") for each in some]
    assert epochs(texts).tolist() == some
    assert epochs(texts).dtype == np.int64


def test_other_offsets_and_fractions_work_too():
    texts = ["2026-03-29T08:30:00+02:00", "2026-03-29T06:30:00Z", "2026-03-29T06:30:00.25Z"]
    assert epochs(texts).tolist() == [epoch(datetime.fromisoformat(text)) for text in texts]
    assert epochs(["2026-03-29 06:30:00Z"]).tolist() == epochs(["2026-03-29T06:30:00Z"]).tolist()


@pytest.mark.parametrize(
    "bad",
    [
        "2026-03-29T06:30:00",
        "2026-03-29T06:30:00z ",
        "2026-02-29T06:30:00Z",
        "2026-03-29T24:30:00Z",
        "2026-13-29T06:30:00Z",
        "2026-03-29T06:60:00Z",
        "20x6-03-29T06:30:00Z",
        "    -  -  T  :  :  Z",
        "２026-03-29T06:30:00Z",
        "NaT",
        "",
    ],
)
def test_what_is_no_time_is_refused(bad):
    for texts in ([bad], ["2026-03-29T06:30:00Z", bad]):
        with pytest.raises(ValueError):
            epochs(texts)
