"""What is drawn and kept tells what other ways of choosing would have reached: against worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from test_spread_rules import DAY, HOUR, START, ZONES, candidates

from service.domain.exploring import draws_from, explore
from service.domain.judging.off_policy import Logged, compare_choices
from service.domain.openings import CORE
from service.domain.spread import choose

HOURS = (9, 11, 13, 15)


def world(truth, rounds=3000):
    """A model that finds four times of a day hardly different, best last; ``truth``: how often each really holds."""
    rng = np.random.default_rng(11)
    found = candidates([(START + 40 * DAY + (hour + 6) * HOUR, CORE, CORE) for hour in HOURS])
    chance = np.array([0.785, 0.79, 0.795, 0.8])
    base = choose(found, chance, limit=1, zones=ZONES)
    logged = []
    for number in range(rounds):
        explored = explore(found, chance, base, zones=ZONES, draw=draws_from(f"prop_{number}"))
        shown, (options,) = int(explored.choice.indices[0]), explored.options
        order = [one.index for one in options]
        logged.append(
            Logged(
                chance=tuple(one.probability for one in options),
                start=tuple(int(found.starts[one.index]) for one in options),
                chosen=order.index(shown),
                propensity=options[order.index(shown)].shown,
                held=bool(rng.random() < truth[shown]),
                pair=f"pair_{number % 300}",
            )
        )
    return logged


@pytest.mark.parametrize("truth", [(0.9, 0.8, 0.7, 0.6), (0.6, 0.7, 0.8, 0.9), (0.75, 0.75, 0.75, 0.75)])
def test_each_way_of_choosing_is_worth_what_it_is_worth(truth):
    compared = compare_choices(world(truth))
    assert compared is not None
    real = {"ranked": truth[3], "earliest": truth[0], "random": float(np.mean(truth))}
    for policy, value in real.items():
        found = compared.snips[policy]
        assert found.low - 0.01 <= value <= found.high + 0.01, (policy, found)
        assert compared.ips[policy] == pytest.approx(value, abs=0.06)


def test_what_is_shown_alone_would_mislead():
    """Counting plainly what held of what was shown says nothing of the earliest: it is hardly ever shown."""
    logged = world((0.9, 0.6, 0.6, 0.6))
    plain = np.mean([one.held for one in logged])
    compared = compare_choices(logged)
    assert compared is not None
    assert abs(plain - 0.9) > 0.2 > 0.06 > abs(compared.snips["earliest"].value - 0.9)
