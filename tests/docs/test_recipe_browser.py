"""docs/recipes/browser.md, in Debian's Chromium: a page that a script makes, a way through pages, and what ends it."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_recipes import check_of, run, sections
from tests.parts.child import find_program, wait_until
from tests.parts.httpserver import Answer, HttpServer
from watchtower.model import Reading

_PAGE = "<title>shop</title><div id=pay></div><script>{}; pay.textContent = ['Pay', 'now'].join(' ')</script>"
_SHOP = """<label>User <input></label><label>Password <input type=password></label>
<button onclick="document.body.innerHTML = '<button>Pay now</button>'; document.querySelector('button').onclick = pay">Log in</button>
<script>%s</script>"""
_HTML = {"Content-Type": "text/html"}
SECRET = "s3cret-of-the-shop"
Walk = Callable[..., Awaitable[Reading]]


async def test_only_a_page_whose_script_ran_is_well(http_server: HttpServer, tmp_path: Path) -> None:
    find_program("chromium", "chromium")
    text = sections("browser.md")["One"]
    [script] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    (tmp_path / "in-a-browser").write_text(script)
    http_server.on("/well", Answer(200, _PAGE.format("1"), _HTML))
    http_server.on("/ill", Answer(200, _PAGE.format("throw Error()"), _HTML))
    check = check_of(text)

    async def seen(path: str) -> tuple[str, str]:
        shell, _, _, *rest = check["command"]
        command = [shell, str(tmp_path / "in-a-browser"), http_server.url(path), *rest]
        reading = await run({**check, "command": command})
        return str(reading.outcome), reading.reason

    assert await asyncio.gather(seen("/well"), seen("/ill")) == [("up", ""), ("down", "critical")]


@pytest.fixture
def walk(http_server: HttpServer, tmp_path: Path) -> Walk:
    """`await walk(script)`: the way of the recipe, through a shop whose page runs this script. To start a browser beside other
    tests may take twenty seconds."""
    find_program("chromium", "chromium")
    text = sections("browser.md")["A"]
    [written] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    check = check_of(text.partition("# rules.toml")[0].rpartition("```toml")[0])

    async def walked(
        script: str,
        path: str = "/checkout",
        flow: tuple[str, str] = ("", ""),
        limit: float = 48.0,
        **further: Any,
    ) -> Reading:
        http_server.on(path, Answer(200, _SHOP % script, _HTML))
        placed = written.replace("https://shop.example/checkout", http_server.url(path)).replace(*flow)
        file = tmp_path / f"{path[1:]}.py"
        file.write_text(placed.replace("/var/lib/watchtower/pay.png", str(file.with_suffix(".png"))))
        # Whatever is left behind has it in its environment.
        own = {"SHOP_PASSWORD": SECRET, "PATH": os.environ["PATH"], "STARTED_BY": str(tmp_path)}
        command = [sys.executable, str(file), "{timeout}"]
        return await run({**check, "command": command, "env": own, **further}, limit)

    return walked


def left_behind(started_by: Path) -> list[Path]:
    """Processes that have outlived their run."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"STARTED_BY={started_by}".encode() in file.read_bytes():
                found.append((file.parent / "cmdline").read_bytes()[:200])
    return found


async def test_a_user_who_can_pay(walk: Walk) -> None:
    reading = await walk("function pay() { document.body.textContent = 'Paid' }")
    assert reading.outcome == "up", reading.detail
    measured = reading.measurements
    assert (measured["steps_done"], measured["console_errors"]) == (3.0, 0.0)
    assert all(measured[f"{step}_seconds"] is not None for step in ("open", "login", "pay"))


async def test_who_cannot_pay_and_what_hangs_end_in_time_with_all_that_was_started(
    walk: Walk, tmp_path: Path
) -> None:
    """checkly/public-roadmap #271: a run that is out of time leaves a picture and says where it stood.
    louislam/uptime-kuma #4232: browsers of such runs pile up until there is no memory."""
    said = f"function pay() {{ console.error('no gateway for {SECRET}'); throw Error('late') }}"
    cannot, page, script = await asyncio.gather(
        walk(said, path="/cannot", limit=30.0),
        walk("function pay() { for (;;); }", path="/page", limit=30.0),
        walk(
            "",
            path="/script",
            flow=("page.get_by_role", "__import__('time').sleep(600); page.get_by_role"),
            limit=30.0,
        ),
    )
    assert (cannot.outcome, cannot.reason) == ("down", "critical")
    assert cannot.detail.startswith("CRITICAL - step pay: Locator expected to be visible; picture: ")
    assert cannot.detail.endswith("(2 errors on the console: no gateway for ***)")
    assert (cannot.measurements["steps_done"], cannot.measurements["pay_seconds"]) == (2.0, None)
    assert (tmp_path / "cannot.png").read_bytes().startswith(b"\x89PNG")
    assert (page.outcome, page.detail[:20]) == ("down", "CRITICAL - step pay:")
    assert (script.outcome, script.detail[:32]) == ("down", "CRITICAL - step login: not over ")
    wait_until(lambda: not left_behind(tmp_path), "the end of all browsers", 10.0)


async def test_a_mistake_of_the_script_and_a_browser_that_is_not_there_say_nothing_of_the_shop(
    walk: Walk,
) -> None:
    mistake, none = await asyncio.gather(
        walk("", env={}), walk("", path="/none", env={"PATH": "/nowhere", "SHOP_PASSWORD": SECRET})
    )
    assert (mistake.outcome, mistake.reason) == ("unknown", "plugin")
    assert mistake.detail.startswith("UNKNOWN - the script fails in line ")
    assert mistake.detail.endswith("KeyError: 'SHOP_PASSWORD'")
    assert (none.outcome, none.detail[:33]) == ("unknown", "UNKNOWN - there is no browser: Br")
