"""A user's way through pages, in Chromium: for a script that the probe `command` runs (docs/recipes/browser.md).

    with BrowserFlow() as flow:
        with flow.step("open"):
            flow.page.goto("https://shop.example/")
        with flow.step("pay"):
            flow.page.get_by_role("button", name="Pay").click()
            flow.expect(flow.page.get_by_text("Paid")).to_be_visible()

It ends the program as a monitoring plug-in does: 0 is well, 2 names the step that fails, 3 is anything else, such as a
mistake of the script or no browser. Performance data are seconds by step, `latency`, `steps_done` and `console_errors`.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_WITHIN = 30.0
"""Seconds, where the program's last argument does not say how many."""
_RESERVE = 2.0
"""Seconds of these that are kept for the screenshot and for the end of the browser."""
_WELL, _DOWN, _UNKNOWN = (0, "OK"), (2, "CRITICAL"), (3, "UNKNOWN")
_LOST = re.compile(r"Page crashed|Target crashed|browser has been closed|Connection closed")
"""Our own browser ended, as for want of memory; that says nothing of the page."""
_PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h"""
_BROWSERS = ("chromium", "google-chrome", "chromium-browser")


class BrowserFlow:
    """One run. `screenshot` is a file to which the page is written when a step fails; the next failure replaces it.
    `launch` are further options of Playwright's `chromium.launch`.

    Whatever hangs, the program ends in time, and the browser with it: it is in a process group of its own, where
    whoever kills the program does not reach it.
    """

    page: Any

    def __init__(self, screenshot: str = "", within: float | None = None, **launch: Any) -> None:
        last = sys.argv[-1]
        self._ends = time.monotonic() + (within or (float(last) if last.isdecimal() else _WITHIN))
        self._screenshot, self._launch = screenshot, launch
        self._began, self._step, self._seconds = time.monotonic(), "", dict[str, float]()
        self._errors: list[str] = []
        self._verdict: tuple[tuple[int, str], str] | None = None
        self._folder = tempfile.mkdtemp(prefix="watchtower-browser-")
        self._said = threading.Lock()
        ctypes.CDLL(None).prctl(
            _PR_SET_CHILD_SUBREAPER, 1
        )  # a crash reporter's parent is gone: it becomes ours

    def __enter__(self) -> Self:
        self._timer = threading.Timer(self._ends - time.monotonic(), self._too_late)
        self._timer.daemon = True
        self._timer.start()
        try:
            from playwright.sync_api import expect, sync_playwright

            self.expect, self._driver = expect, sync_playwright().start()
            path = next(filter(None, map(shutil.which, _BROWSERS)), None)
            own = {**os.environ, "HOME": self._folder, "TMPDIR": self._folder}
            options = {
                "executable_path": path,
                "env": own,
                "args": ["--disable-dev-shm-usage"],
                **self._launch,
            }
            self._browser = self._driver.chromium.launch(**options)
            self.page = self._browser.new_page()
        except Exception as error:  # noqa: BLE001 - whatever it is, the page was never asked for
            self._end(_UNKNOWN, f"there is no browser: {_first_line(error)}")
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))
        self.page.on("console", self._on_console)
        return self

    def _on_console(self, said: Any) -> None:
        if said.type == "error" and not said.location["url"].endswith("/favicon.ico"):  # nobody misses it
            self._errors.append(said.text)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What fails in it is the page's fault, unless it is a mistake of the script."""
        began, self._step = time.monotonic(), name
        left = max(100, round((self._ends - _RESERVE - began) * 1000))
        self.page.set_default_timeout(left)
        self.page.set_default_navigation_timeout(left)
        self.expect.set_options(timeout=left)
        yield
        self._seconds[name], self._step = time.monotonic() - began, ""

    def __exit__(self, _: object, error: BaseException | None, trace: TracebackType | None) -> None:
        from playwright.sync_api import Error

        if error is None:
            self._verdict = _WELL, f"{len(self._seconds)} steps"
        elif _LOST.search(str(error)):
            self._verdict = _UNKNOWN, f"the browser was lost in step {self._step}: {_first_line(error)}"
        elif isinstance(error, (Error, AssertionError)) and self._step:
            self._verdict = _DOWN, f"step {self._step}: {_first_line(error)}{self._pictured()}"
        else:
            line = trace.tb_lineno if trace else 0
            said = f"the script fails in line {line}: {type(error).__name__}: {_first_line(error)}"
            self._verdict = _UNKNOWN, said
        with suppress(Error):
            self._browser.close()
        self._end(*self._verdict)

    def _pictured(self) -> str:
        if not self._screenshot:
            return ""
        try:
            self.page.screenshot(path=self._screenshot, timeout=_RESERVE * 500)
        except Exception:  # noqa: BLE001 - the page may be what hangs
            return ""
        return f"; picture: {self._screenshot}"

    def _too_late(self) -> None:
        """In a thread of its own: the page, the driver or the script may hang."""
        if self._verdict is None:
            within = time.monotonic() - self._began
            where = f"step {self._step}: not over" if self._step else "no step was begun"
            self._verdict = (_DOWN if self._step else _UNKNOWN), f"{where} after {within:.0f} s"
        self._end(*self._verdict)

    def _end(self, level: tuple[int, str], said: str) -> None:
        self._said.acquire()  # for good: one says it
        status, word = level
        first = (
            f" ({len(self._errors)} errors on the console: {_first_line(self._errors[0])})"
            if self._errors
            else ""
        )
        measured = {**self._seconds, "latency": time.monotonic() - self._began}
        data = " ".join(f"'{name}'={seconds:.3f}s" for name, seconds in measured.items())
        counts = f"steps_done={len(self._seconds)} console_errors={len(self._errors)}"
        sys.stdout.write(f"{word} - {(said + first).replace('|', '/')} | {data} {counts}\n")
        sys.stdout.flush()
        for process in _below(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)
        os._exit(status)


def _first_line(error: object) -> str:
    """What comes after it is a log of calls, with what was filled in."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def _below(process: int) -> list[int]:
    """Every process that this one has started, and those of these."""
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            parent = int(file.read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(file.parent.name))
    found, todo = list[int](), [process]
    while todo:
        own = children.get(todo.pop(), [])
        found += own
        todo += own
    return found
