"""Files as editors, mounts and other systems leave them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from watchtower.app.holding import weigh
from watchtower.app.watch import Watch
from watchtower.config.load import load
from watchtower.errors import ConfigError

RULES = """
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
email = "li@example.com"
[channel.email]
mailbox = "var/mailbox"
"""
CHECK = '[[check]]\nname = "bank"\nprobe = "tcp"\naddress = "bank.example:443"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "checks" / "a.toml").write_text(CHECK)
    return tmp_path


def said(site: Path) -> list[str]:
    try:
        load(site / "rules.toml", site / "checks", {})
    except ConfigError as error:
        return [f"{Path(problem.file).name}:{problem.line}: {problem.what}" for problem in error.problems]
    return []


def test_a_byte_order_mark_and_line_ends_of_windows_are_taken(site: Path) -> None:
    (site / "rules.toml").write_bytes(b"\xef\xbb\xbf" + RULES.replace("\n", "\r\n").encode())
    assert said(site) == []


def test_another_encoding_is_told_with_its_line(site: Path) -> None:
    (site / "checks" / "a.toml").write_bytes(CHECK.encode() + "# Zürich\n".encode("latin-1"))
    assert said(site) == ["a.toml:5: is not UTF-8 text"]


def test_a_folder_in_its_place_is_told(site: Path) -> None:
    (site / "checks" / "b.toml").mkdir()
    assert said(site) == ["b.toml:1: cannot be read: is a directory"]


def test_a_file_that_is_far_too_large_is_not_read(site: Path) -> None:
    with (site / "checks" / "b.toml").open("wb") as file:
        file.truncate(100_000_000)
    assert said(site) == ["b.toml:1: is larger than 64 MiB"]


def test_what_editors_leave_beside_it_is_not_read(site: Path) -> None:
    (site / "checks" / ".#a.toml").symlink_to("li@host.1234")
    for name in ("a.toml~", "#a.toml#", ".a.toml.swp", "a.toml.bak", "4913"):
        (site / "checks" / name).write_text("garbage [")
    assert said(site) == []
    watch = Watch([site / "rules.toml"], site / "checks")
    (site / "checks" / "a.toml~").write_text("more garbage [")
    assert not watch.changed()


def test_the_same_name_in_two_files_is_told_once(site: Path) -> None:
    (site / "checks" / "b.toml").write_text(CHECK)
    (one,) = said(site)
    assert one.startswith("b.toml:2: this check is already at ")


def test_a_config_map_that_is_swapped_is_noticed_and_taken(tmp_path: Path) -> None:
    """As Kubernetes does it: a folder of its own for each version, and one link that is moved."""
    for version, name in (("v1", "bank"), ("v2", "post")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "rules.toml").write_text(RULES)
        (tmp_path / version / "a.toml").write_text(CHECK.replace("bank", name))
    (tmp_path / "..data").symlink_to("v1")
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").symlink_to("..data/rules.toml")
    (tmp_path / "checks" / "a.toml").symlink_to("../..data/a.toml")
    old = load(tmp_path / "rules.toml", tmp_path / "checks", {})
    watch = Watch(old.files, tmp_path / "checks")
    (tmp_path / "..tmp").symlink_to("v2")
    os.replace(tmp_path / "..tmp", tmp_path / "..data")
    assert [watch.changed() for _ in range(3)] == [False, True, False]
    new = load(tmp_path / "rules.toml", tmp_path / "checks", {})
    assert weigh(old, new, tmp_path / "rules.toml") == ([], False)


def test_a_config_map_that_was_taken_away_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "a.toml").write_text(CHECK)
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").symlink_to("../v1/a.toml")
    assert said(tmp_path) == []
    (tmp_path / "v1" / "a.toml").unlink()
    assert said(tmp_path) == ["a.toml:1: cannot be read: no such file or directory"]
