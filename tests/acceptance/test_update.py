"""A rolling update that changes the schema: daemons of two versions on one, and the way back until the last step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_leadership import Pair, wait_role
from tests.parts.child import wait_until
from tests.parts.httpserver import HttpServer
from tests.parts.next_version import NEWEST, next_version
from tests.parts.postgres import Postgres

ADDS = "ALTER TABLE outbox ADD COLUMN later TEXT NOT NULL DEFAULT ''"
DROPS = "ALTER TABLE outbox DROP COLUMN later"


@pytest.fixture
def pair(tmp_path: Path, postgres: Postgres, http_server: HttpServer) -> Iterator[Pair]:
    made = Pair(tmp_path, http_server, postgres)
    yield made
    made.end()


def test_one_pod_after_the_other_and_back_until_what_the_older_one_needs_is_gone(
    pair: Pair, tmp_path: Path
) -> None:
    first, second = pair.start()
    this = dict(second.environment)
    steps = {f"{NEWEST + 1:04}_adds.sql": ADDS, f"{NEWEST + 2:04}_drops.contract.sql": DROPS}
    later = next_version(tmp_path / "later", "99.1", steps)
    second.stop()
    second.environment |= later
    second.start()
    wait_role(second, "standby")
    pair.fails()
    pair.wait_told(("new", "INC-1"))
    assert first.stop() == 0
    wait_role(second, "leader")
    first.start()  # of this version: a way back, or a crash in the middle of an update
    wait_role(first, "standby")
    newer = first.events("schema_newer")[-1]
    assert (newer["schema"], newer["knows"]) == (NEWEST + 1, NEWEST)
    wait_until(lambda: second.events("schema_waits"), "it waits for the other", 30)
    waits = second.events("schema_waits")[-1]
    assert (waits["step"], len(waits["older"])) == (f"{NEWEST + 2:04}_drops.contract.sql", 1)
    assert second.post("/api/v1/incidents/INC-1/ack", {"by": "li"}).json()["changed"] is True
    assert second.stop() == 0
    wait_role(first, "leader")  # on the schema of the later version
    pair.recovers()
    pair.wait_told(("new", "INC-1"), ("resolved", "INC-1"))
    assert first.stop() == 0
    first.environment |= later
    first.start()
    wait_role(first, "leader")
    # As if the minute were over in which the older one may come back.
    pair.postgres.sql("DELETE FROM watchtower.standbys", pair.database)
    changed = lambda: first.events("schema_changed")[-1]["now"] == NEWEST + 2  # noqa: E731
    wait_until(changed, "what nobody needs is gone", 30)
    second.environment.clear()
    second.environment.update(this)
    assert second.start(wait=False).child is not None
    wait_until(lambda: second.events("daemon_ended"), "it is refused", 30)
    assert " 99.1 so that older ones cannot use it" in second.events("daemon_ended")[0]["error"]
    assert second.child is not None
    assert second.child.wait(20) == 1
