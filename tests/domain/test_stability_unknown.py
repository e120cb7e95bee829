"""A person without any calendar: what is not known is taken for usual, and no reason speaks of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from stability_maker import MONDAY, at, party, slots, usual

from service.domain.stability import NO_MEMORY, reasons, score


def test_without_a_calendar_a_time_is_usual_and_not_empty() -> None:
    start = at(7, 10)
    candidates = slots(start)
    nobody = replace(party(), calendar=False)
    neutral = score(candidates, [party(*usual(start)), party(*usual(start))], NO_MEMORY, MONDAY)
    unknown = score(candidates, [nobody, nobody], NO_MEMORY, MONDAY)
    empty = score(candidates, [party(), party()], NO_MEMORY, MONDAY)
    assert np.allclose(unknown.probability, neutral.probability)
    assert empty.probability[0] > unknown.probability[0]


def test_no_reason_speaks_of_what_is_not_known() -> None:
    start = at(7, 10)
    scores = score(slots(start), [party(), replace(party(), calendar=False)], NO_MEMORY, MONDAY)
    texts = [reason.text for reason in reasons(scores, 0)]
    assert not any("either" in text or "both" in text or "mentee" in text for text in texts), texts
