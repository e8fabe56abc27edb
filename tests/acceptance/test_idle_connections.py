"""1,110 connections that say nothing, at 1,024 file descriptors: a page leaves, and its link acknowledges."""

from __future__ import annotations

import contextlib
import resource
import socket

from tests.acceptance.conftest import Scene
from tests.parts.button import press
from tests.parts.child import wait_until


def test_a_page_leaves_and_is_acknowledged_beside_idle_connections(scene: Scene) -> None:
    daemon = scene.daemon.start(wait=False)
    assert daemon.child is not None
    resource.prlimit(daemon.child.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    daemon.wait_ready()
    with contextlib.ExitStack() as stack:
        for _ in range(1110):
            stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port), timeout=10))
        scene.fails()
        wait_until(lambda: bool(scene.texts()), "the page")
        link = next(word for word in scene.texts()[0].split() if "/ack/" in word)
        answer = press(link, "acknowledge")
        assert answer.status_code == 200
        (incident,) = daemon.get("/api/v1/incidents").json()["incidents"]
        assert incident["acknowledged_by"] == "li"
