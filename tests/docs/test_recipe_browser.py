"""docs/recipes/browser.md, in Debian's Chromium: a page that a script makes, and one whose script fails."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.docs.test_recipes import RECIPES, check_of, run
from tests.parts.child import find_program
from tests.parts.httpserver import Answer, HttpServer

_PAGE = "<title>shop</title><div id=pay></div><script>{}; pay.textContent = ['Pay', 'now'].join(' ')</script>"


async def test_only_a_page_whose_script_ran_is_well(http_server: HttpServer, tmp_path: Path) -> None:
    find_program("chromium", "chromium")
    text = (RECIPES / "browser.md").read_text("utf-8")
    [script] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    (tmp_path / "in-a-browser").write_text(script)
    html = {"Content-Type": "text/html"}
    http_server.on("/well", Answer(200, _PAGE.format("1"), html))
    http_server.on("/ill", Answer(200, _PAGE.format("throw Error()"), html))
    check = check_of(text)

    async def seen(path: str) -> tuple[str, str]:
        shell, _, _, *rest = check["command"]
        command = [shell, str(tmp_path / "in-a-browser"), http_server.url(path), *rest]
        reading = await run({**check, "command": command})
        return str(reading.outcome), reading.reason

    assert await asyncio.gather(seen("/well"), seen("/ill")) == [("up", ""), ("down", "critical")]
