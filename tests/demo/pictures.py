"""Draw docs/images/demo-shop.png and demo-shop-board.png anew: `make demo-shop` beside, step 3 broken, by Chromium.

`python -m tests.demo.pictures` while `make demo-shop` runs. It breaks the shop, waits until people hear of it, and heals it.
"""

from __future__ import annotations

import time

import requests

from tests.parts.child import wait_until
from tests.parts.phone import Desk
from tests.web.pictures import IMAGES, save

PAGE, BOARD = "http://127.0.0.1:8088/", "http://127.0.0.1:9464/?lang=en"
_SETTLED = 20.0
"""Seconds after the first page: the levels and the board have settled."""

if __name__ == "__main__":
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
