"""Whoever says something goes on at once, wherever the log ends up; and no line is torn."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.child import wait_until
from watchtower.log_writer import LogWriter

LINE = "x" * 999 + "\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with contextlib.suppress(OSError):
            os.close(end)


def drain(reader: int, seconds: float = 1.0) -> bytes:
    """All that comes until nothing comes for a while."""
    os.set_blocking(reader, False)
    out, until = b"", time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            read = os.read(reader, 1 << 20)
        except BlockingIOError:
            time.sleep(0.02)
            continue
        out, until = out + read, time.monotonic() + seconds
    return out


def test_a_reader_who_stalls_holds_nobody_up_and_is_told_what_was_lost(pipe: tuple[int, int]) -> None:
    writer = LogWriter(pipe[1], bound=100_000)
    said: list[int] = []
    writer.on_loss = lambda count, since: (said.append(count), print(f"{count} lost", file=writer))[0]  # type: ignore[func-returns-value]
    for _ in range(1000):
        writer.write(LINE)
    assert writer.failing
    assert writer.dropped > 800
    lines = drain(pipe[0]).decode().splitlines()
    # More than once where the thread was late: what the pipe took at first may come after the first loss.
    assert [line for line in lines if line != LINE.strip()] == [f"{count} lost" for count in said]
    assert lines[-1] == f"{said[-1]} lost"
    assert sum(said) == writer.dropped
    assert len(lines) - len(said) + writer.dropped == 1000
    assert not writer.failing


def test_a_reader_who_dies_ends_nothing_and_the_next_one_reads_on_where_it_stopped(tmp_path: Path) -> None:
    fifo = tmp_path / "log"
    os.mkfifo(fifo)
    first = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    descriptor = os.open(fifo, os.O_WRONLY)
    try:
        writer = LogWriter(descriptor, retry=0.02)
        for _ in range(200):
            writer.write(LINE)
        read = bytearray()

        def half() -> bool:
            read.extend(os.read(first, 1500 - len(read)))
            return len(read) == 1500

        wait_until(half, "a line and a half were read")
        os.close(first)
        wait_until(lambda: writer.failing, "nobody reads")
        second = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        with open(second, "rb", buffering=0):
            lines = drain(second).decode().splitlines()
        assert lines[0] == "x" * 499
        assert set(lines[1:]) == {LINE.strip()}
        assert len(lines) == 199
        assert writer.dropped == 0
    finally:
        os.close(descriptor)


def test_a_full_disk_tears_no_line(tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk: a write ends in the middle, the next is refused."""
    program = (
        "import resource, sys, time\n"
        "from watchtower.log_writer import LogWriter\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_500, resource.RLIM_INFINITY))\n"
        "writer = LogWriter(2, bound=20_000, retry=0.02)\n"
        "writer.on_loss = lambda count, since: writer.write(f'{count} lost\\n')\n"
        "for _ in range(100): writer.write('x' * 999 + '\\n')\n"
        "while not writer.failing: time.sleep(0.01)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "while writer.failing: time.sleep(0.01)\n"
        "writer.end(5.0)\n"
        "print(writer.dropped)"
    )
    log = tmp_path / "log"
    with log.open("wb") as err:
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=err, timeout=30)
    lines = log.read_text().splitlines()
    lost = int(done.stdout)
    assert lost > 0
    said = [int(line.removesuffix(" lost")) for line in lines if line.endswith(" lost")]
    assert sum(said) == lost, "in one line, or in two where more were lost meanwhile"
    assert set(lines) == {LINE.strip(), *(f"{count} lost" for count in said)}
    assert len(lines) - len(said) + lost == 100


def test_a_terminal_that_is_stopped_holds_nobody_up() -> None:
    ours, theirs = pty.openpty()
    try:
        writer = LogWriter(theirs, bound=10_000)
        assert writer.isatty()
        termios.tcflow(theirs, termios.TCOOFF)
        for _ in range(100):
            writer.write(LINE)
        assert writer.dropped > 0
        termios.tcflow(theirs, termios.TCOON)
        assert b"x" * 999 in drain(ours, 0.3)
    finally:
        termios.tcflow(theirs, termios.TCOON)
        drain(ours, 0.1)
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("descriptor", [None, "full"])
def test_a_descriptor_that_takes_nothing_raises_nothing(descriptor: str | None) -> None:
    number = os.open("/dev/full", os.O_WRONLY) if descriptor else None
    writer = LogWriter(number, bound=5_000, retry=0.01)
    for _ in range(10):
        print("x" * 998, file=writer, flush=True)
    wait_until(lambda: writer.failing, "it says that it fails")
    assert writer.dropped >= 5
    writer.end(0.2)


def test_a_descriptor_that_somebody_made_non_blocking_loses_nothing(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)  # as a parent does that shares it
    writer = LogWriter(pipe[1])
    for _ in range(300):
        writer.write(LINE)
    assert len(drain(pipe[0])) == 300_000
    assert writer.dropped == 0


def test_lines_of_many_threads_that_come_in_pieces_stay_whole(pipe: tuple[int, int]) -> None:
    writer = LogWriter(pipe[1])

    def say(letter: str) -> None:
        for _ in range(50):
            print(letter * 20, letter * 20, file=writer)

    threads = [threading.Thread(target=say, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = drain(pipe[0], 0.3).decode().splitlines()
    assert len(lines) == 200
    assert set(lines) == {f"{letter * 20} {letter * 20}" for letter in "abcd"}


def test_half_an_emoji_and_a_line_beyond_all_bounds(pipe: tuple[int, int]) -> None:
    writer = LogWriter(pipe[1], bound=10_000)
    writer.write("li \ud83d\n")
    writer.write("y" * 20_000 + "\n")
    wait_until(lambda: not writer.failing, "it is said")
    assert writer.dropped == 1
    writer.write("after\n")
    assert drain(pipe[0], 0.3).decode().splitlines() == [r"li \ud83d", "after"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_ends_the_thread_the_log_goes_on(pipe: tuple[int, int]) -> None:
    writer = LogWriter(pipe[1], bound=10)
    writer.on_loss = lambda count, since: sys.exit()
    print("too long for the bound", file=writer)
    wait_until(lambda: writer._thread is not None and not writer._thread.is_alive(), "it has ended")
    print("on", file=writer)
    writer.end()
    assert drain(pipe[0]) == b"on\n"
