"""Drift: what is offered when proposal after proposal stays unanswered."""

from __future__ import annotations

from enum import StrEnum


class DriftStep(StrEnum):
    """What can be done about it."""

    REST = "rest"
    SLOWER = "slower"
    END = "end"
    GO_ON = "go_on"
