"""The documentation is held to the code: every command and probe has its page, every link leads somewhere, examples load."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from watchtower.cli.commands import COMMANDS, group
from watchtower.config.load import load
from watchtower.probes.registry import PROBES

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, _ in LINK.findall(page.read_text()):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_page_with_every_option(name: str) -> None:
    text = (ROOT / "docs" / "commands" / f"{name}.md").read_text()
    assert text.startswith(f"# watchtower {name}\n")
    command = group.get_command(click.Context(group), name)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            spellings = [*parameter.opts, *parameter.secondary_opts]
            assert any(f"`{option}" in text or f" {option}" in text for option in spellings), spellings


@pytest.mark.parametrize("kind", PROBES)
def test_every_probe_has_its_page(kind: str) -> None:
    assert (ROOT / "docs" / "probes" / f"{kind}.md").read_text().startswith(f"# {kind}")


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_the_readme_shows_the_two_commands_first_and_names_every_command_and_probe(readme: Path) -> None:
    text = readme.read_text()
    first = next(block for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL))
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["$ make run", "$ make test"]
    for name in (*COMMANDS, *PROBES):
        assert f"`{name}`" in text


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_the_files_that_the_readme_shows_are_right(readme: Path, tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    for block in re.findall(r"```toml\n(.*?)```", readme.read_text(), re.DOTALL):
        name = re.match(r"# ([\w/.]+\.toml)", block)
        assert name is not None, "the first line names the file"
        (tmp_path / name.group(1)).write_text(block)
    loaded = load(
        tmp_path / "rules.toml",
        tmp_path / "checks",
        {"SMS_LI": "+8613800000000", "SMS_TOKEN": "not-a-real-one"},
    )
    assert set(loaded.plan.rules) == {"flow-silent", "flow-low", "dependency-down"}
    assert loaded.warnings == ()
