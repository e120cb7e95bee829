"""docs/stability.md says what the code does: every code of a reason, every value of the prior."""

import re
from pathlib import Path

import pytest

from service.domain.ledger import Seat
from service.domain.stability import FEATURES, PRIOR
from service.domain.stability.frailty import K_PERSON, K_WINDOW

PAGE = (Path(__file__).parents[2] / "docs" / "stability.md").read_text("utf-8")
ROWS = {row.split("|")[1].strip(): row for row in PAGE.splitlines() if row.startswith("| ")}


def number(value):
    """As the page writes it: ``.08``, ``−1.7``."""
    return f"{value:g}".replace("-", "−").replace("0.", ".")


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_each_feature_stands_there_with_its_prior(feature):
    row = next(text for name, text in ROWS.items() if name.startswith(f"`{feature.name}`") and "±" not in text)
    value, deviation = PRIOR.beta[feature.name], PRIOR.deviations[feature.name]
    cells = [cell.strip() for cell in row.split("|")]
    assert float(re.match(r"−?\.\d+", cells[2])[0].replace("−", "-")) == value
    assert float(cells[3]) == deviation
    if feature.most > 1:
        assert f"counted to {feature.most}, usual {feature.usual}" in row


def test_so_do_lead_and_the_constants_of_history():
    assert f"| alpha | {number(PRIOR.alpha)} | {number(PRIOR.deviations['alpha'])} |" in PAGE
    assert f"| gamma | {number(PRIOR.gamma)} | {number(PRIOR.deviations['gamma'])} |" in PAGE
    assert f"K = {K_PERSON:g} for each makes" in PAGE
    assert f"has K = {K_WINDOW:g}" in PAGE


def test_every_reason_is_listed_by_its_code():
    codes = {"lead", "window", "weekday", "pair_history", "people_history", "window_history"}
    codes |= {feature.name for feature in FEATURES}
    assert {code for code in codes if f"| `{code}`" not in PAGE} == set()
    both = {f"near_{seat.value}" for seat in Seat}
    assert all(f"`{code}`" in PAGE for code in both)
