"""How the steps are called that can be chosen at a review and after a drift, and what came of a review."""

from __future__ import annotations

from service.domain.drift import DriftStep
from service.domain.review import Choice
from service.words import _


def choice_words(choice: Choice) -> str:
    """What a button says."""
    return {
        Choice.CONTINUE: _("Go on as it is"),
        Choice.CHANGE: _("Go on, with a change"),
        Choice.SLOW_DOWN: _("Meet less often"),
        Choice.END: _("Bring it to an end"),
    }[choice]


def drift_words(step: DriftStep) -> str:
    """What a button says."""
    return {
        DriftStep.REST: _("Let it rest"),
        DriftStep.SLOWER: _("Meet less often"),
        DriftStep.END: _("Bring it to an end"),
        DriftStep.GO_ON: _("Go on as before"),
    }[step]


def outcome_words(agreed: str | None) -> str:
    """What came of a review, in one sentence."""
    return {
        "continue": _("It goes on as it is."),
        "change": _(
            "The next meeting has room for the question what should change; after it you are both asked once more."
        ),
        "slow_down": _("The meetings are less frequent from now on."),
        "end": _("The meetings have come to their end. Thank you for the time you gave each other."),
    }.get(agreed or "", _("It was taken back: something else was settled meanwhile."))
