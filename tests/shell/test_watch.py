"""Changed files are noticed once, when they have come to rest."""

from __future__ import annotations

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
