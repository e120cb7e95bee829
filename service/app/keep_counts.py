"""Adds what this process counted of its calls to providers to what all of them counted."""

from __future__ import annotations

from service.app.house import House
from service.store import provider_calls


def keep_counts(house: House) -> None:
    """One run; without anything new it touches nothing. What cannot be stored is counted again later."""
    counts = house.tally.take()
    if not counts:
        return
    try:
        with house.writing() as session:
            provider_calls.add(session, counts)
    except Exception:
        house.tally.put_back(counts)
        raise
