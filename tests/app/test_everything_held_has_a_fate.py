"""Export and erasure keep what ``store.fates`` declares of every column: what is given stands in the export, what goes is gone
from every table, and the partner's own things stay.

Each text of the person's rows is first overwritten by a word of its own (a canary), so that it can be found again wherever it
went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, Table, Text, cast, literal, select, update

from service.app.answer_proposal import accept_slot
from service.app.end_pair import end_pair
from service.app.export_person import export_person
from service.app.forget_person import forget_person
from service.app.hold_review import answer_review
from service.app.last_meeting import wish_last_meeting
from service.app.report_outcome import report_outcome
from service.domain.ledger import Seat
from service.domain.review import Choice
from service.domain.timespan import DAY
from service.jobs.rounds import one_round
from service.store import meetings, reviews
from service.store.every_table import every_table
from service.store.fates import FATES, GOING, Fate
from tests.house import TestHouse, make_house

TABLES = every_table().tables
# Codes and zones: words of ours from a fixed list, in which nobody can be named. Overwritten, nothing would work any more.
CODES = {
    "id", "status", "access", "provider", "kind", "problem", "method", "choice", "person_id", "pair_id", "calendar_id",
    "meeting_id", "review_id", "about", "mail_id", "language", "holidays", "feed_hash", "zone", "state_hash", "token_hash",
}  # fmt: skip
SHAPED: dict[tuple[str, str], Any] = {
    ("pair", "objectives"): lambda word: [{"id": "obj_1", "text": word, "review_on": None, "done": False}],
    ("person", "working_hours"): lambda word: [{"weekdays": ["mon"], "start": "09:11", "end": "17:13"}],
    ("calendar", "settings"): lambda word: {"host": word},
    ("mail", "draft"): lambda word: {"summary": word},
    ("ask", "facts"): lambda word: {"word": word},
}


@pytest.fixture
def house(tmp_path: Path) -> TestHouse:
    return make_house(tmp_path)


def beat(house: TestHouse) -> None:
    one_round(house.house)
    house.run()


def lived(house: TestHouse) -> tuple[str, str]:
    """Two people with something in every table that holds anything of anybody: ``(who will be forgotten, the partner)``."""

    zoe, ada = house.person("Zoe"), house.person("Ada")
    house.event(house.local(zoe), house.clock.now() + DAY, title="Dentist")
    house.local(ada)
    facts = {"focus": "f", "objectives": [{"text": "o", "review_on": "2026-06-20"}], "next_step": "n"}
    pair, over = house.pair(ada, zoe, **facts), house.pair(zoe, ada)
    first = house.booked(pair)
    house.booked(over, rank=1)
    with house.house.reading() as session:
        house.clock.at = meetings.get(session, first).end
    beat(house)
    report_outcome(house.house, first, by=Seat.MENTEE, happened=True, worth=4)
    report_outcome(house.house, first, by=Seat.MENTOR, happened=True, worth=2)
    house.clock.at = max(house.clock.now(), house.clock.now() + 30 * DAY)
    beat(house)
    with house.house.reading() as session:
        review = reviews.open_of(session, [pair])[pair].id
    answer_review(house.house, review, by=Seat.MENTEE, choice=Choice.SLOW_DOWN)
    end_pair(house.house, over, by=Seat.MENTEE, last_meeting=True, handover="note")
    wish_last_meeting(house.house, over, by=Seat.MENTOR, wish=False)
    offer, slots = house.slots(pair)
    accept_slot(house.house, offer, slot_id=slots[0].id, by=Seat.MENTOR)
    house.slots(pair)
    beat(house)
    house.clock.advance(DAY)
    beat(house)
    with house.house.writing() as session:
        for table, row in rows_made_up(zoe, pair):
            session.execute(TABLES[table].insert().values(row))
    return zoe, ada


def rows_made_up(person: str, pair: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows that only accounts at providers make."""
    base = {
        "id": "cal_x", "person_id": person, "provider": "caldav", "status": "connected", "access": "events", "name": "Mine",
        "is_primary": False, "counts": True, "writable": False, "server_invites": False, "settings": {}, "secret": b"s",
        "sync_state": "t", "expanded_until": 0, "failures": 0, "version": 1, "created_at": 1,
    }  # fmt: skip
    yield "calendar", base
    yield (
        "sign_in",
        {"state_hash": "h", "calendar_id": "cal_x", "provider": "caldav", "keep": b"k", "expires_at": 1 << 40},
    )
    yield "watch", {"id": "w", "calendar_id": "cal_x", "resource_id": "r", "token_hash": "h", "expires_at": 1 << 40}
    event = {"calendar_id": "cal_x", "remote_id": "e", "uid": "u", "etag": "x", "skeleton": "{}", "spans": b""}
    yield "remote_event", event


def own_rows(session: Any, table: Table, person: str) -> Any:
    """The condition that finds what is this person's in a table, or ``None``."""
    calendars = select(TABLES["calendar"].c.id).where(TABLES["calendar"].c.person_id == person)
    seats = select(TABLES["pair"].c.id).where(
        (TABLES["pair"].c.mentor_id == person) | (TABLES["pair"].c.mentee_id == person)
    )
    how = {
        "person_id": table.c.get("person_id"),
        "calendar_id": table.c.get("calendar_id"),
        "pair_id": table.c.get("pair_id"),
    }
    if table.name == "person":
        return table.c.id == person
    if table.name == "meeting":  # what a provider calls it is known of the calendar that carries it
        return table.c.calendar_id.in_(calendars)
    if table.name == "pair":
        return table.c.id.in_(seats)
    by = GOING.get(table.name) or ("pair_id" if how["pair_id"] is not None else None)
    if by is None:
        return None
    column = how[by]
    assert column is not None
    return {"person_id": column == person, "calendar_id": column.in_(calendars), "pair_id": column.in_(seats)}[by]


def marked(house: TestHouse, person: str) -> dict[tuple[str, str], str]:
    """Overwrites every text and document that is GIVEN or INNER; returns the word put into each column."""
    words: dict[tuple[str, str], str] = {}
    with house.house.writing() as session:
        for (name, column), fate in FATES.items():
            table, where = TABLES[name], own_rows(session, TABLES[name], person)
            if fate not in (Fate.GIVEN, Fate.INNER) or where is None or column in CODES:
                continue
            shape = SHAPED.get((name, column))
            if shape is None and not isinstance(table.c[column].type, String | Text):
                continue
            word = f"Canary-{name}-{column}"
            value = shape(word) if shape else word
            if name in ("remote_event", "local_event"):  # no two of them may bear one name
                value = literal(f"{word}-") + cast(table.c.id, String)
            if session.execute(update(table).where(where).values({column: value})).rowcount:  # type: ignore[attr-defined]
                words[name, column] = "09:11" if (name, column) == ("person", "working_hours") else word
    return words


def everything(house: TestHouse) -> dict[str, str]:
    """All tables as text."""
    with house.house.reading() as session:
        return {
            name: json.dumps([list(map(repr, row)) for row in session.execute(select(table)).all()])
            for name, table in TABLES.items()
        }


def test_what_is_given_is_in_the_export_and_what_goes_is_gone(house: TestHouse) -> None:
    zoe, ada = lived(house)
    words = marked(house, zoe)
    assert {"person", "calendar", "local_event", "remote_event", "watch", "pair", "ask", "mail", "handover_note"} <= {
        k[0] for k in words
    }
    given = json.dumps(export_person(house.house, zoe))
    missing = [key for key, word in words.items() if FATES[key] is Fate.GIVEN and word not in given]
    assert missing == [], "declared as given out, and not in the export"
    others = json.dumps(export_person(house.house, ada))
    private = {
        "worth_mark",
        "review_choice",
        "farewell_wish",
        "handover_note",
        "calendar",
        "local_event",
        "churn",
        "ask",
    }
    assert [key for key, word in words.items() if key[0] in private and word in others] == []
    forget_person(house.house, zoe)
    beat(house)
    left = [(key, name) for name, held in everything(house).items() for key, word in words.items() if word in held]
    assert left == [], "still held of somebody who was forgotten"


def test_no_row_that_goes_with_a_person_is_left(house: TestHouse) -> None:
    zoe, ada = lived(house)
    with house.house.reading() as session:
        before = {
            name: len(session.execute(select(TABLES[name]).where(own_rows(session, TABLES[name], zoe))).all())
            for name in GOING
        }
        calendars = [
            row.id for row in session.execute(select(TABLES["calendar"]).where(TABLES["calendar"].c.person_id == zoe))
        ]
    untested = {name for name, number in before.items() if not number}
    assert untested <= {"churn"}, "make a row of it in ``lived``"
    forget_person(house.house, zoe)
    beat(house)
    with house.house.reading() as session:
        for name, by in GOING.items():
            column = TABLES[name].c[by]
            gone = column.in_(calendars) if by == "calendar_id" else own_rows(session, TABLES[name], zoe)
            assert session.execute(select(TABLES[name]).where(gone)).all() == [], name
    theirs = export_person(house.house, ada)
    assert theirs["worth"][0]["worth"] == 2, "the partner's own things stay"
    assert len(theirs["pairs"]) == 2
    assert theirs["pairs"][0]["ledger"]


def test_the_export_has_what_is_shared(house: TestHouse) -> None:
    zoe, _ = lived(house)
    given = export_person(house.house, zoe)
    assert given["calendars"][0]["busy"], "when the own calendar takes time"
    pair = given["pairs"][0]
    assert {"proposals", "reviews", "meetings", "ledger"} <= set(pair)
    assert pair["proposals"][0]["slots"][0]["reasons"]
    assert (pair["reviews"][0]["status"], len(given["review_choices"]), len(given["asks"]) > 1) == ("open", 1, True)
    assert given["worth"] == [{"meeting_id": pair["meetings"][0]["id"], "worth": 4}]
    assert len(given["last_meeting_wishes"]) == 1
