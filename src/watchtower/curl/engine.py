"""The multi handle with its sockets and its timer, on poll."""

from __future__ import annotations

import math
import os
import select
import socket
import time
from collections import deque
from contextlib import suppress
from typing import Any

import certifi
import pycurl

from watchtower.curl.exchange import FetchError, Response
from watchtower.curl.handle import Transfer, answer, failure, prepare, sentence

_IDLE_HANDLES = 50
"""Easy handles kept for reuse: about what one slot needs; each idle one costs some 8 KiB."""
_TOGETHER = 4
"""Requests that are begun before answers are looked for: the clock of each runs from then on, and an answer from
loopback is there before the fifth is prepared."""
_GATHER = 0.002
"""Seconds that an answer waits for others, so that one wake-up of the event loop serves them all."""
_LINGERS = 2.0
"""Seconds that a connection of a request that is over may wait for the far side to close it too. libcurl sets no timer for
that: a gRPC server under TLS would keep every connection of a check for good."""
_LOOK = 0.1
"""Seconds between two looks at which of the requests that wait for room are out of time."""
_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR
_EVENTS = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}


class CurlEngine:
    """The multi handle, its sockets and its timer. Lives in the thread only."""

    def __init__(self, max_in_flight: int) -> None:
        self.max_in_flight = max_in_flight
        self.waiting: deque[Transfer] = deque()
        self.looked_at = 0.0
        """Monotonic seconds: when it was last looked which of them are out of time."""
        self.ended: list[Transfer] = []
        self.ended_at = 0.0
        """Monotonic seconds: when the first of `ended` did."""
        self.running: dict[Any, Transfer] = {}
        self.idle: list[Any] = []
        self.timer: float | None = None
        self.ready: list[tuple[int, int]] = []
        self.sockets: dict[int, float] = {}
        """Monotonic seconds: since when each is polled."""
        self.cafile = certifi.where()
        # Not epoll: most sockets live for one question, and telling poll of them costs no system call.
        self.poller = select.poll()
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def watch(self, fd: int) -> None:
        self.poller.register(fd, select.POLLIN)

    def wait(self, wake: int) -> bool:
        """Sleep until a socket, the timer, a deadline of a waiting request or the wake-up; was it the wake-up?"""
        ends = [] if self.timer is None else [self.timer]
        if self.more:
            ends = [0.0]
        elif self.waiting:
            ends.append(self.looked_at + _LOOK)
        if self.ended:
            ends.append(self.ended_at + _GATHER)
        if len(self.sockets) > len(self.running):
            ends.append(time.monotonic() + _LINGERS)
        until = min(ends, default=None)
        woken = False
        for fd, events in self.poller.poll(
            None if until is None else _milliseconds(until - time.monotonic())
        ):
            if fd == wake:
                woken = True
            else:
                flags = pycurl.CSELECT_IN if events & _READABLE else 0
                self.ready.append((fd, flags | pycurl.CSELECT_OUT if events & select.POLLOUT else flags))
        return woken

    @property
    def worth_a_wake_up(self) -> bool:
        """Whether what ended should be delivered now, rather than together with what is about to end."""
        if not self.ended or self.more:
            return False
        return not self.running or time.monotonic() - self.ended_at >= _GATHER

    @property
    def more(self) -> bool:
        """Whether there is a request that can be begun at once."""
        return bool(self.waiting) and len(self.running) < self.max_in_flight

    def turn(self) -> None:
        """Start what waits, move what moved, collect what ended."""
        for fd, flags in self.ready:
            self.multi.socket_action(fd, flags)
        self.ready.clear()
        if self.waiting:
            self._start_waiting()
        if self.timer is not None and self.timer <= time.monotonic():
            self.timer = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        left = 1
        while left:
            left, well, failed = self.multi.info_read()
            for handle in well:
                self._end(handle, 0, "")
            for handle, code, text in failed:
                self._end(handle, code, text)
        if self.waiting and self.ended:
            self._start_waiting()  # there is room now, and nothing else may wake us
        if len(self.sockets) > len(self.running):
            self._close_lingering(time.monotonic())

    def _close_lingering(self, now: float) -> None:
        """A connection from before the oldest request belongs to none. Where its end comes, libcurl lets it go."""
        oldest = min((transfer.begun for transfer in self.running.values()), default=now)
        for fd, since in self.sockets.items():
            if since < min(oldest, now - _LINGERS):
                self.sockets[fd] = now
                with suppress(OSError), socket.socket(fileno=os.dup(fd)) as same:
                    same.shutdown(socket.SHUT_RDWR)

    def cancel(self, transfer: Transfer) -> None:
        """One that waits is passed over in its turn: a leader gives up tens of thousands when its workers come."""
        if transfer.handle is not None:
            self._release(transfer)

    def close(self) -> list[Transfer]:
        """Free everything; the transfers that have no answer."""
        lost = [*self.running.values(), *self.waiting, *self.ended]
        for transfer in list(self.running.values()):
            self._release(transfer)
        for handle in self.idle:
            handle.close()
        self.multi.close()
        return lost

    def _start_waiting(self) -> None:
        now, begun = time.monotonic(), 0
        while self.more and begun < _TOGETHER:
            transfer = self.waiting.popleft()
            if transfer.future.done():
                continue
            begun += 1
            left = transfer.deadline - now
            if left <= 0:
                self._busy(transfer)
                continue
            transfer.begun = now
            transfer.handle = handle = self.idle.pop() if self.idle else pycurl.Curl()
            self.running[handle] = transfer  # first of all: whatever happens now, it is not lost
            try:
                prepare(handle, transfer, left, self.cafile)
                self.multi.add_handle(handle)
            except (pycurl.error, ValueError, TypeError) as error:
                self._ended(transfer, FetchError("config", f"libcurl refuses the request: {sentence(error)}"))
                self._release(transfer)
        if not self.more and now >= self.looked_at + _LOOK:
            self.looked_at, waiting = now, [t for t in self.waiting if not t.future.done()]
            self.waiting = deque(t for t in waiting if t.deadline > now)
            for transfer in waiting:
                if transfer.deadline <= now:
                    self._busy(transfer)

    def _busy(self, transfer: Transfer) -> None:
        self._ended(transfer, FetchError("busy", f"{self.max_in_flight} requests are in flight already"))

    def _ended(self, transfer: Transfer, result: Response | FetchError) -> None:
        if not self.ended:
            self.ended_at = time.monotonic()
        transfer.result = result
        self.ended.append(transfer)

    def _end(self, handle: Any, code: int, text: str) -> None:
        transfer = self.running[handle]
        try:
            switched = code == pycurl.E_WRITE_ERROR and transfer.switched
            if code == 0 or switched or (code == pycurl.E_FILESIZE_EXCEEDED and transfer.request.truncate):
                result: Response | FetchError = answer(handle, transfer, truncated=code != 0)
            else:
                result = failure(handle, transfer.request, code, text)
        except Exception as error:  # noqa: BLE001 - no far side may bring the thread, and so all checks, down
            result = FetchError("internal", f"the answer cannot be read: {sentence(error)}")
        self._ended(transfer, result)
        self._release(transfer)

    def _release(self, transfer: Transfer) -> None:
        handle, transfer.handle = transfer.handle, None
        if self.running.pop(handle, None) is not None:
            try:
                self.multi.remove_handle(handle)
            except pycurl.error:
                handle.close()
                return
        if (
            len(self.idle) < _IDLE_HANDLES and transfer.request.cookies is None
        ):  # a reset leaves cookies there
            handle.reset()
            self.idle.append(handle)
        else:
            handle.close()

    def _on_socket(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            self.poller.unregister(fd)
            self.sockets.pop(fd, None)
        else:
            self.sockets.setdefault(fd, time.monotonic())
            self.poller.register(fd, _EVENTS[what])

    def _on_timer(self, milliseconds: int) -> None:
        self.timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _milliseconds(seconds: float) -> int:
    """Rounded up: waking a little early would mean to turn in circles until it is time."""
    return max(0, math.ceil(seconds * 1000))
