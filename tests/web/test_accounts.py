"""Accounts and tokens through the API, and by the commands against a daemon that listens."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping

import pytest

from tests.web.asgi import Browser, Said
from tests.web.fake import TOKEN
from tests.web.people import House, house
from tests.web.test_api import described
from tests.web.test_commands import watchtower
from watchtower.api.accounts import TOKENS
from watchtower.api.porch import Porch
from watchtower.model import AccessRole
from watchtower.web.server import WebServer

__all__ = ["house"]
ADMIN = {"authorization": f"Bearer {TOKEN}"}


async def call(house: House, method: str, path: str, **body: object) -> Said:
    sent = json.dumps({"by": "root", **body}).encode() if method == "POST" else b""
    return await Browser(house.app, host="127.0.0.1:9464").ask(method, path, sent, ADMIN)


async def test_every_answer_is_as_it_is_described(house: House) -> None:
    await house.signed_in("vera")
    await house.token("li", "read", expires=house.now[0] + 60)
    story: list[tuple[str, str, str, int, Mapping[str, object]]] = [
        ("GET", "/api/v1/accounts", "", 200, {}), ("POST", "/api/v1/accounts", "", 200, {"name": "wu", "role": "view"}),
        ("POST", "/api/v1/accounts", "", 422, {"name": "wu", "role": "boss"}), ("POST", "/api/v1/accounts", "", 422, {"role": "view"}),
        ("POST", "/api/v1/accounts", "", 409, {"name": "anna", "role": "view"}),
        ("POST", "/api/v1/accounts/{name}/link", "wu", 200, {}), ("POST", "/api/v1/accounts/{name}/link", "nobody", 404, {}),
        ("POST", "/api/v1/accounts/{name}/signout", "vera", 200, {}), ("POST", "/api/v1/accounts/{name}/signout", "x", 404, {}),
        ("POST", "/api/v1/accounts/{name}/remove", "wu", 200, {}), ("POST", "/api/v1/accounts/{name}/remove", "wu", 409, {}),
        ("GET", "/api/v1/tokens", "", 200, {}),
        ("POST", "/api/v1/tokens", "", 200, {"account": "li", "title": "CI", "scopes": ["push:orders"], "expires": "90d"}),
        ("POST", "/api/v1/tokens", "", 404, {"account": "x", "title": "CI", "scopes": ["read"]}),
        ("POST", "/api/v1/tokens", "", 422, {"account": "li", "title": "CI", "scopes": ["root"]}),
        ("POST", "/api/v1/tokens", "", 422, {"account": "li", "title": "", "scopes": ["read"]}),
        ("POST", "/api/v1/tokens", "", 422, {"account": "li", "title": "CI", "scopes": []}),
        ("POST", "/api/v1/tokens", "", 422, {"account": "li", "title": "CI", "scopes": ["push:"]}),
        ("POST", "/api/v1/tokens", "", 422, {"account": "li", "title": "CI", "scopes": ["read"], "expires": "soon"}),
        ("POST", "/api/v1/tokens", "", 422, {"account": "li", "title": "CI", "scopes": ["read"], "expires": "2001-01-01"}),
        ("POST", "/api/v1/tokens", "", 422, {"account": "li", "title": "CI", "scopes": ["read"], "expires": "1e300"}),
        ("POST", "/api/v1/tokens/{id}/revoke", "nothing", 404, {}), ("GET", "/api/v1/audit", "", 200, {}),
    ]  # fmt: skip
    for method, route, name, status, body in story:
        said = await call(house, method, re.sub(r"\{\w+\}", name, route), **body)
        assert said.status == status, (route, body, said.text)
        described(method, route, status, said.json())
    assert (await call(house, "GET", "/api/v1/audit?before=x")).status == 422
    assert "wu" not in house.accounts.accounts


async def test_the_tokens_of_an_account_are_bounded(house: House) -> None:
    await asyncio.gather(*(house.token("li", "read") for _ in range(TOKENS)))
    more = {"account": "li", "title": "CI", "scopes": ["read"]}
    assert "100 tokens of li" in (await call(house, "POST", "/api/v1/tokens", **more)).text
    assert (await call(house, "POST", "/api/v1/tokens", **{**more, "account": "vera"})).status == 200


@pytest.fixture
async def here(house: House) -> AsyncIterator[dict[str, str]]:
    server = WebServer(Porch(house.daemon, house.access), "127.0.0.1:0")
    await server.start()
    yield {"WATCHTOWER_LISTEN": f"127.0.0.1:{server.port}", "WATCHTOWER_API_TOKEN": TOKEN}
    await server.stop()


async def test_by_commands(house: House, here: dict[str, str]) -> None:
    added = await watchtower("account", "add", "wu", "--role", "view", **here)
    assert added.out.startswith("wu: view\nhttps://watch.example/welcome/")
    secret = added.out.strip().rpartition("/")[2]
    link = house.accounts.link(secret)
    assert link is not None
    assert (link.account, link.role) == ("wu", AccessRole.VIEW)
    changed, listed, first, token = await asyncio.gather(
        watchtower("account", "add", "li", "--role", "admin", **here), watchtower("account", "list", **here),
        watchtower("account", "link", **here), watchtower("token", "add", "CI", "--for", "li", "--scope", "read", **here),
    )  # fmt: skip
    assert changed.out == "li: admin\n", "no link for who has a password"
    assert "wu: view (has set no password), sessions 0" in listed.out
    made = house.accounts.link(first.out.strip().rpartition("/")[2])
    assert made is not None
    assert (made.account, made.role) == ("", AccessRole.ADMIN)
    assert re.fullmatch(r"wt_[\w-]{43}\n", token.out)
    (kept,) = house.accounts.tokens()
    with_token = {**here, "WATCHTOWER_API_TOKEN": token.out.strip()}
    reads, refused, revoked = await asyncio.gather(
        watchtower("token", "list", **here), watchtower("account", "sign-out", "li", **with_token),
        watchtower("account", "remove", "anna", **here),
    )  # fmt: skip
    assert reads.out.startswith(f"{kept.id} li: CI (read), used ")
    assert (refused.status, "it needs the role admin" in refused.err) == (1, True)
    assert revoked.out == "anna is removed\n", "li is an admin too"
    gone = await watchtower("token", "revoke", kept.id, **here)
    assert (gone.out, house.accounts.tokens()) == (f"{kept.id} is revoked\n", [])
    last = await watchtower("account", "remove", "li", **here)
    assert (last.status, "last admin" in last.err) == (1, True)
