"""What holds for every answer, and how the server lives and dies."""

from __future__ import annotations

import asyncio
import signal
import socket

import pytest

from tests.web.conftest import Site
from tests.web.fake import ACCESS, TOKEN, FakeDaemon
from watchtower.api.contract import Status
from watchtower.api.porch import Porch
from watchtower.errors import UsageError
from watchtower.web.guard import HEADERS
from watchtower.web.server import WebServer, split


class Crashing(FakeDaemon):
    def status(self) -> Status:
        raise RuntimeError("hunter2")


@pytest.mark.parametrize(
    "path", ["/", "/incidents/INC-99", "/healthz", "/nope", "/api/v1/nope", "/static/board.js"]
)
async def test_every_answer_has_safe_headers(site: Site, path: str) -> None:
    answer = await site.get(path)
    for name, value in HEADERS.items():
        if name != "Cache-Control" or not path.startswith("/static"):
            assert answer.headers[name] == value
    assert "Server" not in answer.headers


async def test_the_pages_keep_to_their_own_policy(site: Site) -> None:
    for path in ("/", "/incidents/INC-12"):
        html = (await site.get(path)).text
        assert "style=" not in html
        assert "<style" not in html
        assert " on" + "click" not in html
        assert html.count("<script") == html.count('<script src="/static/') == 1


async def test_a_fault_of_ours_is_a_500_that_says_nothing(access: object) -> None:
    server = WebServer(Porch(Crashing(), ACCESS), "127.0.0.1:0")
    await server.start()
    try:
        answer = await Site(server.port).get("/api/v1/checks")
        page = await Site(server.port).get("/")
    finally:
        await server.stop()
    assert (answer.status_code, answer.json()["detail"]) == (500, "an error inside watchtower")
    assert (page.status_code, "hunter2" in page.text + answer.text) == (500, False)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


METHODS = [
    ("POST", "/"),
    ("GET", "/push/business"),
    ("DELETE", "/api/v1/incidents/INC-12"),
    ("GET", "/-/reload"),
    ("PUT", "/ack/x"),
]


@pytest.mark.parametrize(("method", "path"), METHODS)
async def test_a_wrong_method_is_refused(site: Site, method: str, path: str) -> None:
    answer = await site.ask(method, path, token=TOKEN)
    assert answer.status_code == 405
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/healthz", "/readyz", "/api/v1/incidents", "/incidents/INC-12"]
)
async def test_head_is_a_get_without_a_body(site: Site, path: str) -> None:
    answer = await site.ask("HEAD", path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_unknown_path_is_json_with_a_hint(site: Site) -> None:
    answer = await site.get("/api/v1/nope")
    assert (answer.status_code, set(answer.json())) == (404, {"type", "title", "status", "detail", "hint"})


async def test_static_files_are_kept_and_nothing_beside_them_is_served(site: Site) -> None:
    assert "immutable" in (await site.get("/static/board.css")).headers["Cache-Control"]
    for path in ("/static/../auth.py", "/static/%2e%2e/auth.py", "/static//etc/passwd", "/static/"):
        assert (await site.get(path)).status_code == 404


async def test_a_body_without_an_announced_length_is_bounded_too(site: Site, daemon: FakeDaemon) -> None:
    def chunks() -> object:
        for _ in range(70):
            yield b"x" * 1024

    answer = await site.post("/push/business", token=TOKEN, data=chunks())
    assert answer.status_code == 413
    assert daemon.asked == []


async def test_a_taken_port_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = WebServer(Porch(FakeDaemon(), ACCESS), f"127.0.0.1:{port}")
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            await server.start()


async def test_signals_stay_the_daemons() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    server = WebServer(Porch(FakeDaemon(), ACCESS), "127.0.0.1:0")
    await server.start()
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    await server.stop()


class Slow(FakeDaemon):
    """Answers slowly enough for a stop to come in between."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go_on = asyncio.Event(), asyncio.Event()
        self.waiting = 0

    async def reload(self, confirmed: bool = False) -> tuple[()]:
        self.waiting += 1
        self.entered.set()
        await self.go_on.wait()
        return ()


async def test_stopping_lets_answers_under_way_finish() -> None:
    daemon = Slow()
    server = WebServer(Porch(daemon, ACCESS), "127.0.0.1:0")
    await server.start()
    answer = asyncio.create_task(Site(server.port).post("/-/reload", token=TOKEN))
    await daemon.entered.wait()
    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0)
    daemon.go_on.set()
    assert (await answer).json() == {"reloaded": True}
    await stopping


ADDRESSES = [
    ("127.0.0.1:9464", ("127.0.0.1", 9464)), ("[::1]:80", ("::1", 80)), ("[::]:80", ("::", 80)),
    ("0.0.0.0:0", ("0.0.0.0", 0)), (":9464", ("0.0.0.0", 9464)), ("localhost:1", ("localhost", 1)),
]  # fmt: skip


@pytest.mark.parametrize(("listen", "address"), ADDRESSES)
def test_an_address_to_listen_on(listen: str, address: tuple[str, int]) -> None:
    assert split(listen) == address


@pytest.mark.parametrize(
    "listen", ["9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", ""]
)
def test_what_is_no_address_is_refused(listen: str) -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:9464"):
        split(listen)
