"""What machines ask is answered without the rooms for people, and as the rooms would answer it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.web import rooms
from tests.web.fake import ACCESS, TOKEN, FakeDaemon
from watchtower.api.porch import Porch
from watchtower.cli import given_paths

BEHIND = "tests.web.rooms"


async def ask(
    porch: Any, path: str, method: str = "GET", query: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    named = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in named.items()], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1), "scheme": "http", "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await porch(scope, receive, send)
    begun = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return said[0]["status"], begun, b"".join(each.get("body", b"") for each in said[1:])


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("token", ["", f"Bearer {TOKEN}"])
async def test_the_porch_and_the_rooms_say_the_same(path: str, method: str, token: str) -> None:
    daemon = FakeDaemon()
    headers = {"authorization": token} if token else {}
    porch = await ask(Porch(daemon, ACCESS, BEHIND), path, method, b"a=b", **headers)
    whole = await ask(await Porch(daemon, ACCESS)._whole(), path, method, b"a=b", **headers)
    assert porch == whole
    assert rooms.made == 0


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("/", {}),
        ("/healthz", {"method": "POST"}),
        ("/healthz/", {}),
        ("/metrics", {"host": "evil.example"}),
        ("/metrics", {"query": b"a=%0a"}),
        ("/readyz", {"content_length": "9"}),
    ],
)
async def test_everything_else_goes_through(path: str, how: dict[str, Any]) -> None:
    status, _, body = await ask(Porch(FakeDaemon(), ACCESS, BEHIND), path, **how)
    assert (status, body) == (200, f"{how.get('method', 'GET')} {path}".encode())
    rooms.made = 0


async def test_metrics_that_are_protected_want_the_token() -> None:
    porch = Porch(FakeDaemon(), replace(ACCESS, protect_reads=True), BEHIND)
    assert (await ask(porch, "/metrics", authorization=f"Bearer {TOKEN}"))[2] != b"GET /metrics"
    assert (await ask(porch, "/metrics", authorization="Bearer wrong"))[2] == b"GET /metrics"
    assert (await ask(porch, "/metrics"))[2] == b"GET /metrics"
    rooms.made = 0


async def test_the_rooms_are_made_once_while_the_loop_goes_on() -> None:
    porch = Porch(FakeDaemon(), ACCESS, BEHIND)
    asking = [asyncio.create_task(ask(porch, f"/{number}")) for number in range(5)]
    await asyncio.sleep(0.02)
    assert (await ask(porch, "/healthz"))[2] == b"ok\n"
    assert not any(task.done() for task in asking)
    asking.pop().cancel()
    assert [one[2] for one in await asyncio.gather(*asking)] == [f"GET /{n}".encode() for n in range(4)]
    assert rooms.made == 1
    rooms.made = 0


async def test_rooms_that_cannot_be_made_are_tried_again_by_the_next_visitor() -> None:
    porch = Porch(FakeDaemon(), replace(ACCESS, api_token="broken"), BEHIND)
    for _ in range(2):
        with pytest.raises(ImportError):
            await ask(porch, "/")
    assert (await ask(porch, "/healthz"))[0] == 200


def test_the_daemon_comes_without_what_only_visitors_need() -> None:
    program = (
        "import sys, watchtower.app.leadership\n"
        "print(sorted({'starlette', 'anyio', 'click', 'multiprocessing', 'pydantic', 'requests', 'urllib3', 'rich',"
        " 'jinja2', 'markupsafe'}"
        " & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ("", {}),
        ("--rules a.toml", {"--rules": "a.toml"}),
        ("--checks c --rules a.toml", {"--checks": "c", "--rules": "a.toml"}),
        ("--rules", None),
        ("--rules=a.toml", None),
        ("--rules a --rules b", None),
        ("--rules --checks", None),
        ("--help", None),
        ("more", None),
    ],
)
def test_only_what_is_more_than_two_paths_wants_click(words: str, paths: dict[str, str] | None) -> None:
    assert given_paths(words.split()) == paths
