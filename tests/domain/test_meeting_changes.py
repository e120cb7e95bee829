"""What a change of a meeting means, told from times alone; whose turn it is; and the words of failure."""

import inspect
import re
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import errors
from service.domain.ledger import Entry, EntryType, Seat
from service.domain.meeting import (
    NOBODY_KNOWN,
    ChangeKind,
    Confidence,
    DetectedVia,
    Initiator,
    Sighting,
    change,
    classify,
    counted,
    notice_minutes,
    sighting,
)
from service.domain.proposal import next_responder
from service.domain.timespan import HOUR, MINUTE, Span

A, B, C = Span(100 * HOUR, 101 * HOUR), Span(200 * HOUR, 201 * HOUR), Span(300 * HOUR, 301 * HOUR)
PLACES = (A, B, C)


def history(stations, **facts):
    """The changes of a meeting that stood at each of ``stations`` in turn (``None``: called off)."""
    changes = []
    for sequence, (old, new) in enumerate(pairwise(stations)):
        changes.append(
            change(
                old=old,
                new=new,
                earlier=changes,
                sequence=sequence,
                initiator=NOBODY_KNOWN,
                detected_via=DetectedVia.API,
                seen_at=0,
                **facts,
            )
        )
    return changes


def kinds(changes):
    return [item.kind.value for item in changes]


# A journey never stays where it is; called off is where it ends.
journeys = st.builds(
    lambda stations, called_off: [s for s, t in pairwise([*stations, None]) if s != t] + [None] * called_off,
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=14),
    st.booleans(),
)


@pytest.mark.parametrize(
    ("stations", "words"),
    [
        ([A, B], ["moved"]),
        ([A, None], ["cancelled"]),
        ([A, B, A], ["moved", "moved_back"]),
        ([A, B, C], ["moved", "moved"]),
        ([A, B, C, B], ["moved", "moved", "moved_back"]),
        ([A, B, C, A], ["moved", "moved", "moved"]),  # home again by another way is a move
        ([A, B, A, B], ["moved", "moved_back", "moved"]),  # a return cannot be undone: it is a move anew
        ([A, B, A, None], ["moved", "moved_back", "cancelled"]),
    ],
)
def test_what_a_change_is(stations, words):
    assert kinds(history(stations)) == words


def test_the_same_start_with_another_end_is_not_the_way_back():
    shorter = Span(A.start, A.end - MINUTE)
    assert classify(B, shorter, history([A, B])) is ChangeKind.MOVED


def test_a_way_back_from_somewhere_else_is_not_the_way_back():
    assert classify(C, A, history([A, B])) is ChangeKind.MOVED


@given(journeys)
def test_classify_follows_the_journey(stations):
    changes = history(stations)
    for index, item in enumerate(changes):
        if stations[index + 1] is None:
            assert item.kind is ChangeKind.CANCELLED
        elif item.kind is ChangeKind.MOVED_BACK:
            assert index > 0
            assert changes[index - 1].kind is ChangeKind.MOVED
            assert stations[index + 1] == stations[index - 1]
        elif index > 0 and stations[index + 1] == stations[index - 1]:
            assert changes[index - 1].kind is ChangeKind.MOVED_BACK


@given(journeys)
def test_counted_is_the_same_journey_without_its_detours(stations):
    changes = history(stations)
    kept = counted(changes)
    assert len(kept) == len(changes) - 2 * kinds(changes).count("moved_back")
    assert "moved_back" not in kinds(kept)
    assert counted(kept) == kept
    walk = [stations[0], *(item.new for item in kept)]
    assert walk[-1] == stations[-1]
    assert all(item.old == place for item, place in zip(kept, walk, strict=False))
    remaining = iter(changes)
    assert all(item in remaining for item in kept)  # in order, and nothing invented


def test_a_return_with_no_move_to_undo_counts_itself():
    lone = history([A, B, A])[1]
    assert counted([lone]) == (lone,)
    called_off = history([A, None])[0]
    assert counted([called_off, lone]) == (called_off, lone)


@given(st.integers(-(10**7), 10**7), st.integers(0, 10**7))
def test_notice_is_whole_minutes_rounded_down(start, seen_at):
    notice = notice_minutes(start, seen_at)
    assert notice * MINUTE <= start - seen_at < (notice + 1) * MINUTE


@pytest.mark.parametrize(
    ("seconds_before", "late"), [(24 * HOUR, False), (24 * HOUR - 1, True), (0, True), (-HOUR, True)]
)
def test_late_is_less_than_a_day_before_the_old_start(seconds_before, late):
    item = change(
        old=A,
        new=B,
        earlier=(),
        sequence=0,
        initiator=Initiator(Seat.MENTEE, Confidence.OBSERVED),
        detected_via=DetectedVia.REPLY,
        seen_at=A.start - seconds_before,
        reason_code="illness",
    )
    assert item.late is late
    assert item.initiator.role is Seat.MENTEE
    assert (item.old, item.new, item.reason_code) == (A, B, "illness")


def test_late_can_be_defined_otherwise():
    assert not history([A, B], late_hours=2)[0].late
    assert history([A, B], late_hours=101)[0].late


@pytest.mark.parametrize(("ours", "seen", "then"), [(0, 0, 1), (4, 0, 5), (4, 5, 5), (4, 9, 9)])
def test_the_sequence_rises_and_never_falls_behind_the_calendar(ours, seen, then):
    item = change(
        old=A,
        new=B,
        earlier=(),
        sequence=ours,
        initiator=NOBODY_KNOWN,
        detected_via=DetectedVia.CALDAV,
        seen_at=0,
        seen_sequence=seen,
    )
    assert item.sequence == then


@pytest.mark.parametrize(
    ("seen", "last_known", "current", "in_flight", "meaning"),
    [
        (A, A, A, [], Sighting.NOTHING),  # an edited title
        (A, A, B, [B], Sighting.NOTHING),  # our move has not arrived there yet
        (B, A, B, [B], Sighting.OUR_WRITE),
        (B, A, C, [B, C], Sighting.OUR_WRITE),  # the first of two quick moves of ours
        (A, None, A, [], Sighting.OUR_WRITE),  # the first look at what we booked
        (B, A, A, [], Sighting.MOVED),
        (C, A, B, [B], Sighting.MOVED),  # theirs crossed ours
        (None, A, A, [], Sighting.DELETED),
        (None, None, A, [A], Sighting.NOTHING),  # not yet written, so not deleted
        (None, A, None, [], Sighting.NOTHING),  # we called it off ourselves
        (B, A, None, [], Sighting.NOTHING),  # moving what is called off revives nothing
    ],
)
def test_what_a_look_at_the_calendar_means(seen, last_known, current, in_flight, meaning):
    assert sighting(seen, last_known=last_known, current=current, ours_in_flight=in_flight) is meaning


def test_sighting_never_takes_our_own_time_for_somebodys_move():
    """All combinations of three places and nowhere; a property that can be tried out whole is."""
    flights = ([], [A], [B], [A, B], [A, B, C])
    for seen, last_known, current, in_flight in product((*PLACES, None), (*PLACES, None), (*PLACES, None), flights):
        meaning = sighting(seen, last_known=last_known, current=current, ours_in_flight=in_flight)
        ours = {current, *in_flight}
        if seen == last_known:
            # Nothing changed there, and an event that was never there cannot be deleted.
            assert meaning is Sighting.NOTHING
        assert (meaning is Sighting.MOVED) == (None not in (seen, current) and seen != last_known and seen not in ours)
        assert (meaning is Sighting.DELETED) == (seen is None and None not in (current, last_known))
        assert (meaning is Sighting.OUR_WRITE) == (seen is not None and seen != last_known and seen in (ours - {None}))


def proposal(number, responder):
    data = {"proposal_id": f"prop_{number}", "responder": responder, "expires_at": 0, "slots": 5}
    return Entry(f"{number:04}", number, EntryType.PROPOSAL_CREATED, data)


def test_the_mentor_is_asked_first():
    assert next_responder([]) is Seat.MENTOR
    assert next_responder([Entry("0001", 1, EntryType.PAIR_CREATED, {})]) is Seat.MENTOR


@given(st.lists(st.sampled_from(Seat), min_size=1, max_size=6), st.integers(0, 3))
def test_turns_alternate_whatever_happens_in_between(responders, quiet):
    ledger = [proposal(number, seat.value) for number, seat in enumerate(responders)]
    ledger += [Entry(f"1{n:03}", 99, EntryType.PROPOSAL_EXPIRED, {"proposal_id": "prop_0"}) for n in range(quiet)]
    turn = next_responder(ledger)
    assert turn is not responders[-1]
    assert next_responder([*ledger, proposal(9, turn.value)]) is responders[-1]


def test_the_seat_across_is_across_both_ways():
    assert {seat.other for seat in Seat} == set(Seat)
    assert all(seat.other is not seat and seat.other.other is seat for seat in Seat)


def test_entry_types_are_a_noun_and_what_became_of_it():
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+(_back)?", kind.value) for kind in EntryType)


ERRORS = [thing for _, thing in inspect.getmembers(errors, inspect.isclass) if issubclass(thing, errors.HoldfastError)]


def test_the_tree_in_the_docstring_is_the_tree_in_the_code():
    branches = []
    for line in errors.__doc__.splitlines():
        found = re.match(r"([│├└─ ]*)([A-Z]\w+)(?:\s{2,}|$)", line)
        if found:
            branches.append((len(found[1]) // 4, found[2]))
    drawn = {}
    for index, (depth, name) in enumerate(branches):
        above = [other for level, other in branches[:index] if level == depth - 1]
        drawn[name] = above[-1] if above else "Exception"
    assert drawn == {error.__name__: error.__bases__[0].__name__ for error in ERRORS}


def test_codes_are_distinct_and_each_failure_speaks_to_a_person():
    # To whoever asked, taking too long is the same as no answer; only what counts the calls tells them apart.
    codes = [error.code for error in ERRORS if error is not errors.TimedOut]
    assert errors.TimedOut.code == errors.Unreachable.code
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)
    for error in ERRORS:
        raised = error("Try another time.")
        assert (str(raised), raised.detail) == ("Try another time.", "Try another time.")
        assert raised.title
        assert raised.extra == {}


def test_what_some_failures_carry():
    bad = errors.BadInput.of("windows.lunch.start", "is not a time")
    assert bad.fields == (errors.FieldProblem("windows.lunch.start", "is not a time"),)
    assert bad.detail == "windows.lunch.start: is not a time"
    calendar = errors.BadCalendar.of("content", "is not iCalendar")
    assert isinstance(calendar, errors.BadCalendar)
    assert errors.Throttled("Wait.", retry_after=3.5).retry_after == 3.5
    assert errors.Throttled("Wait.").retry_after is None
    assert errors.Denied("No key.", authenticated=False).authenticated is False
    assert errors.Denied("Not yours.").authenticated is True
    slots = {"slots": [1]}
    gone = errors.TimeGone("That time has gone.", extra=slots)
    slots["more"] = []
    assert gone.extra == {"slots": [1]}
