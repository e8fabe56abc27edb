"""A store file written by the code before opens, and its evening goes on."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest

from tests.acceptance.process import TOKEN
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.store.kept_file import EARLIER, KEPT, daemon, states
from watchtower.errors import StoreError
from watchtower.store import open_store


@pytest.mark.parametrize("kept", [EARLIER, KEPT], ids=lambda file: file.name.partition(".")[0])
def test_the_evening_of_a_kept_file_goes_on(kept: Path, tmp_path: Path, http_server: HttpServer) -> None:
    world = http_server
    it = daemon(tmp_path, world)
    for target in ("bank", "web", "search"):
        world.on(f"/{target}", Answer(503))
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var" / "watchtower.db").write_bytes(gzip.decompress(kept.read_bytes()))
    it.start()
    try:
        kept_states = {
            "INC-1": "acknowledged",
            "INC-2": "triggered",
            "INC-3": "triggered",
            "INC-4": "resolved",
        }
        assert kept_states.items() <= states(it).items()
        for id in ("INC-1", "INC-2", "INC-4"):
            assert it.get(f"/incidents/{id}", TOKEN).status_code == 200
        brief = it.get("/incidents/INC-1", TOKEN).text
        for told in ("Call the bank", "own status page says so", "standby-bank"):
            assert told in brief, told
        assert it.post("/api/v1/incidents/INC-3/ack", {"by": "wang"}).status_code == 200
        refused = it.post("/api/v1/incidents/INC-2/resolve", {"by": "li"})
        assert refused.status_code == 409, "what it is about fails still"
        world.on("/sms", Answer(200))
        wait_until(lambda: world.requests_to("/sms"), "an SMS that was queued")
        for target in ("bank", "web", "search"):
            world.on(f"/{target}", Answer(200))
        wait_until(lambda: set(states(it).values()) == {"resolved"}, "the ends")

        def ended() -> bool:
            pages = [request.json() for request in world.requests_to("/page")]
            return {"INC-1", "INC-2", "INC-3"} <= {p["incident"] for p in pages if p["kind"] == "resolved"}

        wait_until(ended, "the all-clears")
    finally:
        it.kill()


@pytest.mark.parametrize("kept", [EARLIER, KEPT], ids=lambda file: file.name.partition(".")[0])
def test_who_only_reads_leaves_an_older_file_as_it_is(kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "w.db"
    before = gzip.decompress(kept.read_bytes())
    file.write_bytes(before)

    async def read() -> None:
        store = open_store(f"sqlite:///{file}", only_read=True)
        try:
            with pytest.raises(StoreError, match="is of an older watchtower"):
                await store.open()
        finally:
            await store.close()

    asyncio.run(read())
    assert file.read_bytes() == before
