"""The way out of the log: a thread writes the lines, so that no reader, disk or terminal holds up whoever says one.

A page matters more than the log. What cannot be written waits in a bounded buffer; beyond it lines are dropped,
counted, and spoken of once the descriptor takes lines again. A write to a full disk may end in the middle of a
line, and so may one to a FIFO whose reader died: the rest follows when it can, so that no line is torn.
"""

from __future__ import annotations

import atexit
import io
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

BOUND = 1 << 20
"""Bytes that wait at most."""
TOGETHER = 1 << 16
"""Bytes that are handed to the kernel at once, about: one wake-up for many lines of a storm."""
RETRY = 1.0
"""Seconds between attempts at a descriptor that refuses."""
STALLED = 5.0
"""Seconds of one write from which the reader counts as gone."""
LAST_WORDS = 0.5
"""Seconds for what waits at the end of the process."""

Said = Callable[[int, float], None]
"""Told how many lines were lost, and since when (epoch seconds)."""


class LogWriter(io.TextIOBase):
    """A text stream on a descriptor that never blocks and never raises; None: there is no descriptor, all is lost.

    Any thread may write. `on_loss` is called in the writing thread, and what it writes is not subject to the bound.
    """

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, descriptor: int | None, *, bound: int = BOUND, retry: float = RETRY) -> None:
        self._descriptor, self._bound, self._retry = descriptor, bound, retry
        self.on_loss: Said = lambda count, since: None
        self.dropped = 0
        """Lines since the start."""
        # Reentrant both: a destructor that the collector runs in the middle of a line may want to log, too.
        self._lock, self._lines = threading.RLock(), SimpleQueue[list[bytes] | None]()
        self._open: list[bytes] = []
        """The last of `_lines`. More go into it until the thread has taken it, so that a storm wakes that seldom."""
        self._open_size = 0
        self._begun: dict[int, str] = {}
        self._size = 0
        self._lost, self._lost_since = 0, 0.0
        self._trying_since: float | None = None
        self._refused = False
        self._thread: threading.Thread | None = None

    @property
    def failing(self) -> bool:
        """Whether lines get lost, or will if it goes on like this."""
        since = self._trying_since
        stalled = since is not None and time.monotonic() - since > STALLED
        return self._refused or stalled or self._lost > 0

    def write(self, text: str) -> int:
        """Take this on. What does not end in a line's end waits for the rest from the same thread."""
        me = threading.get_ident()
        begun = self._begun.pop(me, "") + text
        whole, end, rest = begun.rpartition("\n")
        if len(rest) > TOGETHER:
            whole, end, rest = begun, "\n", ""
        if rest:
            self._begun[me] = rest
        if end:
            self._put((whole + end).encode(self.encoding, self.errors))
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        if self._descriptor is None:
            raise io.UnsupportedOperation("this stream was closed before the process began")
        return self._descriptor

    def isatty(self) -> bool:
        return self._descriptor is not None and os.isatty(self._descriptor)

    def end(self, within: float = LAST_WORDS) -> None:
        """Write what waits, in so many seconds at most."""
        if self._thread is not None:
            self._lines.put(None)
            self._thread.join(within)

    def _put(self, lines: bytes) -> None:
        with self._lock:
            own = self._thread is not None and threading.get_ident() == self._thread.ident
            if self._descriptor is None or not (own or self._size + len(lines) <= self._bound):
                self._lose(lines.count(b"\n"))
                return
            self._size += len(lines)
            self._hand_over(lines)

    def _lose(self, count: int) -> None:
        with self._lock:
            first = not self._lost
            if first:
                self._lost_since = time.time()
            self.dropped += count
            self._lost += count
            if first and self._descriptor is not None:
                self._hand_over(b"")  # it has to be said, though nothing else may come

    def _hand_over(self, lines: bytes) -> None:
        if not self._open or self._open_size >= TOGETHER:
            self._open, self._open_size = [], 0
            self._lines.put(self._open)
        self._open.append(lines)
        self._open_size += len(lines)
        if self._thread is None or not self._thread.is_alive():  # whatever ended it, the log goes on
            self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no thread to be had: what waits is written when the next line finds one
                self._thread = None

    def _run(self) -> None:
        going_on = True
        while going_on:
            waiting, going_on = self._next()
            self._write_out(waiting)
            with self._lock:
                self._size -= len(waiting)
                lost, self._lost = self._lost, 0
            if lost:
                self.on_loss(lost, self._lost_since)

    def _next(self) -> tuple[bytes, bool]:
        """What waits, one line at least, and whether there will be more."""
        taken = self._lines.get()
        with self._lock:
            if taken is self._open:
                self._open = []
            return b"".join(taken or ()), taken is not None

    def _write_out(self, waiting: bytes) -> None:
        done = 0
        while done < len(waiting):
            self._trying_since = self._trying_since or time.monotonic()
            try:
                done += os.write(self.fileno(), memoryview(waiting)[done:])
            except BlockingIOError:  # whoever shares the descriptor has made it so
                poll = select.poll()
                poll.register(self.fileno(), select.POLLOUT)
                poll.poll(self._retry * 1000)
            except OSError:
                self._refused = True
                time.sleep(self._retry)
            else:
                self._refused, self._trying_since = False, None


def take_over() -> None:
    """From now on nothing that is printed or logged in this process can hold it up or end it.

    A standard descriptor that was closed is taken by the null device, so that no database or socket gets its number
    and the log with it. A terminal may no longer stop the process for writing in the background.
    """
    closed = set()
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            closed.add(number)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    sys.stderr = LogWriter(None if 2 in closed else 2)
    # One and the same file has one writer, or lines would run into each other.
    same = not closed and os.path.sameopenfile(1, 2)
    sys.stdout = sys.stderr if same else LogWriter(None if 1 in closed else 1)
    atexit.register(last_words)


def last_words() -> None:
    """What waits is tried for a bounded time."""
    for stream in {sys.stdout, sys.stderr}:
        if isinstance(stream, LogWriter):
            stream.end()
