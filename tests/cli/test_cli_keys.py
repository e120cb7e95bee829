"""`holdfast keys`: a key is shown once, kept as a hash, and opens nothing once it is revoked."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_hand import Hand

from service.app.manage_keys import identify
from service.settings import load_settings
from service.wiring import build


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/holdfast.sqlite")
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "k" * 40)


def opens(key: str) -> str | None:
    """The scope that a key has for the API."""
    installation = build(load_settings())
    try:
        known = identify(installation.house, key)
    finally:
        installation.stop()
    return known[1] if known else None


def test_the_life_of_a_key(holdfast: Hand, tmp_path: Path) -> None:
    made = holdfast("keys", "create", "--name", "staff portal", "--scope", "read")
    key, note = made.out.strip(), made.err
    assert made.code == 0 and key.startswith("hf_") and len(key) > 40
    key_id = note.split()[0]
    assert key_id.startswith("key_") and "not shown again" in note and key not in note
    assert opens(key) == "read"
    assert key.encode() not in (tmp_path / "holdfast.sqlite").read_bytes()

    listed = holdfast("keys", "list")
    assert listed.code == 0 and key not in listed.out
    (line,) = listed.out.splitlines()
    assert key_id in line and "read" in line and "live" in line and line.endswith("staff portal")

    assert holdfast("keys", "revoke", key_id).out == f"{key_id} is revoked.\n"
    assert opens(key) is None
    assert "revoked 20" in holdfast("keys", "list").out
    assert holdfast("keys", "revoke", key_id).code == 0


def test_write_is_the_usual_scope(holdfast: Hand) -> None:
    assert opens(holdfast("keys", "create", "--name", "one").out.strip()) == "write"


def test_an_empty_list_says_how_to_make_one(holdfast: Hand) -> None:
    ran = holdfast("keys", "list")
    assert ran.code == 0 and "holdfast keys create" in ran.out


def test_what_is_refused(holdfast: Hand) -> None:
    holdfast("keys", "create", "--name", "one", "--scope", "root").refused("scope", "read, write, admin")
    holdfast("keys", "create", "--name", " ").refused("name")
    holdfast("keys", "revoke", "key_unknown").refused("key_unknown", code=1)
    assert "No keys yet" in holdfast("keys", "list").out


def test_bad_settings_are_one_line(holdfast: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/none/holdfast.sqlite")
    holdfast("keys", "list").refused("HOLDFAST_DATABASE_URL", "does not exist")
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", "mysql://ada:hush-hush@host/d")
    ran = holdfast("keys", "list")
    ran.refused("HOLDFAST_DATABASE_URL")
    assert "hush-hush" not in ran.err


def test_a_database_that_is_away_is_one_line(holdfast: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", "postgresql://ada:hush-hush@127.0.0.1:1/d")
    ran = holdfast("keys", "list")
    ran.refused("database cannot be used", "holdfast doctor", code=1)
    assert "hush-hush" not in ran.err
