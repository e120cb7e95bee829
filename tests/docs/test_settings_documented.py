"""Every setting of the contract exists, and docs/settings.md tells of each exactly what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

from service.settings import PREFIX, Settings, settings_table

DOCS = Path(__file__).parents[2] / "docs"
CONTRACT = {
    "DATABASE_URL", "PUBLIC_URL", "SECRET_KEY", "BOOTSTRAP_API_KEY", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET",
    "GOOGLE_BASE", "MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET", "MICROSOFT_TENANT", "MICROSOFT_LOGIN_BASE",
    "GRAPH_BASE", "CA_BUNDLE", "SMTP_URL", "MAIL_FROM", "IMAP_URL", "SYNC_SECONDS", "ALLOW_PRIVATE_URLS",
}  # fmt: skip


def test_exactly_the_settings_of_the_contract() -> None:
    assert {name.upper() for name in Settings.model_fields} == CONTRACT


def test_each_has_a_row_with_a_meaning() -> None:
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in settings_table().splitlines()[2:]]
    assert {name for name, _, _ in rows} == {f"`{PREFIX}{name}`" for name in CONTRACT}
    assert all(default and len(meaning) > 8 and meaning.endswith(".") for _, default, meaning in rows)


def test_the_page_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "generate_settings.py"))["settings_page"]()
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == page, "run: python -m docs.generate_settings"


def test_the_page_does_not_depend_on_this_machine() -> None:
    assert str(Path.cwd()) not in settings_table()
