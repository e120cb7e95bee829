"""The settings: environment variables that begin with ``HOLDFAST_``, and a ``.env`` file. Nothing else configures the
house. docs/settings.md is made from the descriptions here; a test fails where it is not.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from service.domain.errors import BadInput, FieldProblem

PREFIX = "HOLDFAST_"
_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")


def _base(url: str) -> str:
    """An http(s) address without the slash at its end."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("should look like https://host or http://host:port")
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base)]


def _beside_us() -> str:
    return f"sqlite:///{Path.cwd() / 'holdfast.sqlite'}"


class Settings(BaseSettings):
    """What can be set, each as ``HOLDFAST_`` and the name in capitals. An empty value counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: str = Field(
        default_factory=_beside_us,
        repr=False,
        json_schema_extra={"shown": "`holdfast.sqlite` in the current folder"},
        description="Where everything is kept: `sqlite:///` and an absolute path (one process, nothing to "
        "install), or `postgresql://user:password@host/name` (several workers).",
    )
    public_url: BaseUrl = Field(
        default="http://127.0.0.1:8000",
        description="The address under which people and providers reach Holdfast; links in mails, sign-in and "
        "push need it. Push needs https.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Seals what is stored of credentials, and signs links. Several, separated by commas, rotate: "
        "the first seals, all open. Unset on SQLite: one is made and kept beside the database in a `.key` file "
        "that only its owner can read. PostgreSQL needs it set.",
    )
    bootstrap_api_key: SecretStr | None = Field(
        default=None,
        description="An API key with scope `admin` that is accepted from the first start; use it to create others.",
    )
    google_client_id: str | None = Field(
        default=None, description="OAuth client for Google Calendar. Without it Google cannot be connected."
    )
    google_client_secret: SecretStr | None = Field(default=None, description="Its secret.")
    google_base: BaseUrl | None = Field(
        default=None,
        json_schema_extra={"shown": "Google's own hosts"},
        description="One host in place of all of Google's, for tests: `/o/oauth2/v2/auth`, `/token`, `/revoke`, "
        "`/oauth2/v3/certs`, `/calendar/v3/…` and `/batch/calendar/v3` lie under it.",
    )
    microsoft_client_id: str | None = Field(
        default=None, description="App registration for Microsoft 365. Without it Microsoft cannot be connected."
    )
    microsoft_client_secret: SecretStr | None = Field(default=None, description="Its secret.")
    microsoft_tenant: str = Field(
        default="common",
        description="Who may sign in: a tenant's id or domain, `organizations`, `consumers` or `common`.",
    )
    microsoft_login_base: BaseUrl = Field(
        default="https://login.microsoftonline.com",
        description="Where people sign in to Microsoft; another host for sovereign clouds and tests.",
    )
    graph_base: BaseUrl = Field(
        default="https://graph.microsoft.com",
        description="Where Microsoft Graph answers (`/v1.0/…` lies under it); another host for sovereign clouds and "
        "tests.",
    )
    ca_bundle: FilePath | None = Field(
        default=None,
        description="A PEM file with certificate authorities that are trusted, beside the system's, for every "
        "outgoing TLS connection.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="The mail server: `smtp://user:password@host:port` (STARTTLS where it is offered) or `smtps://…`, "
        "user and password percent-encoded. Unset: mail is kept in the database and shown on a page.",
    )
    mail_from: str = Field(
        default="holdfast@localhost",
        description="The sender of every mail: `mail@example.org` or `Our programme <mail@example.org>`.",
    )
    imap_url: SecretStr | None = Field(
        default=None,
        description="The mailbox of the sender's address: `imaps://user:password@host/INBOX` (or `imap://…`, STARTTLS), user "
        "and password percent-encoded. Answers to mailed invitations are read there (accepted, declined, another time "
        "suggested); nothing in it is changed. Unset: such answers are not seen.",
    )
    sync_seconds: int = Field(
        default=300,
        gt=0,
        le=86_400,
        description="How often, in seconds, calendars are looked at (those with push too: push gets lost).",
    )
    allow_private_urls: bool = Field(
        default=False,
        description="Lets calendars and webhooks point at private addresses. For intranets and tests; with it, "
        "whoever may add a calendar can make Holdfast call hosts inside your network.",
    )

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: str) -> str:
        if url.startswith(_POSTGRES):
            return url
        if not url.startswith("sqlite:///"):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        if not Path(url.removeprefix("sqlite:///")).is_absolute():
            raise ValueError("needs an absolute path after sqlite:///, as in sqlite:////var/lib/holdfast.sqlite")
        return url

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, text: str) -> str:
        user, _, domain = parseaddr(text)[1].rpartition("@")
        if not user or not domain or any(ord(it) < 32 for it in text):
            raise ValueError("should look like mail@example.org or Name <mail@example.org>")
        return text

    @property
    def sqlite_path(self) -> Path | None:
        """The SQLite file; ``None`` on PostgreSQL."""
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///"))
        return None

    @property
    def mail_address(self) -> str:
        """``mail_from`` without the name."""
        return parseaddr(self.mail_from)[1]


def load_settings(**overrides: Any) -> Settings:
    """The settings as they stand now, ``overrides`` (by field name) first.

    Raises ``BadInput`` with one line that names every bad variable, and no values: they may be secret."""
    try:
        return Settings(**overrides)
    except ValidationError as problem:
        fields = [
            FieldProblem(
                PREFIX + str(one["loc"][0] if one["loc"] else "").upper(),
                one["msg"].removeprefix("Value error, "),
            )
            for one in problem.errors(include_url=False, include_input=False)
        ]
        raise BadInput("; ".join(f"{it.field}: {it.reason}" for it in fields), fields=fields) from None
    except (SettingsError, OSError, UnicodeDecodeError):
        raise BadInput("The .env file cannot be read.") from None


def secret_keys(settings: Settings) -> list[str]:
    """The secrets for the vault and for links, newest first; on SQLite one is made on the first start.

    Raises ``BadInput`` where there is none and none can be made."""
    if settings.secret_key is not None:
        keys = [key.strip() for key in settings.secret_key.get_secret_value().split(",") if key.strip()]
        if not keys:
            raise BadInput.of(f"{PREFIX}SECRET_KEY", "holds no key")
        return keys
    database = settings.sqlite_path
    if database is None:
        raise BadInput.of(
            f"{PREFIX}SECRET_KEY", "must be set on PostgreSQL, the same for every process (40 random characters)"
        )
    return [_kept_key(database.with_name(database.name + ".key"))]


def _kept_key(path: Path) -> str:
    try:
        if not path.exists():
            _make_key(path)
        path.chmod(0o600)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput.of(f"{PREFIX}SECRET_KEY", f"is unset, and {path} cannot be written or read") from problem
    if not key:
        raise BadInput.of(f"{PREFIX}SECRET_KEY", f"is unset, and {path} is empty: put the key back")
    return key


def _make_key(path: Path) -> None:
    """Written aside and linked into place: two processes that start at once end up with one and the same key."""
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass  # the other one was first: its key counts
        except OSError:  # a file system without hard links
            Path(aside).replace(path)
    finally:
        Path(aside).unlink(missing_ok=True)


def settings_table() -> str:
    """Every setting with its default and meaning, as a Markdown table."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        value = field.get_default()
        plain = "unset" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {extra.get('shown', plain)} | {field.description} |")
    return "\n".join(rows)
