"""The short form of `make cluster-soak`: faults while the leader is cut off and killed, and a daemon without its database."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from benchmarks.cluster.cell import Cell, a_cell
from benchmarks.cluster.pages import suffer
from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import free_port, wait_until
from tests.parts.httpserver import Answer, HttpServer

SECONDS, LONGEST = 12.0, 12.0


def stored(cell: Cell, until: float) -> bool:
    """Whether the store has every page that was heard by then."""
    known = set(cell.sql("SELECT page FROM watchtower.outbox").splitlines())
    return all(page.id in known for page in cell.world.heard() if page.at < until)


@pytest.mark.timeout(400)
def test_every_fault_is_heard_under_one_id_whatever_happens_to_the_leader(
    tmp_path: Path, http_server: HttpServer
) -> None:
    http_server.on("/page", Answer(200, "ok"))
    away = {"WATCHTOWER_STORE": f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/none"}
    alone = DaemonProcess(
        tmp_path / "alone", rules(http_server.url("/page")), {"a.toml": check(http_server.url("/a"))}, away
    )
    alone.start()
    try:
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        order = iter((Cell.cut_off, Cell.killed))

        def harm(cell: Cell, chance: random.Random) -> str:
            # What two leaders have told and neither could write, because both were harmed before, nobody knows of.
            until = time.monotonic()
            wait_until(lambda: cell.leader() >= 0 and stored(cell, until), "a leader that writes", 120)
            how = next(order, Cell.stopped)
            how(cell, cell.leader(), 5.0)
            return how.__name__

        with a_cell(tmp_path, 20) as cell:
            verdict, _ = suffer(cell, SECONDS, random.Random(seed), harm, LONGEST)
        assert verdict.faults > 3
        assert verdict.broken == []
        # Meanwhile the one whose database never came has said so, once, and waits on.
        page = http_server.wait_for("/page").json()
        assert ("nobody watches" in page["title"], page["severity"], page["unfenced"]) == (True, "P1", True)
        assert alone.get("/readyz").json()["role"] == "waiting"
        assert len(http_server.requests_to("/page")) == 1
    finally:
        alone.kill()
