"""People with accounts, over the fake daemon and a real store: who looks, who responds, who is admin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.web.asgi import Browser, Said
from tests.web.fake import ACCESS, KEY, FakeDaemon
from watchtower.access.accounts import Accounts
from watchtower.access.audit import Audit
from watchtower.access.cookies import Cookies
from watchtower.access.kept_answers import KeptAnswers
from watchtower.access.sign_in import SignIn
from watchtower.api.attempts import Attempts
from watchtower.api.auth import Access
from watchtower.api.hosts import Hosts
from watchtower.config.environment import EnvironmentSettings
from watchtower.model import AccessRole
from watchtower.store.sqlite import SqliteStore
from watchtower.web.app import application

PASSWORD = "four words are enough"
PEOPLE = {"vera": AccessRole.VIEW, "li": AccessRole.RESPOND, "anna": AccessRole.ADMIN}
HASHED = PasswordHasher(2, 19 * 1024, 1).hash(PASSWORD)
URL = "https://watch.example"


@dataclass
class House:
    """The daemon's access with these people; `browser()` is a new one, `signed_in` one in which somebody has signed in."""

    app: Any
    access: Access
    accounts: Accounts
    daemon: FakeDaemon
    store: SqliteStore
    now: list[float]

    def browser(self, **more: Any) -> Browser:
        return Browser(self.app, **more)

    async def sign_in(self, browser: Browser, name: str, password: str = PASSWORD) -> Said:
        await browser.get("/signin")
        return await browser.post("/signin", {"name": name, "password": password, "next": "/"})

    async def signed_in(self, name: str, **more: Any) -> Browser:
        """A browser with a session, and a page of it, whose form token it knows."""
        browser = self.browser(**more)
        assert (await self.sign_in(browser, name)).status == 303
        await browser.get("/account")
        return browser

    async def token(self, name: str, *scopes: str, expires: float = 0.0) -> str:
        return await self.accounts.make_token(name, "a program", scopes, expires)


@pytest.fixture
async def house(tmp_path: Path, daemon: FakeDaemon) -> AsyncIterator[House]:
    store = SqliteStore(tmp_path / "w.db", "NORMAL")
    await store.open()
    made = await a_house(store, daemon)
    yield made
    await store.close()


async def a_house(store: SqliteStore, daemon: Any, url: str = URL, **settings: Any) -> House:
    now = [daemon.at]
    accounts, audit = Accounts(store, lambda: now[0]), Audit(store, lambda: now[0])
    await accounts.load()
    sign_in = SignIn(accounts, audit, EnvironmentSettings(base_url=url, **settings))
    access = replace(
        ACCESS, hosts=Hosts.of(url, "127.0.0.1", ()), cookies=Cookies.of(url, KEY), attempts=Attempts(), local=False,
        accounts=accounts, audit=audit, sign_in=sign_in, kept=KeptAnswers(store, lambda: now[0]),
    )  # fmt: skip
    for name, role in PEOPLE.items():
        await accounts.put_account(name, role)
        await accounts.set_password(name, HASHED)
    return House(application(daemon, access), access, accounts, daemon, store, now)
