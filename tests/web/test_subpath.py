"""Below a path of another server: every link, style and form stays below it, by a real nginx that strips it or does not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import requests
from starlette.concurrency import run_in_threadpool

from tests.parts.button import press
from tests.parts.nginx import Nginx
from tests.web.fake import ACCESS, AT, KEY, TOKEN, FakeDaemon
from watchtower.access.cookies import Cookies
from watchtower.api.attempts import Attempts
from watchtower.api.hosts import Hosts
from watchtower.web.app import application
from watchtower.web.server import WebServer
from watchtower.web.tokens import make

PAGES = (
    "/",
    "/?lang=zh",
    "/incidents/INC-12",
    "/incidents/INC-12?lang=en",
    "/incidents/INC-12/review",
    "/report",
    "/incidents/INC-99",
)


@pytest.fixture
async def root(daemon: FakeDaemon) -> AsyncIterator[str]:
    """The watchtower, whose people come by https://ops.example/tools/wt; the address it listens on."""
    hosts = Hosts.of("https://ops.example/tools/wt", "127.0.0.1", ())
    cookies = Cookies.of("https://ops.example/tools/wt", KEY)
    access = replace(ACCESS, hosts=hosts, cookies=cookies, attempts=Attempts(), protect_reads=False)
    server = WebServer(application(daemon, access), "127.0.0.1:0")
    await server.start()
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()


@pytest.mark.parametrize("strips", [True, False], ids=["stripped", "as it is"])
async def test_all_stays_below(root: str, daemon: FakeDaemon, strips: bool) -> None:
    location = f"location /tools/wt/ {{ proxy_pass {root}{'/' if strips else ''}; proxy_set_header Host ops.example; }}"
    with Nginx(server=location) as nginx:
        below = f"http://127.0.0.1:{nginx.port}/tools/wt"

        def look() -> None:
            for page in PAGES:
                html = requests.get(below + page, timeout=10).text
                for address in re.findall(r'(?:href|src|action|formaction)="([^"]*)"', html):
                    if address.startswith("/"):
                        assert address.startswith("/tools/wt/"), (page, address)
                        if "formaction" not in html or "/do/" not in address:
                            status = requests.get(
                                f"http://127.0.0.1:{nginx.port}{address}", timeout=10
                            ).status_code
                            assert status in (200, 405), address
            form = {"by": "li", "token": TOKEN, "note.text": "x"}
            done = requests.post(
                f"{below}/incidents/INC-12/do/note", data=form, timeout=10, allow_redirects=False
            )
            assert (done.status_code, done.headers["Location"]) == (303, "/tools/wt/incidents/INC-12")
            seen = requests.get(f"{below}/incidents/INC-12", timeout=10)
            assert "Path=/tools/wt/incidents/INC-12" in seen.headers["Set-Cookie"]
            link = make(KEY, "INC-12", "anna", AT + 60)
            assert requests.get(f"{below}/ack/{link}", timeout=10).status_code == 200
            assert press(f"{below}/ack/{link}", "acknowledge").status_code == 200
            assert requests.get(f"{below}/api/v1/incidents", timeout=10).status_code == 200

        await run_in_threadpool(look)
    assert ("ack", "INC-12", "anna", "link") in daemon.asked


async def test_probes_come_without_the_path(root: str) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/tools/wt/healthz", "/tools/wt"):
        assert (await run_in_threadpool(requests.get, root + path, timeout=10)).status_code == 200
    assert (await run_in_threadpool(requests.get, root + "/tools/wtx", timeout=10)).status_code == 404
