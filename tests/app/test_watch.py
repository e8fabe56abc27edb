"""Changed files are noticed once, when they have come to rest."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from watchtower.app.watch import Watch


def test_a_change_is_told_once_and_only_when_the_file_rests(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("a = 1")
    watch = Watch([file], tmp_path / "checks")
    assert not watch.changed()
    file.write_text("a = 22")
    assert not watch.changed()  # perhaps still being written
    file.write_text("a = 333")
    assert not watch.changed()
    assert watch.changed()
    assert not watch.changed()


def test_a_new_file_in_the_folder_is_a_change(tmp_path: Path) -> None:
    watch = Watch([], tmp_path)
    (tmp_path / "new.toml").write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert [watch.changed(), watch.changed(), watch.changed()] == [False, True, False]


def test_a_file_that_an_editor_moves_away_and_back_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1")
    watch = Watch([file], tmp_path)
    file.rename(tmp_path / "a.toml~")
    assert not watch.changed()
    (tmp_path / "a.toml~").rename(file)
    assert not watch.changed()
    assert not watch.changed()


def test_what_was_saved_while_the_files_were_read_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1")
    watch = Watch([file], tmp_path)
    before = watch.look()
    file.write_text("a = 22")  # the reading has begun
    watch.take([file], before)
    assert watch.changed()
    assert not watch.changed()


def test_what_was_saved_while_the_first_reading_went_on_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1")
    at = file.stat().st_mtime
    early, late = Watch([file], tmp_path, at - 1.0), Watch([file], tmp_path, at + 1.0)
    assert [early.changed(), early.changed(), late.changed()] == [True, False, False]


FORBIDDEN = """
import os, sys
from pathlib import Path
from watchtower.app.watch import Watch
from watchtower.config.load import load
from watchtower.errors import ConfigError
rules, folder = Path(sys.argv[1]), Path(sys.argv[2])
watch = Watch([rules], folder)
folder.chmod(0)
if os.geteuid() == 0:
    os.seteuid(65534)
print(watch.changed(), watch.changed(), watch.changed())
try:
    load(rules, folder, {})
except ConfigError as error:
    print(*error.problems)
"""


def test_a_folder_that_must_not_be_listed_is_a_change_and_no_empty_one() -> None:
    with tempfile.TemporaryDirectory() as home:  # pytest's own is nobody else's
        Path(home).chmod(0o755)
        rules, folder = Path(home) / "rules.toml", Path(home) / "checks"
        folder.mkdir()
        (folder / "a.toml").write_text('[[check]]\nname = "a"\nprobe = "tcp"\naddress = "127.0.0.1:1"\n')
        rules.write_text("")
        made = subprocess.run(
            [sys.executable, "-c", FORBIDDEN, rules, folder], capture_output=True, text=True, check=True
        )
        folder.chmod(0o755)
    assert made.stdout.splitlines()[0] == "False True False"
    assert f"{folder}:1: cannot be read: permission denied" in made.stdout
