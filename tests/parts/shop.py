"""The sandbox that comes along, as people start it."""

from __future__ import annotations

import sys

import requests

from tests.parts.child import Part, answers, free_port


class Shop(Part):
    """Listens on `port`; `breaks(pay="503")` makes a step fail, `breaks(pay="")` repairs it."""

    def start(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "demo_shop.shop", str(self.port)]
        self.run(command, self.directory() / "shop.log")
        self.wait_ready(lambda: answers(self.port))

    def url(self, path: str = "/") -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def breaks(self, **steps: str) -> None:
        """How each of these steps goes wrong from now on: a status, `slow`, or not at all."""
        requests.post(self.url("/break"), data=steps, timeout=10).raise_for_status()
