"""Draw docs/images/demo.png, demo-shop.png and demo-shop-board.png anew, by Chromium.

`python -m tests.demo.pictures demo` draws the screen of `watchtower demo` when its server has been shut down. Without a word,
while `make demo-shop` runs, it breaks step 3 of the shop, waits until people hear of it, and heals it.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
import time

import requests
from rich.console import Console

from tests.parts.child import wait_until
from tests.parts.phone import Desk
from tests.web.pictures import IMAGES, save
from watchtower.demo.replay import tell
from watchtower.demo.screen import Screen
from watchtower.model import Language

PAGE, BOARD = "http://127.0.0.1:8088/", "http://127.0.0.1:9464/?lang=en"
_SHUT = 807303600.0
"""1 August 1995, 15:00 (UTC-4)."""
_SETTLED = 20.0
"""Seconds after the first page: the levels and the board have settled."""


def demo() -> None:
    story = tell(Language.EN)
    console = Console(width=150, height=44, force_terminal=True, record=True, file=io.StringIO())
    console.print(Screen(story, console).frame(_SHUT))
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="watchtower demo"), flags=re.DOTALL)
    with tempfile.NamedTemporaryFile("w", suffix=".svg") as file, Desk() as desk:
        file.write(svg)
        file.flush()
        desk.open(f"file://{file.name}")
        (IMAGES / "demo.png").write_bytes(desk.picture())
    save(IMAGES / "demo.png")


def shop() -> None:
    requests.post(PAGE + "ways/step", data="broken=yes", timeout=10).raise_for_status()
    try:
        wait_until(lambda: "mei@example.com" in requests.get(PAGE, timeout=10).text, "a page to mei")
        time.sleep(_SETTLED)
        with Desk() as desk:
            for address, name in ((PAGE, "demo-shop.png"), (BOARD, "demo-shop-board.png")):
                desk.open(address)
                picture = IMAGES / name
                picture.write_bytes(desk.picture())
                save(picture)
    finally:
        requests.post(PAGE + "ways/step", data="broken=no", timeout=10)


if __name__ == "__main__":
    (demo if sys.argv[1:] == ["demo"] else shop)()
