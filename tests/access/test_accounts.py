"""Accounts over a store that fails at times: what was ended stays ended."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from watchtower.access.accounts import Accounts
from watchtower.errors import StoreError
from watchtower.model import AccessRole
from watchtower.store.sqlite import SqliteStore


class Hangs(SqliteStore):
    """The next write of access hangs until it is let go, and fails."""

    let_go: asyncio.Event | None = None

    async def save_access(self, *given: Any) -> None:
        if (waits := self.let_go) is not None:
            self.let_go = None
            await waits.wait()
            raise StoreError("the disk is full")
        await super().save_access(*given)


async def test_who_signs_out_while_another_write_fails_is_signed_out(tmp_path: Path) -> None:
    store, now = Hangs(tmp_path / "w.db", "NORMAL"), [1_800_000_000.0]
    await store.open()
    accounts = Accounts(store, lambda: now[0])
    await accounts.put_account("li", AccessRole.RESPOND)
    cookie = await accounts.sign_in("li", "10.0.0.1", "")
    now[0] += 100.0
    caller = accounts.caller_of_session(cookie)
    assert caller is not None
    store.let_go = let_go = asyncio.Event()
    saving = asyncio.create_task(accounts.save())
    await asyncio.sleep(0)
    ending = asyncio.create_task(accounts.sign_out(caller.session))
    await asyncio.sleep(0)
    let_go.set()
    with pytest.raises(StoreError):
        await saving
    await ending
    assert accounts.caller_of_session(cookie) is None
    await store.close()
