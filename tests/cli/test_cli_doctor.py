"""`holdfast doctor`: what is wrong is named, what to do is said, secrets are never shown."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_hand import Hand, Ran

from service.cli import checks
from service.cli.findings import ok, problem, without_secrets
from service.settings import Settings, load_settings
from tests.databases import postgres
from tests.house import TestHouse, make_house

KEY = "k" * 40
QUIET = {
    "HOLDFAST_SECRET_KEY": KEY,
    "HOLDFAST_BOOTSTRAP_API_KEY": "b" * 40,
    "HOLDFAST_PUBLIC_URL": "https://127.0.0.1:1",
}


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Sets variables by their short names; a calm installation to begin with."""

    def put(**values: str | None) -> None:
        for name, value in values.items():
            if value is None:
                monkeypatch.delenv(f"HOLDFAST_{name}", raising=False)
            else:
                monkeypatch.setenv(f"HOLDFAST_{name}", value)

    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    put(DATABASE_URL=f"sqlite:///{tmp_path}/holdfast.sqlite")
    return put


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TestHouse]:
    """A migrated database whose secrets are sealed with "a key for tests"."""
    made = make_house(tmp_path, now=1780304400)
    yield made
    made.house.engine.dispose()


def found(ran: Ran) -> dict[str, list[dict[str, str]]]:
    """The findings by what was checked; stderr stays empty and the exit code tells problems."""
    assert ran.err == ""
    words = ran.json
    assert set(words) == {"ok", "checks"}
    troubles = [it for it in words["checks"] if it["status"] == "problem"]
    assert (ran.code, words["ok"]) == ((1, False) if troubles else (0, True))
    grouped: dict[str, list[dict[str, str]]] = {}
    for it in words["checks"]:
        assert set(it) == {"status", "check", "found", "advice"}
        assert bool(it["advice"]) == (it["status"] != "ok"), it
        grouped.setdefault(it["check"], []).append(it)
    return grouped


def one(holdfast: Hand, check: str) -> dict[str, str]:
    """The only finding about ``check``."""
    (it,) = found(holdfast("doctor", "--json"))[check]
    return it


def test_a_fresh_installation_has_no_problem_and_nothing_is_made(holdfast: Hand, tmp_path: Path) -> None:
    words = found(holdfast("doctor", "--json"))
    assert {name for name, its in words.items() if its[0]["status"] == "warning"} == {
        *("secret keys", "API keys", "mail", "google", "microsoft"),
    }
    assert "HOLDFAST_GOOGLE_CLIENT_ID and HOLDFAST_GOOGLE_CLIENT_SECRET" in words["google"][0]["found"]
    assert "HOLDFAST_MICROSOFT_CLIENT_ID and" in words["microsoft"][0]["found"]
    assert [words[name][0]["status"] for name in ("caldav", "ics", "local")] == ["ok"] * 3
    assert list(tmp_path.iterdir()) == []


def test_the_table_says_the_same(holdfast: Hand) -> None:
    table = holdfast("doctor")
    assert (table.code, table.err) == (0, "")
    flat = " ".join(table.out.split())
    room = re.compile(r"\d+ MB free")  # other programs write in between
    for its in found(holdfast("doctor", "--json")).values():
        for it in its:
            if it["check"] != "clock":
                assert room.sub("MB free", it["found"]) in room.sub("MB free", flat) and it["advice"] in flat
    assert "0 problems, 5 warnings." in flat


def test_problems_are_counted_and_the_exit_code_is_1(holdfast: Hand, variables: Any) -> None:
    variables(PUBLIC_URL="http://holdfast.example.org")
    ran = holdfast("doctor")
    assert ran.code == 1 and "1 problem, 3 warnings." in ran.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNC_SECONDS", "soon"),
        ("SYNC_SECONDS", "0"),
        ("PUBLIC_URL", "holdfast.example.org"),
        ("DATABASE_URL", "mysql://u:hush-hush@h/d"),
        ("DATABASE_URL", "sqlite:///relative.sqlite"),
        ("CA_BUNDLE", "/nowhere/ca.pem"),
        ("MAIL_FROM", "nobody"),
        ("ALLOW_PRIVATE_URLS", "perhaps"),
    ],
)
def test_a_setting_that_is_wrong(holdfast: Hand, variables: Any, name: str, value: str) -> None:
    variables(**{name: value})
    ran = holdfast("doctor", "--json")
    words = found(ran)
    (it,) = words["settings"]
    assert it["status"] == "problem" and it["found"].startswith(f"HOLDFAST_{name}: ")
    assert "hush-hush" not in ran.out
    assert {"database", "clock", "google"} <= set(words)  # the rest is looked at all the same


def test_two_wrong_settings_are_two_findings(holdfast: Hand, variables: Any) -> None:
    variables(SYNC_SECONDS="soon", MAIL_FROM="nobody")
    assert len(found(holdfast("doctor", "--json"))["settings"]) == 2


def test_a_misspelt_variable_is_named_with_what_was_meant(holdfast: Hand, variables: Any, tmp_path: Path) -> None:
    variables(GOOGLE_CLIENT_SECRT="hush-hush", QQQ="x")
    (tmp_path / ".env").write_text("HOLDFAST_PUBLIC_ULR=https://x\nHOLDFAST_MAIL_FROM=a@example.org\nOTHER=1\n")
    ran = holdfast("doctor", "--json")
    typos = {it["found"].split()[0]: it for it in found(ran)["settings"]}
    assert set(typos) == {"HOLDFAST_GOOGLE_CLIENT_SECRT", "HOLDFAST_PUBLIC_ULR", "HOLDFAST_QQQ"}
    assert all(it["status"] == "warning" for it in typos.values())
    assert "HOLDFAST_GOOGLE_CLIENT_SECRET?" in typos["HOLDFAST_GOOGLE_CLIENT_SECRT"]["advice"]
    assert "HOLDFAST_PUBLIC_URL?" in typos["HOLDFAST_PUBLIC_ULR"]["advice"]
    assert "?" not in typos["HOLDFAST_QQQ"]["advice"]
    assert "hush-hush" not in ran.out


def test_an_unreadable_env_file(holdfast: Hand, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00HOLDFAST")
    it = one(holdfast, "settings")
    assert it["status"] == "problem" and ".env" in it["found"]


class TestDatabase:
    """SQLite and PostgreSQL, there and not there."""

    def test_not_made_yet(self, holdfast: Hand, variables: Any) -> None:
        it = one(holdfast, "database")
        assert it["status"] == "ok" and "made at the first start" in it["found"]

    def test_no_folder(self, holdfast: Hand, variables: Any, tmp_path: Path) -> None:
        variables(DATABASE_URL=f"sqlite:///{tmp_path}/none/holdfast.sqlite")
        assert one(holdfast, "database folder")["status"] == "problem"

    def test_in_order(self, holdfast: Hand, variables: Any, house: TestHouse) -> None:
        variables(SECRET_KEY="a key for tests")
        it = one(holdfast, "database")
        assert it["status"] == "ok" and "up to date" in it["found"]

    def test_empty(self, holdfast: Hand, variables: Any, tmp_path: Path) -> None:
        sqlite3.connect(tmp_path / "holdfast.sqlite").close()
        (tmp_path / "holdfast.sqlite").touch()
        it = one(holdfast, "database")
        assert it["status"] == "warning" and "is empty" in it["found"]
        assert (tmp_path / "holdfast.sqlite").stat().st_size == 0

    def test_no_database_at_all(self, holdfast: Hand, variables: Any, tmp_path: Path) -> None:
        (tmp_path / "holdfast.sqlite").write_bytes(b"Dear Ada, " * 500)
        it = one(holdfast, "database")
        assert it["status"] == "problem" and "not a database" in it["found"]

    def test_from_the_future(self, holdfast: Hand, variables: Any, house: TestHouse, tmp_path: Path) -> None:
        database = sqlite3.connect(tmp_path / "holdfast.sqlite")
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
        database.close()
        it = one(holdfast, "database")
        assert it["status"] == "problem" and "newer Holdfast" in it["found"]

    def test_locked_by_another_program(
        self, holdfast: Hand, variables: Any, house: TestHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("service.store.examine.WAIT_SECONDS", 0)
        other = sqlite3.connect(tmp_path / "holdfast.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        it = one(holdfast, "database")
        other.close()
        assert it["status"] == "problem" and "locked" in it["found"]

    def test_a_process_that_serves_it_is_no_problem(
        self, holdfast: Hand, variables: Any, house: TestHouse, tmp_path: Path
    ) -> None:
        from service.jobs.single_process import SingleProcess

        lock = SingleProcess(tmp_path / "holdfast.sqlite")
        lock.acquire()
        it = one(holdfast, "database")
        lock.release()
        assert it["status"] == "ok" and "A running process serves it" in it["found"]
        assert "A running process" not in one(holdfast, "database")["found"]

    def test_postgresql_that_is_not_there(self, holdfast: Hand, variables: Any) -> None:
        variables(DATABASE_URL="postgresql://ada:hush-hush@127.0.0.1:1/holdfast")
        ran = holdfast("doctor", "--json")
        (it,) = found(ran)["database"]
        assert it["status"] == "problem" and it["found"].startswith("holdfast on 127.0.0.1 cannot be used: ")
        assert "hush-hush" not in ran.out

    def test_postgresql_with_nonsense_in_its_address(self, holdfast: Hand, variables: Any) -> None:
        variables(DATABASE_URL="postgresql://ada:hush-hush@127.0.0.1:port/holdfast?x=y")
        ran = holdfast("doctor", "--json")
        assert ran.code == 1 and "hush-hush" not in ran.out + ran.err

    @pytest.mark.slow
    def test_postgresql(self, holdfast: Hand, variables: Any, tmp_path: Path) -> None:
        with postgres() as url:
            variables(DATABASE_URL=url)
            words = found(holdfast("doctor", "--json"))
            assert "database folder" not in words
            assert "is empty" in words["database"][0]["found"]
            assert words["clock"][0]["status"] == "ok"
            assert holdfast("keys", "create", "--name", "one", "--scope", "read").code == 0
            words = found(holdfast("doctor", "--json"))
            assert words["database"][0]["status"] == "ok"
            assert "1 live" in words["API keys"][0]["found"]
            variables(SECRET_KEY=None)
            assert one(holdfast, "secret keys")["status"] == "problem"


class TestKeys:
    """What seals the credentials, and what opens the API."""

    def test_set_and_right(self, holdfast: Hand, variables: Any, house: TestHouse) -> None:
        house.person()
        variables(SECRET_KEY=f"{KEY},a key for tests")
        it = one(holdfast, "secret keys")
        assert it["status"] == "warning" and "1 of 2" in it["found"]  # the old one is short
        assert "a key for tests" not in it["found"]

    def test_another_key_than_before(self, holdfast: Hand, variables: Any, house: TestHouse) -> None:
        house.person()
        house.person("Bo")
        it = one(holdfast, "secret keys")
        assert it["status"] == "problem" and "2 of 2 stored secrets" in it["found"]

    def test_good(self, holdfast: Hand, variables: Any) -> None:
        it = one(holdfast, "secret keys")
        assert it["status"] == "ok" and it["found"].startswith("1 set")

    def test_generated(self, holdfast: Hand, variables: Any, tmp_path: Path) -> None:
        variables(SECRET_KEY=None)
        (tmp_path / "holdfast.sqlite.key").write_text(KEY)
        ran = holdfast("doctor", "--json")
        (it,) = found(ran)["secret keys"]
        assert it["status"] == "warning" and "holdfast.sqlite.key" in it["found"]
        assert KEY not in ran.out

    def test_generated_and_lost(self, holdfast: Hand, variables: Any, house: TestHouse, tmp_path: Path) -> None:
        house.person()
        variables(SECRET_KEY=None)
        it = one(holdfast, "secret keys")
        assert it["status"] == "problem" and "is gone" in it["found"]
        assert not (tmp_path / "holdfast.sqlite.key").exists()

    def test_generated_and_empty(self, holdfast: Hand, variables: Any, tmp_path: Path) -> None:
        variables(SECRET_KEY=None)
        (tmp_path / "holdfast.sqlite.key").touch()
        assert one(holdfast, "secret keys")["status"] == "problem"

    def test_only_commas(self, holdfast: Hand, variables: Any) -> None:
        variables(SECRET_KEY=" , ")
        assert one(holdfast, "secret keys")["status"] == "problem"

    def test_nobody_can_use_the_api(self, holdfast: Hand, variables: Any) -> None:
        variables(BOOTSTRAP_API_KEY=None)
        assert "holdfast keys create" in one(holdfast, "API keys")["advice"]

    def test_a_bootstrap_key_that_can_be_guessed(self, holdfast: Hand, variables: Any) -> None:
        variables(BOOTSTRAP_API_KEY="letmein")
        ran = holdfast("doctor", "--json")
        assert found(ran)["API keys"][0]["status"] == "warning" and "letmein" not in ran.out

    def test_a_bootstrap_key_that_is_needed_no_more(self, holdfast: Hand, variables: Any) -> None:
        assert one(holdfast, "API keys")["status"] == "ok"
        assert holdfast("keys", "create", "--name", "staff").code == 0
        it = one(holdfast, "API keys")
        assert it["status"] == "warning" and "Unset it" in it["advice"]
        variables(BOOTSTRAP_API_KEY=None)
        assert one(holdfast, "API keys")["status"] == "ok"


class TestClock:
    """Without waiting: the numbers are given."""

    NOW = 1780304400.0  # 2026-06-01

    def test_in_order(self) -> None:
        (it,) = checks.clock(self.NOW, 1.0, 1.0, self.NOW + 1, int(self.NOW) - 5)
        assert it == ok("clock", "2026-06-01 09:00:00 UTC")

    @pytest.mark.parametrize(
        ("now", "passed", "database", "newest", "status", "words"),
        [
            (86_400.0, 1.0, None, None, "problem", "1970-01-02"),
            (5e9, 1.0, None, None, "problem", "2128"),
            (NOW, 61.0, None, None, "warning", "jumped by +60.0 s"),
            (NOW, -9.0, None, None, "warning", "jumped by -10.0 s"),
            (NOW, 1.0, NOW - 10, None, "warning", "+10 s off the database server"),
            (NOW, 1.0, NOW + 600, None, "problem", "-600 s off the database server"),
            (NOW, 1.0, None, int(NOW) + 3600, "problem", "3600 s in the future"),
        ],
    )
    def test_out_of_order(
        self, now: float, passed: float, database: float | None, newest: int | None, status: str, words: str
    ) -> None:
        (it,) = checks.clock(now, passed, 1.0, database, newest)
        assert it.status == status and words in it.found and it.advice

    def test_entries_from_the_future_are_seen(
        self, holdfast: Hand, variables: Any, house: TestHouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        house.ready_pair()
        house.booked(house.ready_pair()[0])
        monkeypatch.setattr("time.time", lambda: self.NOW - 7 * 86400)
        assert "in the future" in one(holdfast, "clock")["found"]


class TestOutside:
    """Public URL, certificates, mail."""

    @pytest.mark.parametrize(
        ("url", "status"),
        [
            ("https://127.0.0.1:1", "ok"),
            ("http://127.0.0.1:1", "ok"),
            ("http://localhost:1", "ok"),
            ("http://[::1]:1", "ok"),
            ("http://10.0.0.1:1", "problem"),
            ("http://holdfast.example.org", "problem"),
        ],
    )
    def test_public_url(self, variables: Any, url: str, status: str) -> None:
        variables(PUBLIC_URL=url)
        it = checks.public_url(load_settings(), answering=False)
        assert it.status == status and url in it.found and "Nothing answers there" in it.found
        assert "Holdfast answers there" in checks.public_url(load_settings(), answering=True).found

    def test_links_in_mails_that_open_nowhere_else(self, variables: Any) -> None:
        variables(PUBLIC_URL="http://localhost:1", SMTP_URL="smtp://127.0.0.1:1")
        assert checks.public_url(load_settings(), answering=True).status == "warning"

    def test_private_addresses_allowed(self, holdfast: Hand, variables: Any) -> None:
        variables(ALLOW_PRIVATE_URLS="true")
        assert one(holdfast, "private URLs")["status"] == "warning"

    def test_a_certificate_file_that_is_none(self, holdfast: Hand, variables: Any, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("no certificate")
        variables(CA_BUNDLE=str(tmp_path / "ca.pem"))
        assert one(holdfast, "certificates")["status"] == "problem"

    def test_mail_server_that_answers(self, holdfast: Hand, variables: Any) -> None:
        from aiosmtpd.controller import Controller
        from aiosmtpd.handlers import Sink

        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = Controller(Sink(), hostname="127.0.0.1", port=port)
        server.start()
        try:
            variables(SMTP_URL=f"smtp://127.0.0.1:{port}", MAIL_FROM="Ours <mail@example.org>")
            words = found(holdfast("doctor", "--json"))
            assert words["mail"][0] == ok("mail", f"127.0.0.1:{port} answers.").words()
            assert words["sender"][0]["status"] == "ok"
            variables(SMTP_URL=f"smtp://ada:hush-hush@127.0.0.1:{port}", MAIL_FROM="holdfast@localhost")
            ran = holdfast("doctor", "--json")
            words = found(ran)
            assert "takes no login" in words["mail"][0]["found"]
            assert words["sender"][0]["status"] == "warning"
            assert "hush-hush" not in ran.out
        finally:
            server.stop()

    def test_mail_server_that_is_not_there(self, holdfast: Hand, variables: Any) -> None:
        variables(SMTP_URL="smtp://ada:hush-hush@127.0.0.1:1")
        ran = holdfast("doctor", "--json")
        it = found(ran)["mail"][0]
        assert it["status"] == "problem" and "no connection" in it["found"] and "hush-hush" not in ran.out

    def test_mailbox(self, holdfast: Hand, variables: Any) -> None:
        from tests.mail_in import imap_server

        variables()
        assert "mailbox" not in found(holdfast("doctor", "--json"))
        with imap_server() as post:
            folder = post.folder()
            variables(IMAP_URL=post.url(folder), MAIL_FROM="Ours <mail@example.org>")
            [it] = found(holdfast("doctor", "--json"))["mailbox"]
            assert it["status"] == "ok" and "mail@example.org" in it["found"]
            variables(IMAP_URL=post.url(folder, password="hush-hush"))
            ran = holdfast("doctor", "--json")
            [it] = found(ran)["mailbox"]
            assert it["status"] == "problem" and "does not accept the login" in it["found"]
            assert "hush-hush" not in ran.out
        variables(IMAP_URL=post.url(folder))
        assert found(holdfast("doctor", "--json"))["mailbox"][0]["status"] == "problem"

    def test_mail_server_that_hangs(self) -> None:
        from service.wiring_checks import knock

        with silent_server() as port:
            assert knock(f"smtp://127.0.0.1:{port}", None, seconds=0.2) == "it did not answer within 0.2 seconds"

    def test_mail_address_that_is_none(self, holdfast: Hand, variables: Any) -> None:
        variables(SMTP_URL="mail.example.org hush-hush")
        ran = holdfast("doctor", "--json")
        assert found(ran)["mail"][0]["status"] == "problem" and "hush-hush" not in ran.out


class TestProviders:
    """What is missing for each."""

    def settings(self, **values: str) -> Settings:
        return load_settings(public_url="https://holdfast.example.org", **values)

    @pytest.mark.parametrize("name", ["google", "microsoft"])
    def test_each_needs_both(self, name: str) -> None:
        both = {f"{name}_client_id": "an id", f"{name}_client_secret": "hush-hush"}
        for one_of, value in both.items():
            (it,) = [f for f in checks.providers(self.settings(**{one_of: value})) if f.check == name]
            (missing,) = set(both) - {one_of}
            assert it.status == "problem" and f"HOLDFAST_{missing.upper()} is missing" in it.found
        (it,) = [f for f in checks.providers(self.settings(**both)) if f.check == name]
        assert it.status == "ok" and f"https://holdfast.example.org/oauth/{name}/callback" in it.found
        assert "push" not in it.found and "hush-hush" not in it.found

    def test_no_push_without_https(self) -> None:
        plain = load_settings(
            public_url="http://localhost:8000", google_client_id="an id", google_client_secret="x", sync_seconds=77
        )
        (it,) = [f for f in checks.providers(plain) if f.check == "google"]
        assert "No push without https" in it.found and "77 s" in it.found

    def test_microsoft_signs_in_over_https_only(self) -> None:
        made = self.settings(
            microsoft_client_id="an id", microsoft_client_secret="x", microsoft_login_base="http://localhost:1"
        )
        (it,) = [f for f in checks.providers(made) if f.check == "microsoft"]
        assert it.status == "problem" and "MICROSOFT_LOGIN_BASE" in it.found


def test_little_room(variables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, status in ((10**12, "ok"), (10**8, "warning"), (10**6, "problem")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))
        it = checks.room(load_settings())
        assert it is not None and it.status == status


def test_no_time_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        raise checks.ZoneInfoNotFoundError(name)

    assert checks.time_zones().status == "ok"
    monkeypatch.setattr(checks, "ZoneInfo", none)
    assert checks.time_zones().status == "problem"


def test_secrets_are_blacked_out_whoever_says_them() -> None:
    variables = {
        "HOLDFAST_SECRET_KEY": "first-key, second-key",
        "holdfast_google_client_secret": "google-secret",
        "HOLDFAST_DATABASE_URL": "postgresql://ada:pass%40word@h/d?password=in-query",
        "HOLDFAST_SMTP_URL": "smtp://ada:broken[secret@h",
        "HOLDFAST_BOOTSTRAP_API_KEY": "abc",
        "HOLDFAST_PUBLIC_URL": "https://host",
        "OTHER_SECRET_KEY": "unrelated",
    }
    said = "first-key second-key google-secret pass%40word pass@word in-query broken[secret https://host unrelated"
    (it,) = without_secrets([problem("x", said, said)], variables)
    assert it.found == it.advice == " ".join(["[secret]"] * 7 + ["https://host", "unrelated"])


def test_json_has_no_secret_of_a_full_configuration(holdfast: Hand, variables: Any) -> None:
    hidden = {
        "SECRET_KEY": "hush-hush-1" * 4,
        "BOOTSTRAP_API_KEY": "hush-hush-2" * 4,
        "GOOGLE_CLIENT_ID": "google-id",
        "GOOGLE_CLIENT_SECRET": "hush-hush-3",
        "MICROSOFT_CLIENT_ID": "ms-id",
        "MICROSOFT_CLIENT_SECRET": "hush-hush-4",
        "SMTP_URL": "smtps://ada:hush-hush-5@127.0.0.1:1",
        "DATABASE_URL": "postgresql://ada:hush-hush-6@127.0.0.1:1/d",
    }
    variables(**hidden)
    for asked in (("doctor",), ("doctor", "--json")):
        ran = holdfast(*asked)
        assert ran.code == 1 and "hush-hush" not in ran.out + ran.err
    assert json.loads(holdfast("doctor", "--json").out)["ok"] is False


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
