"""A hand for the pages' tests: a house behind its pages, read and pressed as a browser without script would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from service.app.make_link import make_link
from service.store import calendars, meetings, pairs, proposals
from service.store.tables import Calendar, Meeting, Pair, Proposal
from service.web import pages
from tests.house import TestHouse, make_house


@dataclass
class Form:
    """A form on a page: where it goes, and what it sends as it stands."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str | None, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given["action"]))
            self._inside = True
        if self._inside and tag == "input" and given.get("type") == "hidden":
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if self._inside and tag == "button":
            self.forms[-1].buttons.append((given.get("name"), given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@dataclass
class Page:
    """A page as it came."""

    status: int
    html: str
    headers: Any
    url: str

    @property
    def text(self) -> str:
        """Its words, blanks made one."""
        reader = _Reader()
        reader.feed(self.html)
        return " ".join(" ".join(reader.words).split())

    @property
    def forms(self) -> list[Form]:
        """Its forms, in order."""
        reader = _Reader()
        reader.feed(self.html)
        return reader.forms

    def form(self, ending: str) -> Form:
        """The first form whose address ends so."""
        return next(form for form in self.forms if re.search(ending + "$", form.action))

    def has_form(self, ending: str) -> bool:
        """Whether there is one."""
        return any(re.search(ending + "$", form.action) for form in self.forms)


class Web:
    """The pages on a house."""

    def __init__(self, at: TestHouse, *, demo: bool = False) -> None:
        self.at = at
        self.house = at.house
        app = FastAPI()
        pages.mount(app, at.house, demo=demo)
        self.client = TestClient(app, base_url="http://holdfast.test")

    def link(self, person_id: str, **given: Any) -> str:
        """The address of a person's page, without the host."""
        return make_link(self.house, person_id, **given)[0].removeprefix("http://holdfast.test")

    def open(self, path: str) -> Page:
        """GET."""
        answer = self.client.get(path)
        return Page(answer.status_code, answer.text, answer.headers, str(answer.url))

    def me(self, person_id: str) -> Page:
        """A person's page."""
        return self.open(self.link(person_id))

    def press(self, form: Form, headers: dict[str, str] | None = None, /, **fields: str) -> Page:
        """Sends a form, with further fields, and follows where it leads. It does the jobs that follow."""
        answer = self.client.post(form.action, data={**form.fields, **fields}, headers=headers)
        self.at.run()
        return Page(answer.status_code, answer.text, answer.headers, str(answer.url))

    def pair_row(self, pair_id: str) -> Pair:
        """The pair as it stands."""
        with self.house.reading() as session:
            return pairs.get(session, pair_id)

    def meetings(self, pair_id: str) -> list[Meeting]:
        """The pair's meetings."""
        with self.house.reading() as session:
            return meetings.history(session, [pair_id])

    def proposal(self, proposal_id: str) -> Proposal:
        """A proposal as it stands."""
        with self.house.reading() as session:
            return proposals.get(session, proposal_id)

    def ledger(self, pair_id: str) -> list[str]:
        """The types of the ledger's lines."""
        with self.house.reading() as session:
            return [entry.type.value for entry in pairs.ledger(session, pair_id)]

    def break_calendar(self, calendar_id: str, words: str = "It did not answer.") -> None:
        """Makes a calendar unreadable, as a failed reading leaves it."""
        with self.house.writing() as session:
            row: Calendar = calendars.get(session, calendar_id)
            row.status, row.problem, row.problem_text = "error", "unreachable", words


@dataclass
class Pairing:
    """Two people in New York and Berlin, their calendars and their pair."""

    dana: str
    jonas: str
    dana_calendar: str
    jonas_calendar: str
    pair: str


def pairing(at: TestHouse, **facts: Any) -> Pairing:
    """Makes them."""
    dana = at.person("Dana Whitfield", "America/New_York")
    jonas = at.person("Jonas Lindner", "Europe/Berlin")
    first, second = at.local(dana), at.local(jonas)
    return Pairing(dana, jonas, first, second, at.pair(dana, jonas, **facts))


def web(tmp_path: Path, **given: Any) -> Web:
    """A fresh one."""
    demo = given.pop("demo", False)
    return Web(make_house(tmp_path, **given), demo=demo)
