"""Ids are ULIDs behind a noun's prefix, and those of one second rise."""

from __future__ import annotations

from ulid import ULID

from service.app.house import new_id


def test_an_id_is_a_ulid_of_its_second_and_later_ones_are_higher() -> None:
    now = 1_900_000_000
    made = [new_id("prop", now) for _ in range(1000)]
    assert made == sorted(set(made))
    for one in made:
        prefix, _, text = one.partition("_")
        assert prefix == "prop"
        assert text == text.lower()
        assert ULID.from_str(text.upper()).milliseconds == now * 1000
    assert new_id("prop", now + 1) > made[-1]


def test_seconds_apart_share_nothing_but_their_time() -> None:
    one, other = (ULID.from_str(new_id("led", at)[4:].upper()) for at in (1_900_000_100, 1_900_000_101))
    assert one.bytes[6:] != other.bytes[6:]
