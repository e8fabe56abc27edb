"""Signing in by a real provider of OpenID Connect, and by answers that no provider gave to this browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from starlette.concurrency import run_in_threadpool

from tests.parts.httpserver import Answer, HttpServer
from tests.web.asgi import Browser, Said
from tests.web.fake import FakeDaemon
from tests.web.people import House, a_house
from watchtower.config.environment import EnvironmentSettings
from watchtower.config.settings import read
from watchtower.errors import UsageError
from watchtower.fields import Secret
from watchtower.model import AccessRole
from watchtower.store.sqlite import SqliteStore


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    from oidc_provider_mock import User, run_server_in_thread  # a web framework that no other test needs

    users = [
        User(
            sub="1001", claims={"email": "li@example.com", "email_verified": True, "groups": ["sre", "staff"]}
        ),
        User(sub="1002", claims={"email": "wu@example.com", "groups": ["platform"]}),
        User(sub="1003", claims={"email": "guest@example.com", "groups": []}),
        User(
            sub="1004",
            claims={"email": "mallory@example.com", "email_verified": False, "groups": ["platform"]},
        ),
        User(sub="1005", claims={"email": "LI@example.com", "groups": ["platform"]}),
        User(sub="1006", claims={"email": "vera", "groups": ["platform"]}),
        User(sub="1007", claims={"groups": ["platform"]}),
    ]
    with run_server_in_thread(require_nonce=True, user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
async def house(issuer: str, tmp_path: Path) -> AsyncIterator[House]:
    store = SqliteStore(tmp_path / "w.db", "NORMAL")
    await store.open()
    yield await a_house(store, FakeDaemon(), **settings(issuer))
    await store.close()


def settings(issuer: str) -> dict[str, object]:
    return {
        "oidc_issuer": issuer, "oidc_client_id": "watchtower", "oidc_client_secret": Secret("what-it-gave-us"),
        "oidc_roles": "sre=respond, platform=admin",
    }  # fmt: skip


async def to_provider(browser: Browser, there: str = "/report") -> str:
    """The provider's address to which this browser is sent."""
    await browser.get("/signin")
    link = re.search(r'href="(/signin/provider[^"]*)"', browser.page)
    assert link
    sent = await browser.get(f"/signin/provider?next={there}")
    assert sent.status == 303, sent.text
    return sent.header("location")


async def consent(url: str, sub: str) -> str:
    """Where the provider sends the browser back to, once this person has signed in there."""
    answer = await run_in_threadpool(requests.post, url, data={"sub": sub}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == "https://watch.example/signin/return"
    return f"{back.path}?{back.query}"


async def sign_in(browser: Browser, sub: str) -> Said:
    return await browser.get(await consent(await to_provider(browser), sub))


@pytest.fixture
async def fresh(house: House) -> House:
    await house.accounts.remove("li")
    return house


async def test_whoever_the_provider_vouches_for_comes_in_as_the_responder_of_that_mail(fresh: House) -> None:
    browser = fresh.browser()
    url = await to_provider(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert {"nonce", "state", "code_challenge"} <= set(asked)
    done = await browser.get(await consent(url, "1001"))
    assert (done.status, done.header("location")) == (303, "/report")
    await browser.get("/account")
    await browser.post("/incidents/INC-12/ack")
    assert fresh.daemon.asked[-1] == ("ack", "INC-12", "li", "session"), "li is the responder with this mail"
    assert (await browser.post("/account/put", {"name": "x", "role": "admin"})).status == 403


async def test_the_role_is_what_the_groups_say_now(fresh: House) -> None:
    browser = fresh.browser()
    assert (await sign_in(browser, "1002")).status == 303
    assert fresh.accounts.accounts["wu@example.com"].role is AccessRole.ADMIN
    assert (await sign_in(fresh.browser(), "1001")).status == 303
    assert fresh.accounts.accounts["li"].role is AccessRole.RESPOND


@pytest.mark.parametrize(
    ("sub", "why"),
    [
        ("1003", "no group"),
        ("1004", "no verified"),
        ("1006", "belongs to another account"),
        ("1007", "no verified"),
    ],
)
async def test_it_lets_nobody_in_who_is_not_vouched_for(fresh: House, sub: str, why: str) -> None:
    browser = fresh.browser()
    refused = await sign_in(browser, sub)
    assert refused.status == 403
    assert why in refused.text
    assert (await browser.get("/account")).status == 303


async def test_another_person_with_the_same_mail_is_not_that_person(fresh: House) -> None:
    assert (await sign_in(fresh.browser(), "1001")).status == 303
    second = await sign_in(fresh.browser(), "1005")
    assert (second.status, "belongs to another account" in second.text) == (403, True)


async def test_an_answer_counts_once_for_the_browser_that_asked(fresh: House) -> None:
    mine, victim = fresh.browser(), fresh.browser()
    back = await consent(await to_provider(mine), "1001")
    await to_provider(victim)
    assert (await victim.get(back)).status == 403, "somebody else's answer (login CSRF)"
    forged = re.sub(r"state=[^&]*", "state=thought-up", back)
    assert (await mine.get(forged)).status == 403
    in_another_tab = await consent(await to_provider(mine), "1001")
    mine_too = dict(mine.cookies)
    assert (await mine.get(back)).status == 303
    assert (await fresh.browser(cookies=mine_too).get(in_another_tab)).status == 303
    assert (await mine.get(back)).status == 403, "a second time"


async def test_a_person_who_says_no_there_is_told_so(fresh: House) -> None:
    browser = fresh.browser()
    url = await to_provider(browser)
    answer = await run_in_threadpool(
        requests.post, url, data={"action": "deny"}, allow_redirects=False, timeout=10
    )
    back = urlsplit(answer.headers["Location"])
    state = parse_qs(urlsplit(url).query)["state"][0]
    refused = await browser.get(f"/signin/return?{back.query}&state={state}")
    assert (refused.status, "access_denied" in refused.text) == (403, True)


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        (Answer.json({"issuer": "https://other.example"}), "another name"),
        (Answer.json([]), "cannot be used"), (Answer(b"<html>"), "cannot be used"), (Answer(b"", 503), "cannot be used"),
    ],
)  # fmt: skip
async def test_a_provider_that_is_ill_is_said_and_passwords_go_on(
    http_server: HttpServer, tmp_path: Path, metadata: Answer, why: str
) -> None:
    http_server.on("/.well-known/openid-configuration", metadata)
    store = SqliteStore(tmp_path / "w.db", "NORMAL")
    await store.open()
    house = await a_house(store, FakeDaemon(), **settings(http_server.url("")))
    browser = house.browser()
    await browser.get("/signin")
    refused = await browser.get("/signin/provider?next=/")
    assert (refused.status, why in refused.text) == (503, True), refused.text
    assert (await house.sign_in(house.browser(), "li")).status == 303
    await store.close()


def test_settings_that_lack_another_are_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"OIDC_ISSUER: needs WATCHTOWER_OIDC_CLIENT_ID(.|\n)*") as error:
        read({"WATCHTOWER_OIDC_ISSUER": "https://login.example", "WATCHTOWER_TLS_KEY": "key.pem"})
    assert "TLS_CERTIFICATE and WATCHTOWER_TLS_KEY: set both" in str(error.value)
    with pytest.raises(UsageError, match=r"sre=boss.* names a role that there is not"):
        read({"WATCHTOWER_OIDC_ROLES": "sre=boss"})
    assert isinstance(read({"WATCHTOWER_OIDC_ROLES": "sre=respond, *=view"}), EnvironmentSettings)
