"""The pages say what is so: tables made from the code, links that lead somewhere, blocks that run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from docs import generate_capabilities

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "integrations").rglob("*.md")])


def test_the_table_of_capabilities_is_up_to_date() -> None:
    assert generate_capabilities.PAGE.read_text() == generate_capabilities.page()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_has_its_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    for heading, command in (("Run", "make demo"), ("Test", "make test")):
        section = text.split(f"## {heading}\n", 1)[1]
        block = re.search(r"```\w*\n(.*?)```", section, re.DOTALL)
        assert block is not None
        assert block[1].strip() == command
        assert f"{command.split()[1]}:" in (ROOT / "Makefile").read_text()


def test_every_command_in_the_readme_exists() -> None:
    from service.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    known |= {group.name for group in app.registered_groups}
    for command in re.findall(r"\bholdfast (\w+)", (ROOT / "README.md").read_text()):
        assert command in known, command


def test_settings_in_the_pages_exist() -> None:
    from service.settings import PREFIX, Settings

    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for page in PAGES:
        for name in re.findall(r"HOLDFAST_[A-Z_]+", page.read_text()):
            assert name in known or name == "HOLDFAST_TEST_DATA", f"{page.name}: {name}"


def test_nothing_names_a_workplace_or_a_package_host() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]
    hosts = re.compile("py" + r"pi\.org|python" + r"hosted|npm" + r"js\.org|deb" + r"ian\.org")
    for path in files:
        if (
            path.suffix in {".md", ".py", ".toml", ".lock", ".yaml", ".html", ".css", ""}
            and path.stat().st_size < 2_000_000
        ):
            assert not hosts.search(path.read_text(errors="ignore")), path
