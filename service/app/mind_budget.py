"""Beyond the moves that a pair allowed itself, something gentler is offered: to both alike, never as a lock."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.post.ask import ask
from service.domain.meeting import Change, ChangeKind
from service.domain.meeting_record import EXCUSED_REASONS
from service.domain.move_budget import Step
from service.domain.pair import PairStatus
from service.domain.patterns import PatternFold
from service.domain.timespan import DAY
from service.store import pairs
from service.store.tables import Pair

OFFERED_FOR = 14 * DAY


def mind_budget(house: House, session: Session, pair: Pair, made: Change) -> None:
    """After a move was written down, inside its transaction. The first step beyond the budget, a reason, is offered where the
    next move is made; the further ones are offered to both by mail and page, each once for so many moves."""
    if pair.move_budget is None or pair.status != PairStatus.ACTIVE:
        return
    if made.kind is ChangeKind.MOVED_BACK or made.reason_code in EXCUSED_REASONS or made.initiator.role is None:
        return
    session.flush()
    budget = PatternFold(pairs.ledger(session, pair.id)).budget(pair.move_budget, house.now())
    if budget is None or budget.step not in (Step.SHORT_CALL, Step.SLOWER):
        return
    for person_id in (pair.mentor_id, pair.mentee_id):
        ask(
            house, session, person_id, "budget",
            pair_id=pair.id, about=f"{pair.id}:{made.seen_at}:{budget.used}", useless_after=house.now() + OFFERED_FOR,
            facts={"step": budget.step.value},
        )  # fmt: skip
