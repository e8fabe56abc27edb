"""Two sidecars, each with a store of its own, one secret and one receiver: nothing of one is taken for the other's."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

BEFORE = Path(__file__).parents[1] / "store" / "before_instance.db.gz"


def _sidecar(home: Path, world: HttpServer) -> DaemonProcess:
    plan, checks = rules(world.url(f"/{home.name}")), {"bank.toml": check(world.url("/bank"))}
    return DaemonProcess(home, plan, checks, {"WATCHTOWER_SECRET": "one secret for both of them"})


def test_ids_differ_and_links_do_not_open_each_other(tmp_path: Path, http_server: HttpServer) -> None:
    http_server.on("/bank", Answer(503, "no"))
    with ExitStack() as stack:
        daemons = {name: _sidecar(tmp_path / name, http_server) for name in ("a", "b")}
        pages: dict[str, Mapping[str, Any]] = {}
        for daemon in daemons.values():
            stack.callback(daemon.kill)
            daemon.start()
        for name in daemons:
            wait_until(lambda name=name: http_server.requests_to(f"/{name}"), "the page")
            request = http_server.requests_to(f"/{name}")[0]
            pages[name] = request.json() | {"key": request.headers["idempotency-key"]}
        instances = [daemons[name].get("/api/v1/status").json()["instance"] for name in "ab"]
        assert len(set(instances)) == 2
        for field in ("id", "dedup_key", "key"):
            assert pages["a"][field] != pages["b"][field]
            assert all(instance in pages[name][field] for name, instance in zip("ab", instances, strict=True))
        assert pages["a"]["incident"] == pages["b"]["incident"] == "INC-1"
        link = urlsplit(str(pages["a"]["links"]["ack"])).path
        assert (daemons["a"].get(link).status_code, daemons["b"].get(link).status_code) == (200, 404)


def test_a_store_of_the_version_before_is_led_on_with_an_id_that_stays(
    tmp_path: Path, http_server: HttpServer
) -> None:
    http_server.on("/bank", Answer(200, "ok"))
    http_server.on("/s", Answer(200, "ok"))
    daemon = _sidecar(tmp_path / "s", http_server)
    (daemon.home / "var").mkdir()
    (daemon.home / "var" / "watchtower.db").write_bytes(gzip.decompress(BEFORE.read_bytes()))
    try:
        seen = []
        for _ in range(2):
            daemon.start()
            seen.append(daemon.get("/api/v1/status").json()["instance"])
            assert daemon.get("/api/v1/incidents/INC-2").status_code == 200
            assert daemon.stop() == 0
        assert len(set(seen)) == 1
        assert seen[0]
        assert [event["instance"] for event in daemon.events("started")] == seen
    finally:
        daemon.kill()
