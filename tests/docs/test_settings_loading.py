"""Settings from the environment: defaults, bad values in one line, keys."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from service.domain.errors import BadInput
from service.settings import PREFIX, Settings, load_settings, secret_keys


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No settings from outside, and a folder of our own."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_it_works(clean: Path) -> None:
    settings = load_settings()
    assert settings.database_url == f"sqlite:///{clean}/holdfast.sqlite"
    assert settings.sqlite_path == clean / "holdfast.sqlite"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.sync_seconds == 300
    assert settings.allow_private_urls is False
    assert settings.smtp_url is None
    assert settings.secret_key is None
    assert settings.microsoft_login_base == "https://login.microsoftonline.com"
    assert settings.graph_base == "https://graph.microsoft.com"


def test_environment_file_and_overrides(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / ".env").write_text(
        "HOLDFAST_SYNC_SECONDS=60\nHOLDFAST_MAIL_FROM=Wir <a@b.example>\nOTHER=1\nHOLDFAST_LATER=x\n"
    )
    monkeypatch.setenv("HOLDFAST_SYNC_SECONDS", "30")
    monkeypatch.setenv("HOLDFAST_PUBLIC_URL", "https://hold.example/")
    monkeypatch.setenv("HOLDFAST_SMTP_URL", "")
    monkeypatch.setenv("HOLDFAST_ALLOW_PRIVATE_URLS", "true")
    settings = load_settings(public_url="https://other.example/x/")
    assert settings.sync_seconds == 30
    assert (settings.mail_from, settings.mail_address) == ("Wir <a@b.example>", "a@b.example")
    assert settings.public_url == "https://other.example/x"
    assert settings.smtp_url is None
    assert settings.allow_private_urls is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNC_SECONDS", "often"),
        ("SYNC_SECONDS", "0"),
        ("ALLOW_PRIVATE_URLS", "perhaps"),
        ("PUBLIC_URL", "hold.example"),
        ("PUBLIC_URL", "ftp://hold.example"),
        ("GRAPH_BASE", "https://"),
        ("DATABASE_URL", "mysql://u:geheim@h/d"),
        ("DATABASE_URL", "sqlite:///relative.sqlite"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("CA_BUNDLE", "/no/such/file.pem"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b.example\nBcc: c@d.example"),
    ],
)
def test_a_bad_value_is_named_in_one_line(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert caught.value.detail.startswith(f"{PREFIX}{name}: ")
    assert "\n" not in caught.value.detail
    assert "geheim" not in caught.value.detail
    assert [field.field for field in caught.value.fields] == [PREFIX + name]


def test_several_bad_values_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SYNC_SECONDS", "x")
    monkeypatch.setenv("HOLDFAST_PUBLIC_URL", "x")
    with pytest.raises(BadInput, match=r"HOLDFAST_PUBLIC_URL: .*; HOLDFAST_SYNC_SECONDS: "):
        load_settings()


def test_an_env_file_that_is_no_text(clean: Path) -> None:
    (clean / ".env").write_bytes(b"HOLDFAST_SYNC_SECONDS=\xff\xfe\n")
    with pytest.raises(BadInput, match=r"\.env"):
        load_settings()


def test_secrets_do_not_show() -> None:
    settings = load_settings(
        secret_key="geheim",
        bootstrap_api_key="geheim",
        google_client_secret="geheim",
        microsoft_client_secret="geheim",
        smtp_url="smtp://u:geheim@h",
        database_url="postgresql://u:geheim@h/d",
    )
    assert "geheim" not in repr(settings) + str(settings)
    assert settings.sqlite_path is None


# -- keys ---------------------------------------------------------------------------------------------------


def test_configured_keys_in_their_order() -> None:
    assert secret_keys(load_settings(secret_key=" new , old,")) == ["new", "old"]
    with pytest.raises(BadInput, match="HOLDFAST_SECRET_KEY"):
        secret_keys(load_settings(secret_key=" , "))


def test_postgresql_needs_a_key() -> None:
    with pytest.raises(BadInput, match="HOLDFAST_SECRET_KEY: must be set on PostgreSQL"):
        secret_keys(load_settings(database_url="postgresql://u:p@h/d"))


def test_on_sqlite_a_key_is_made_once_and_is_its_owners_alone(clean: Path) -> None:
    settings = load_settings()
    (key,) = secret_keys(settings)
    file = clean / "holdfast.sqlite.key"
    assert len(key) >= 40
    assert file.read_text().strip() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret_keys(settings) == [key]
    assert [path.name for path in clean.iterdir()] == ["holdfast.sqlite.key"]
    file.chmod(0o644)
    assert secret_keys(settings) == [key]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_that_start_at_once_get_the_same_key() -> None:
    settings = load_settings()
    found: list[str] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        found.extend(secret_keys(settings))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_file_system_without_hard_links(monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    (key,) = secret_keys(load_settings())
    assert secret_keys(load_settings()) == [key]
    assert [path.name for path in clean.iterdir()] == ["holdfast.sqlite.key"]


def test_an_empty_key_file_is_not_replaced(clean: Path) -> None:
    (clean / "holdfast.sqlite.key").write_text("\n")
    with pytest.raises(BadInput, match="is empty"):
        secret_keys(load_settings())


def test_a_folder_that_is_not_there(clean: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{clean}/missing/db.sqlite")
    with pytest.raises(BadInput, match="cannot be written or read"):
        secret_keys(settings)
