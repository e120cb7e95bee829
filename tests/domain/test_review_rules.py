"""Reviews: what comes of two choices, and that nobody can name what the other chose."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import pytest

from service.domain.cadence import Cadence
from service.domain.ledger import Seat
from service.domain.pair import CadenceUnit
from service.domain.review import Choice, agreed, next_date, sessions_used_up, slower

CHOICES = tuple(Choice)


def of(mentor: Choice | None, mentee: Choice | None) -> Choice:
    return agreed({Seat.MENTOR: mentor, Seat.MENTEE: mentee})


@pytest.mark.parametrize("choice", CHOICES)
def test_what_both_choose_is_what_happens(choice: Choice) -> None:
    assert of(choice, choice) is choice


@pytest.mark.parametrize(("one", "other"), list(combinations(CHOICES, 2)))
def test_any_two_that_differ_make_room_for_a_change(one: Choice, other: Choice) -> None:
    assert of(one, other) is of(other, one) is Choice.CHANGE


@pytest.mark.parametrize("choice", CHOICES)
def test_silence_is_going_on(choice: Choice) -> None:
    assert of(choice, None) is of(None, choice) is of(choice, Choice.CONTINUE)
    assert agreed({}) is Choice.CONTINUE


def test_nobody_is_ended_by_the_others_choice_alone() -> None:
    assert [pair for pair in product(CHOICES, repeat=2) if of(*pair) is Choice.END] == [(Choice.END, Choice.END)]


def gives_away(rule: Callable[[Choice, Choice], Choice]) -> bool:
    """Whether there is an own choice and an outcome, other than having agreed, from which the other's choice follows."""
    for own in CHOICES:
        for outcome in CHOICES:
            possible = {other for other in CHOICES if rule(own, other) is outcome}
            if len(possible) == 1 and not (outcome is own and possible == {own}):
                return True
    return False


def test_whoever_sees_the_outcome_cannot_name_the_others_choice() -> None:
    assert not gives_away(of)
    lightest = {choice: at for at, choice in enumerate(CHOICES)}
    assert gives_away(lambda a, b: min(a, b, key=lightest.__getitem__)), "the lighter of the two would tell"


def test_only_rules_with_one_answer_for_all_differences_keep_the_secret() -> None:
    pairs = list(combinations(CHOICES, 2))
    keeping = []
    for outcomes in product(CHOICES[:3], repeat=len(pairs)):  # never an end on one's word alone
        table = {frozenset(pair): outcome for pair, outcome in zip(pairs, outcomes, strict=True)}
        if not gives_away(lambda a, b, table=table: a if a is b else table[frozenset((a, b))]):  # type: ignore[misc]
            keeping.append(set(outcomes))
    assert keeping == [{Choice.CONTINUE}, {Choice.CHANGE}, {Choice.SLOW_DOWN}]


def test_slower_is_half_as_often_up_to_a_limit() -> None:
    assert slower(Cadence(1, CadenceUnit.WEEK)) == Cadence(2, CadenceUnit.WEEK)
    assert slower(Cadence(3, CadenceUnit.MONTH)) == Cadence(6, CadenceUnit.MONTH)
    assert (
        slower(Cadence(30, CadenceUnit.WEEK)) == slower(Cadence(52, CadenceUnit.WEEK)) == Cadence(52, CadenceUnit.WEEK)
    )


def test_sessions_and_dates() -> None:
    assert not sessions_used_up(None, 99)
    assert [sessions_used_up(3, held) for held in (2, 3, 4)] == [False, True, True]
    assert next_date([30, 10, 20], 10) == 20
    assert next_date([30, 10], 30) is None
