"""Writes docs/settings.md: ``python -m docs.generate_settings`` from the top folder."""

from __future__ import annotations

from pathlib import Path

from service.settings import settings_table

PAGE = Path(__file__).with_name("settings.md")


def settings_page() -> str:
    """The whole page."""
    return (
        "# Settings\n\n"
        "Holdfast is configured by environment variables alone; a `.env` file in the current folder is read too. "
        "Everything has a default that works, except for what only you can know. "
        "`holdfast doctor` says what is missing.\n\n"
        "<!-- Made by `python -m docs.generate_settings` from service/settings.py. Change it there. -->\n\n"
        f"{settings_table()}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
