"""Numbers are written into an answer as JSON would write them, rounded to four places."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from service.app.answer_slots import rounded


@given(st.floats(-1e6, 1e6) | st.floats(-0.01, 1.01))
@example(0.0)
@example(-0.00001)
@example(0.00005)
@example(0.99996)
@example(-12.5)
def test_a_number_is_written_as_json_would_write_it(value: float) -> None:
    assert rounded(value) == json.dumps(round(value, 4))
