"""Which one-tap actions there are."""

from __future__ import annotations

from service.app.act import (
    accept,
    call_off,
    decline,
    drift,
    fallback,
    keep_time,
    last_meeting,
    outcome,
    review,
    short_call,
    slower,
    take_proposed,
)
from service.app.act.links import Act
from service.app.act.verb import Offer, Verb
from service.app.house import House
from service.app.once import CarriedOut, seen_before
from service.domain.errors import Denied, HoldfastError
from service.words import speaking

VERBS: dict[str, Verb] = {
    "accept": Verb(accept.describe, accept.perform, accept.done),
    "call_off": Verb(call_off.describe, call_off.perform, call_off.done),
    "decline": Verb(decline.describe, decline.perform, decline.done),
    "outcome": Verb(outcome.describe, outcome.perform, outcome.done),
    "review": Verb(review.describe, review.perform, review.done),
    "drift": Verb(drift.describe, drift.perform, drift.done),
    "last_meeting": Verb(last_meeting.describe, last_meeting.perform, last_meeting.done),
    "keep_time": Verb(keep_time.describe, keep_time.perform, keep_time.done),
    "take_proposed": Verb(take_proposed.describe, take_proposed.perform, take_proposed.done),
    "fallback": Verb(fallback.describe, fallback.perform, fallback.done),
    "slower": Verb(slower.describe, slower.perform, slower.done),
    "short_call": Verb(short_call.describe, short_call.perform, short_call.done),
}


def look(house: House, act: Act) -> Offer | str:
    """What the button would do, or, where it was pressed already, the sentence that was said then. Changes nothing."""
    verb = _verb(act)
    with speaking(act.person.language):
        try:
            seen_before(house, act.once)
        except CarriedOut:
            return verb.done(house, act.person, act.args)
        return verb.describe(house, act.person, act.args)


def do(house: House, act: Act) -> str:
    """Does it, once; a second time nothing is done and the same sentence said."""
    verb = _verb(act)
    with speaking(act.person.language):
        try:
            seen_before(house, act.once)
            verb.perform(house, act.person, act.args, act.once)
        except CarriedOut:
            pass
        except HoldfastError:
            if not _carried_out(house, act):
                verb.describe(house, act.person, act.args)  # says kindly what another tap changed meanwhile, if one did
                raise
        return verb.done(house, act.person, act.args)


def _carried_out(house: House, act: Act) -> bool:
    """Whether a twin of this tap has finished just now: then it is the very reason why this one failed."""
    try:
        seen_before(house, act.once)
    except CarriedOut:
        return True
    return False


def _verb(act: Act) -> Verb:
    verb = VERBS.get(act.verb)
    if verb is None:  # a link of a newer or much older release
        raise Denied("This link asks for something that Holdfast does not know here.")
    return verb
