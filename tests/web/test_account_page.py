"""The page of one's own account: tokens, and what an admin may do to others."""

from __future__ import annotations

import re

from tests.web.people import House, house
from watchtower.model import AccessRole

__all__ = ["house"]


async def test_the_page_of_the_account_makes_a_token_once_and_revokes_it(house: House) -> None:
    browser = await house.signed_in("li")
    made = await browser.post(
        "/account/token", {"title": "CI", "scopes": "push:business read", "expires": "7d"}
    )
    found = re.search(r"wt_[\w-]{43}", made.text)
    assert found
    header = {"authorization": f"Bearer {found[0]}"}
    assert (await browser.ask("POST", "/push/business", b'{"requests": 1}', header)).status == 202
    again = await browser.get("/account")
    assert found[0] not in again.text
    assert "push:business read" in again.text
    (token,) = house.accounts.tokens("li")
    vera = await house.signed_in("vera")
    await vera.post("/account/revoke", {"id": token.id})
    assert house.accounts.tokens("li"), "it is not hers"
    await browser.get("/account")
    assert (await browser.post("/account/revoke", {"id": token.id})).status == 303
    assert (await browser.ask("POST", "/push/business", b'{"requests": 1}', header)).status == 401


async def test_the_last_admin_stays(house: House) -> None:
    browser = await house.signed_in("anna")
    assert (await browser.post("/account/put", {"name": "anna", "role": "view"})).status == 409
    await browser.get("/account")
    assert (await browser.post("/account/remove", {"name": "anna"})).status == 409
    assert house.accounts.accounts["anna"].role is AccessRole.ADMIN
