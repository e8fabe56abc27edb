"""A phone and a desk: Chromium of 390 by 844 points with a touch screen, or of 1440 by 900 with keys, by the DevTools
protocol over a pipe."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.parts.child import PartFailed, find_program, wait_until

WIDTH, HEIGHT = 390, 844
_PATIENCE = 30.0
"""Seconds for one answer."""


class Phone:
    """One page at a time. A selector is CSS, and means the first element that it finds."""

    package = "chromium"
    width, height, scale, mobile = WIDTH, HEIGHT, 2, True

    def __enter__(self) -> Self:
        program = find_program("chromium", self.package)
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._in, self._out, self._rest, self._number = ours_in, ours_out, b"", 0
        options = (
            "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --remote-debugging-pipe --lang=en"
        )

        def descriptors() -> None:  # DevTools listens on 3 and answers on 4
            high = os.dup(theirs_out), os.dup(theirs_in)
            os.dup2(high[1], 3)
            os.dup2(high[0], 4)

        self._child = subprocess.Popen(
            [program, *options.split(), "about:blank"], preexec_fn=descriptors, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        targets = self._ask("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self._ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        screen = {"width": self.width, "height": self.height, "deviceScaleFactor": self.scale}
        self._ask("Emulation.setDeviceMetricsOverride", mobile=self.mobile, **screen)
        self._ask("Emulation.setTouchEmulationEnabled", enabled=self.mobile)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(PartFailed, OSError):
            self._send("Browser.close")
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(5)
        self._child.kill()
        self._child.wait()
        os.close(self._in)
        os.close(self._out)

    def open(self, url: str) -> None:
        self._ask("Page.navigate", url=url)
        self.wait_for("document.readyState == 'complete'")

    @property
    def text(self) -> str:
        """What can be read on the page, once it is there."""
        self.wait_for("document.readyState == 'complete'")
        return str(self.value("document.body.innerText"))

    @property
    def address(self) -> str:
        return str(self.value("location.href"))

    def value(self, expression: str) -> Any:
        """The value of this expression of JavaScript."""
        found = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise PartFailed(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def wait_for(self, expression: str) -> None:
        wait_until(lambda: self._holds(expression), f"the phone: {expression}")

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.value(f"Boolean({expression})"))
        except PartFailed as error:
            if "navigated" in str(error):  # the page that was asked is gone; the next one is on its way
                return False
            raise

    def tap(self, selector: str) -> None:
        """Taps the middle of the element, which must be within the width of the screen and not covered."""
        quoted = json.dumps(selector)
        self.wait_for(f"document.querySelector({quoted})")
        middle = self.value(
            f"(() => {{ const one = document.querySelector({quoted}); one.scrollIntoView({{block: 'center'}});"
            "const at = one.getBoundingClientRect(), x = at.x + at.width / 2, y = at.y + at.height / 2;"
            "const top = document.elementFromPoint(x, y); return [x, y, one.contains(top)]; })()"
        )
        x, y, free = middle
        if not (free and 0 <= x <= self.width):
            raise PartFailed(f"{selector} cannot be tapped at {x:.0f}, {y:.0f}")
        self._press(x, y)

    def _press(self, x: float, y: float) -> None:
        for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
            self._ask("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def type(self, selector: str, text: str) -> None:
        self.tap(selector)
        self.wait_for(f"document.activeElement == document.querySelector({json.dumps(selector)})")
        self._ask("Input.insertText", text=text)

    def key(self, key: str, text: str = "") -> None:
        """Presses a key: `j`, `?`, `Enter`."""
        text = text or {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        code = {"Enter": 13, "Escape": 27}.get(key, 0)
        self._ask("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code)
        self._ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def scripts(self, on: bool) -> None:
        """Whether the next pages may run theirs."""
        self._ask("Emulation.setScriptExecutionDisabled", value=not on)

    def faults(self, dark: bool = False) -> list[str]:
        """What axe-core finds against the page: the rule, the element, and why."""
        self.dark(dark)
        if not self.value("window.axe !== undefined"):
            self.value((Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8") + ";0")
        self.value("axe.run().then(found => { window.found = found }); window.found = null; 0")
        self.wait_for("window.found")
        return list(
            self.value(
                "found.violations.flatMap(one => one.nodes.map(node =>"
                " `${one.id}: ${node.target}: ${node.failureSummary}`))"
            )
        )

    def dark(self, on: bool) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, *, dark: bool = False, whole: bool = True) -> bytes:
        """A PNG of the page: the whole of it, or one screen."""
        self.dark(dark)
        taken = self._ask("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(taken["data"])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = self._send(method, **parameters)
        while True:
            message = json.loads(self._line())
            if message.get("id") != number:
                continue  # an event
            if "error" in message:
                raise PartFailed(f"{method}: {message['error']}")
            result: dict[str, Any] = message["result"]
            return result

    def _send(self, method: str, **parameters: Any) -> int:
        self._number += 1
        session = getattr(self, "_session", "")
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": session} if session and not method.startswith(("Target", "Browser")) else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._number

    def _line(self) -> bytes:
        while b"\0" not in self._rest:
            if not select.select([self._in], [], [], _PATIENCE)[0]:
                raise PartFailed("chromium does not answer")
            more = os.read(self._in, 1 << 16)
            if not more:
                raise PartFailed("chromium ended")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        return line


class Desk(Phone):
    """A screen with keys and a mouse; a tap is a click."""

    width, height, scale, mobile = 1440, 900, 1, False

    def _press(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
