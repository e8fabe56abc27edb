"""Signing in on a phone, by a password and by a provider, in Chromium: what it keeps of our cookies and sends with our forms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from oidc_provider_mock import User, run_server_in_thread
from starlette.concurrency import run_in_threadpool

from tests.parts.phone import Phone
from tests.web.fake import FakeDaemon
from tests.web.people import PASSWORD, House, a_house
from watchtower.fields import Secret
from watchtower.store.sqlite import SqliteStore
from watchtower.web.server import WebServer


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with Phone() as phone:
        yield phone


class Served:
    """The house behind a real port, which its address must name."""

    house: House

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.house.app(scope, receive, send)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[House, str]]:
    app, store = Served(), SqliteStore(tmp_path / "w.db", "NORMAL")
    await store.open()
    server = WebServer(app, "127.0.0.1:0")
    await server.start()
    url = f"http://127.0.0.1:{server.port}"
    with run_server_in_thread(
        require_nonce=True,
        user_claims=[User(sub="1001", claims={"email": "li@example.com", "groups": ["sre"]})],
    ) as provider:
        app.house = await a_house(
            store, FakeDaemon(), url, oidc_issuer=f"http://localhost:{provider.server_port}", oidc_client_id="watchtower",
            oidc_client_secret=Secret("what-it-gave-us"), oidc_roles="sre=respond",
        )  # fmt: skip
        yield app.house, url
    await server.stop()
    await store.close()


async def on(phone: Phone, story: Callable[[], None]) -> None:
    await run_in_threadpool(story)


def sign_in(phone: Phone, name: str) -> None:
    phone.type("input[name=name]", name)
    phone.type("input[name=password]", PASSWORD)
    phone.tap("main form button")


async def test_by_a_password(phone: Phone, served: tuple[House, str]) -> None:
    house, url = served

    def story() -> None:
        phone.open(f"{url}/incidents/INC-12")
        assert "/signin?next=" in phone.address
        assert phone.faults() == []
        assert phone.faults(dark=True) == []
        sign_in(phone, "vera")
        phone.wait_for("document.querySelector('article.incident')")
        assert not phone.value("document.querySelector('main form')"), (
            "nothing is offered to who may only look"
        )
        phone.open(f"{url}/account")
        phone.tap("form[action='/signout'] button")
        phone.wait_for("location.pathname == '/signin'")

        phone.open(f"{url}/incidents/INC-12")
        sign_in(phone, "li")
        phone.wait_for("document.querySelector('article.incident')")
        phone.tap("details.by-token summary")
        phone.tap("details.by-token button")
        phone.wait_for("document.querySelector('article.acknowledged')")
        phone.open(f"{url}/account")
        assert phone.faults() == []
        assert phone.value("document.documentElement.scrollWidth <= innerWidth")
        phone.tap("form[action='/signout'] button")
        phone.wait_for("location.pathname == '/signin'")

    await on(phone, story)
    assert house.daemon.asked == [("ack", "INC-12", "li", "session")]


async def test_by_a_provider(phone: Phone, served: tuple[House, str]) -> None:
    house, url = served
    await house.accounts.remove("li")

    def story() -> None:
        phone.open(f"{url}/report")
        phone.tap("a.go-on")
        phone.wait_for("document.querySelector('input[name=sub], button[name=sub]')")
        assert phone.address.startswith("http://localhost:")
        phone.value(
            "(() => { const form = document.querySelector('form'), sub = document.createElement('input');"
            "document.querySelectorAll('[name=sub]').forEach(one => one.removeAttribute('name'));"
            "sub.name = 'sub'; sub.value = '1001'; form.append(sub); form.submit(); })()"
        )
        phone.wait_for(f"location.href == '{url}/report' && document.readyState == 'complete'")
        assert "li" in phone.text

    await on(phone, story)
    assert house.accounts.accounts["li"].subject.endswith(" 1001")


async def test_an_admin_reads_the_audit_log(phone: Phone, served: tuple[House, str]) -> None:
    _, url = served

    def story() -> None:
        phone.open(f"{url}/audit")
        sign_in(phone, "anna")
        phone.wait_for("document.querySelector('main td')")
        assert phone.address == f"{url}/audit", "she comes back to where she wanted to go"
        for dark, lang in ((False, "en"), (True, "zh")):
            phone.open(f"{url}/audit?lang={lang}")
            assert phone.faults(dark=dark) == []
            assert phone.value("document.documentElement.scrollWidth <= innerWidth")
        phone.open(f"{url}/audit?who=nobody-of-us&lang=en")
        assert "No entry fits." in phone.text
        assert phone.faults() == []

    await on(phone, story)
