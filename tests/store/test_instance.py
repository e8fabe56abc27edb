"""A store's own id: made once, kept, and another one in every other store."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

from watchtower.store import Store, open_store

BEFORE = Path(__file__).with_name("before_instance.db.gz")
"""Written by the version before stores had an id: INC-1 told, INC-2 open with a page queued."""


async def test_two_that_ask_at_once_agree_and_it_stays(store: Store, url: str) -> None:
    asked = await asyncio.gather(*(store.once("instance", name) for name in ("a", "b", "c")))
    assert len(set(asked)) == 1
    again = open_store(url)
    await again.open()
    assert await again.once("instance", "d") == asked[0]
    await again.close()


async def test_a_store_of_the_version_before_opens_and_gets_its_id(tmp_path: Path) -> None:
    (tmp_path / "w.db").write_bytes(gzip.decompress(BEFORE.read_bytes()))
    store = open_store(f"sqlite:///{tmp_path}/w.db")
    await store.open()
    assert await store.get("instance") is None
    assert await store.once("instance", "7f3k") == "7f3k"
    snapshot = await store.load()
    assert [(incident.id, incident.origin) for incident in snapshot.incidents] == [
        ("INC-1", ""),
        ("INC-2", ""),
    ]
    # What was tried under one id and belongs to one thread goes on under them.
    [queued] = await store.outbox()
    assert (queued.page.id, queued.page.thread) == ("INC-2.1.li.email", "INC-2.li.email")
    await store.close()
