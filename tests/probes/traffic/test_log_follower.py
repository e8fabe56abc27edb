"""Following a file over everything that happens to logs: each line once, whole, and none lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from watchtower.probes.log_follower import Follower


class Log:
    """The file, its follower, and what a poll gives."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.log"
        self.follower = Follower(str(self.path))
        self.there = False

    def write(self, text: str, path: Path | None = None) -> None:
        with (path or self.path).open("a") as file:
            file.write(text)

    def poll(self) -> list[str]:
        self.there = self.follower.look()
        out: list[str] = []
        while (lines := self.follower.take()) is not None:
            out += [line.decode() for line in lines]
        return out


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_the_first_look_starts_at_the_end(log: Log) -> None:
    log.write("old\n")
    assert log.poll() == []
    log.write("new\n")
    assert log.poll() == ["new"]
    assert log.poll() == []


def test_a_file_that_comes_up_later_is_new_from_its_first_line(log: Log) -> None:
    assert log.poll() == []
    assert not log.there
    log.write("a\n")
    assert log.poll() == ["a"]
    assert log.there


def test_a_line_is_taken_when_it_is_whole(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("hal")
    assert log.poll() == []
    log.write("f\nnext\n")
    assert log.poll() == ["half", "next"]


def test_begun_within_a_line_its_rest_is_no_line(log: Log) -> None:
    log.write("GET /half")
    log.poll()
    log.write(" a line\nwhole\n")
    assert log.poll() == ["whole"]


def test_renamed_and_created_anew_loses_nothing(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("a\n")
    rotated = log.path.rename(log.path.with_suffix(".1"))
    log.write("b\n", rotated)  # the writer has not been told yet
    log.write("c\n")
    assert log.poll() == ["a", "b", "c"]
    log.write("late\n", rotated)  # a worker that lags
    log.write("d\n")
    assert log.poll() == ["late", "d"]


def test_renamed_and_not_there_yet_goes_on_with_the_old_one(log: Log) -> None:
    log.write("")
    log.poll()
    rotated = log.path.rename(log.path.with_suffix(".1"))
    log.write("a\n", rotated)
    assert log.poll() == ["a"]
    assert not log.there
    log.write("b\n", rotated)
    log.write("c\n")
    assert log.poll() == ["b", "c"]
    assert log.there


def test_rotated_at_every_poll_keeps_few_files_open(log: Log) -> None:
    log.write("")
    log.poll()
    for turn in range(20):
        log.path.rename(log.path.with_suffix(f".{turn}"))
        log.write(f"{turn}\n")
        assert log.poll() == [str(turn)]
    assert len(log.follower._tails) <= 3


def test_copied_and_truncated(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("a\nb\n")
    assert log.poll() == ["a", "b"]
    shutil.copy(log.path, log.path.with_suffix(".1"))
    log.path.write_text("")
    assert log.poll() == []
    log.write("c\n")
    assert log.poll() == ["c"]


def test_truncated_and_grown_beyond_the_old_length_is_known_by_its_beginning(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("first line\n")
    log.poll()
    log.path.write_text("another first line\nsecond\n")
    assert log.poll() == ["another first line", "second"]


def test_a_writer_that_goes_on_at_its_old_place_leaves_a_hole_which_is_no_text(log: Log) -> None:
    with log.path.open("w") as writer:
        log.poll()
        writer.write("a" * 300 + "\n")
        writer.flush()
        assert log.poll() == ["a" * 300]
        with log.path.open("r+") as other:
            other.truncate(0)
        assert log.poll() == []
        writer.write("b\n")
        writer.flush()
        assert log.poll() == ["b"]


def test_a_burst_comes_in_pieces_and_whole(log: Log) -> None:
    log.write("")
    log.poll()
    lines = [f"{n} {'x' * (n % 300)}" for n in range(20_000)]
    log.write("\n".join(lines) + "\n")
    assert log.follower.backlog == log.path.stat().st_size
    assert log.poll() == lines
    assert log.follower.backlog == 0


def test_a_caller_may_stop_early_and_go_on_later(log: Log) -> None:
    log.write("")
    log.poll()
    lines = [str(n) for n in range(200_000)]
    log.write("\n".join(lines) + "\n")
    log.follower.look()
    first = log.follower.take()
    assert first is not None
    assert [*map(bytes.decode, first), *log.poll()] == lines


def test_a_line_without_an_end_does_not_fill_the_memory(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("x" * 3_000_000)
    assert log.poll() == []
    assert len(log.follower._tails[0]._rest) <= 1 << 20
    log.write("x\nwell\n")
    assert log.poll() == ["well"]


def rotate(log: Log, number: int) -> Path:
    return log.path.rename(log.path.with_name(f"access.log.{number}"))


def test_a_writer_that_was_never_told_is_followed_for_as_long_as_it_writes(log: Log) -> None:
    log.write("")
    log.poll()
    old = rotate(log, 1)
    log.write("")
    for turn in range(100):
        log.write(f"{turn}\n", old)
        assert log.poll() == [str(turn)]
    assert not log.follower.lost


def test_a_writer_that_was_never_told_is_found_also_by_who_comes_later(log: Log) -> None:
    log.write("before us\n")
    old = rotate(log, 1)
    log.write("")
    log.poll()
    for turn in range(3):
        log.write(f"{turn}\n", old)
        assert log.poll() == [str(turn)]
    assert not log.follower.lost


@pytest.mark.parametrize(
    "name", ["access.log.1", "access.log-20261129", "access-20261129.log", "access.log.2026-11-29_01"]
)
def test_rotated_twice_between_two_looks(log: Log, name: str) -> None:
    log.write("old\n")
    log.poll()
    log.write("a\n")
    log.path.rename(log.path.with_name("access.log.2"))
    log.write("b\n")
    log.path.rename(log.path.with_name(name))
    log.write("c\n")
    assert log.poll() == ["a", "b", "c"]
    assert not log.follower.lost
    assert log.poll() == []


def test_rotated_twice_and_packed_before_we_looked_is_a_loss_that_is_said(log: Log) -> None:
    log.write("old\n")
    log.poll()
    rotate(log, 2)
    log.write("b\n")
    rotate(log, 1).rename(log.path.with_name("access.log.1.gz"))
    log.path.with_name("access.log.1.gz").write_bytes(b"\x1f\x8b")
    log.write("c\n")
    assert log.poll() == ["c"]
    assert log.follower.lost
    assert log.poll() == []
    assert not log.follower.lost


def test_what_was_packed_at_one_rotation_is_our_own_old_file(log: Log) -> None:
    log.write("old\n")
    log.poll()
    log.write("a\n")
    rotate(log, 1).unlink()
    log.path.with_name("access.log.1.gz").write_bytes(b"\x1f\x8b")
    log.write("b\n")
    assert log.poll() == ["a", "b"]
    assert not log.follower.lost


def test_the_last_lines_before_a_truncation_are_read_from_the_copy(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("a\nhal")
    assert log.poll() == ["a"]
    log.write("f\nb\n")
    shutil.copy(log.path, log.path.with_name("access.log.1"))
    log.path.write_text("c, and the file has outgrown its old size\n")
    assert log.poll() == ["half", "b", "c, and the file has outgrown its old size"]
    assert not log.follower.lost


def test_a_copy_that_is_made_before_the_truncation_is_not_counted_twice(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("a\n")
    log.poll()
    log.write("b\n")
    shutil.copy(log.path, log.path.with_name("access.log.1"))
    assert log.poll() == ["b"]
    log.path.write_text("c\n")
    assert log.poll() == ["c"]
    assert not log.follower.lost


def test_the_same_beginning_and_more_than_before_is_a_truncation_all_the_same(log: Log) -> None:
    log.write("")
    log.poll()
    log.write("# a header that is always the same\n" + "x\n" * 200)
    log.poll()
    log.path.write_text("# a header that is always the same\n" + "y\n" * 400)
    assert log.poll() == ["# a header that is always the same", *["y"] * 400]
    assert log.follower.lost  # nobody knows what came after the last look


def test_another_log_of_a_similar_name_is_not_ours(log: Log) -> None:
    log.write("")
    log.poll()
    for other in ("access.log.old", "access.log-api", "access_1.log", "access.log.1.tmp"):
        log.write("not ours\n", log.path.with_name(other))
    assert log.poll() == []


def test_a_deleted_old_file_does_not_fill_the_disk_for_long(log: Log) -> None:
    log.write("old\n")
    log.poll()
    rotate(log, 1).unlink()
    for turn in range(4):
        log.write(f"{turn}\n")
        log.poll()
    assert len(log.follower._tails) == 1


def test_a_link_to_a_log_is_followed_where_it_points(tmp_path: Path) -> None:
    """As container engines have it: /var/log/containers/shop.log -> /var/log/pods/shop/0.log."""
    pods, link = tmp_path / "pods", tmp_path / "shop.log"
    pods.mkdir()
    real = Log(pods)
    real.write("old\n")
    link.symlink_to(real.path)
    real.follower = Follower(str(link))
    real.poll()
    real.write("a\n")
    rotate(real, 2)
    real.write("b\n")
    real.path.rename(pods / "access.log.20261129-101500")
    real.write("c\n")
    assert real.poll() == ["a", "b", "c"]
