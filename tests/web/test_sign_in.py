"""Signing in by a password, and the attacks on sessions and forms that OWASP lists, each as a browser would meet it."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.web.asgi import Browser
from tests.web.fake import KEY
from tests.web.people import PASSWORD, House, house
from watchtower.access.cookies import Cookies, own_path
from watchtower.api.hosts import Hosts
from watchtower.model import AccessRole
from watchtower.web.app import application

__all__ = ["house"]
NEW = "another long sentence"


def session_of(browser: Browser) -> str:
    return next(
        value
        for name, value in browser.cookies.items()
        if name.startswith("__Host-watchtower_") and "_in_" not in name
    )


async def test_a_person_who_signs_in_comes_to_where_they_wanted(house: House) -> None:
    browser = house.browser()
    sent = await browser.get("/incidents/INC-12?lang=zh")
    assert (sent.status, sent.header("location")) == (303, "/signin?next=%2Fincidents%2FINC-12%3Flang%3Dzh")
    await browser.get(sent.header("location"))
    next_ = re.search(r'name="next" value="([^"]*)"', browser.page)
    assert next_
    done = await browser.post("/signin", {"name": "LI", "password": PASSWORD, "next": next_[1]})
    assert (done.status, done.header("location")) == (303, "/incidents/INC-12?lang=zh")
    page = await browser.get("/incidents/INC-12")
    assert page.status == 200
    assert ">li</a>" in page.text
    assert 'name="by"' not in page.text, "nobody is asked for a name who signed in"


async def test_flags_of_the_cookie(house: House) -> None:
    browser = await house.signed_in("li")
    sent = next(line for line in browser.set_cookies if session_of(browser) in line)
    assert sent.startswith("__Host-")
    parts = {part.strip().lower() for part in sent.split(";")[1:]}
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= parts
    assert not any(part.startswith("domain") for part in parts)
    assert len(session_of(browser)) == 43, "256 bits"
    plain = await house.signed_in("li", scheme="http", host="127.0.0.1:9464")
    assert not any(name.startswith("__") for name in plain.cookies), (
        "a browser drops these names on plain http"
    )


async def test_pages_cannot_be_framed_and_say_no_other_site_where_they_are(house: House) -> None:
    browser = await house.signed_in("li")
    page = await browser.get("/account")
    assert page.header("x-frame-options") == "DENY"
    assert "frame-ancestors 'none'" in page.header("content-security-policy")
    assert "form-action 'self'" in page.header("content-security-policy")
    assert page.header("referrer-policy") == "same-origin"
    assert page.header("cache-control") == "no-store", "the back button shows nothing after signing out"


async def test_fixation_a_session_that_was_there_before_is_not_the_one_after(house: House) -> None:
    browser = await house.signed_in("li")
    before = session_of(browser)
    await browser.get("/signin")
    await browser.post("/signin", {"name": "li", "password": PASSWORD})
    assert session_of(browser) != before
    planted = house.browser(
        cookies={"__Host-watchtower_" + browser_suffix(browser): "planted-by-an-attacker"}
    )
    await house.sign_in(planted, "li")
    assert session_of(planted) != "planted-by-an-attacker"


def browser_suffix(browser: Browser) -> str:
    return next(name.rpartition("_")[2] for name in browser.cookies)


FORGED = [
    ("no token", {"form_token": None}, {}),
    ("an empty token", {"form_token": ""}, {}),
    ("a token that was thought up", {"form_token": "0011223344556677.00112233445566778899aabbccddeeff"}, {}),
    ("another origin", {}, {"origin": "https://evil.example"}),
    ("another scheme", {}, {"origin": "http://watch.example"}),
    ("another port", {}, {"origin": "https://watch.example:8443"}),
    ("a name that begins so", {}, {"origin": "https://watch.example.evil.example"}),
    ("a page that hides its origin", {}, {"origin": "null"}),
    ("another site by the browser's own word", {}, {"sec-fetch-site": "cross-site"}),
    ("a sibling by the browser's own word", {}, {"sec-fetch-site": "same-site"}),
]


@pytest.mark.parametrize(
    ("fields", "headers"), [case[1:] for case in FORGED], ids=[case[0] for case in FORGED]
)
async def test_a_forged_form_does_nothing(
    house: House, fields: dict[str, str | None], headers: dict[str, str]
) -> None:
    browser = await house.signed_in("anna")
    forms = {
        "/incidents/INC-12/do/note": {"note.text": "x"}, "/incidents/INC-12/ack": {}, "/silences": {"subject": 'check="ledger"'},
        "/account/put": {"name": "mallory", "role": "admin"}, "/account/token": {"title": "x", "scopes": "admin"},
        "/account/password": {"password": PASSWORD, "new": NEW}, "/signout": {},
    }  # fmt: skip
    for path, filled in forms.items():
        await browser.get("/account")
        said = await browser.post(path, {**filled, **fields}, **headers)
        assert said.status == 403, path
    assert house.daemon.asked == []
    assert "mallory" not in house.accounts.accounts
    assert (await browser.get("/account")).status == 200, "still signed in"


async def test_the_token_of_another_session_and_of_an_ended_one_opens_nothing(house: House) -> None:
    li, vera = await house.signed_in("li"), await house.signed_in("vera")
    theirs = vera.form_token()
    assert (await li.post("/incidents/INC-12/ack", {"form_token": theirs})).status == 403
    await li.get("/account")
    old = li.form_token()
    await house.sign_in(li, "li")
    assert (await li.post("/incidents/INC-12/ack", {"form_token": old})).status == 403
    assert house.daemon.asked == []


async def test_nobody_is_signed_in_by_another_site(house: House) -> None:
    """Login CSRF: the victim would act in the attacker's account."""
    victim, attacker = house.browser(), house.browser()
    await attacker.get("/signin")
    fields = {"name": "li", "password": PASSWORD, "form_token": attacker.form_token()}
    assert (await victim.post("/signin", fields)).status == 403
    await victim.get("/signin")
    assert (await victim.post("/signin", fields)).status == 403
    assert (
        await victim.post("/signin", {"name": "li", "password": PASSWORD}, origin="https://evil.example")
    ).status == 403


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil",
        "",
    ],
)
async def test_signing_in_leads_to_no_other_site(house: House, there: str) -> None:
    browser = house.browser()
    await browser.get(f"/signin?next={quote(there)}")
    done = await browser.post("/signin", {"name": "li", "password": PASSWORD, "next": there})
    assert (done.status, done.header("location")) in ((303, "/"), (400, ""))
    assert own_path(there) == "/"


async def test_a_session_in_the_address_or_as_a_token_opens_nothing(house: House) -> None:
    cookie = session_of(await house.signed_in("anna"))
    token = await house.token("anna", "admin")
    browser = house.browser()
    for query in (
        f"token={token}",
        f"access_token={token}",
        f"session={cookie}",
        f"authorization=Bearer%20{token}",
    ):
        assert (await browser.get(f"/api/v1/incidents?{query}")).status == 401
    assert (
        await browser.ask("GET", "/api/v1/incidents", b"", {"authorization": f"Bearer {cookie}"})
    ).status == 401


async def test_a_session_ends(house: House) -> None:
    async def signed_in(browser: Browser) -> bool:
        return (await browser.get("/account")).status == 200

    idle, busy = await house.signed_in("li"), await house.signed_in("li")
    for _ in range(13):
        house.now[0] += 3600
        assert await signed_in(busy)
    assert not await signed_in(idle), "after 12 hours without a request"
    for _ in range(15):
        house.now[0] += 11 * 3600
        await signed_in(busy)
    assert not await signed_in(busy), "after seven days in any case"

    one, other = await house.signed_in("li"), await house.signed_in("li")
    cookies = dict(one.cookies)
    await one.post("/signout")
    assert not await signed_in(house.browser(cookies=cookies)), "the cookie was kept by somebody"
    assert await signed_in(other)
    third = await house.signed_in("li")
    await third.post("/signout", {"everywhere": "1"})
    assert not await signed_in(other)


async def test_a_changed_password_ends_all_other_sessions(house: House) -> None:
    mine, stolen = await house.signed_in("li"), await house.signed_in("li")
    wrong = await mine.post("/account/password", {"password": "not this one", "new": NEW})
    assert wrong.status == 422
    await mine.get("/account")
    assert (await mine.post("/account/password", {"password": PASSWORD, "new": NEW})).status == 200
    assert (await stolen.get("/account")).status == 303
    assert (await mine.get("/account")).status == 200
    assert (await house.sign_in(house.browser(), "li")).status == 403
    assert (await house.sign_in(house.browser(), "li", NEW)).status == 303


async def test_guesses_are_locked_out_and_the_owner_is_not(house: House) -> None:
    await house.signed_in("li", address="10.0.0.7")
    guesser = house.browser(address="203.0.113.9")
    assert [(await house.sign_in(guesser, "li", f"guess {n}")).status for n in range(6)] == [403] * 5 + [429]
    assert (await house.sign_in(guesser, "li")).status == 429, "the right one is not even looked at"
    assert "15 min" in guesser.page
    assert (await house.sign_in(house.browser(address="10.0.0.8"), "li")).status == 303
    for n in range(60):  # from everywhere
        await house.sign_in(house.browser(address=f"198.51.{n}.9"), "li", "guess")
    assert (await house.sign_in(house.browser(address="192.0.2.1"), "li")).status == 429
    assert (await house.sign_in(house.browser(address="10.0.0.7"), "li")).status == 303, (
        "where they signed in before"
    )


async def test_an_address_guesses_ten_passwords_a_minute_whatever_the_names(house: House) -> None:
    guesser = house.browser()
    tried = [(await house.sign_in(guesser, f"name{n}", "guess")).status for n in range(12)]
    assert tried[:10] == [403] * 10
    assert set(tried[10:]) == {429}
    assert (await guesser.get("/signin")).status == 200


async def test_the_guesses_of_others_behind_the_same_address_keep_nobody_out_who_was_there_before(
    house: House,
) -> None:
    """A proxy that nobody named as trusted, or one office: all come from one address."""
    await house.signed_in("li")
    guesser = house.browser()
    for n in range(15):
        await house.sign_in(guesser, f"name{n}", "guess")
    assert (await house.sign_in(guesser, "name99", "guess")).status == 429
    assert (await house.sign_in(house.browser(), "li")).status == 303


async def test_two_watchtowers_of_one_host_do_not_sign_each_other_out() -> None:
    """Browsers send the cookies of a host to every port."""
    assert Cookies.of("", b"one").suffix != Cookies.of("", b"other").suffix


async def test_an_account_that_is_made_again_revives_no_token_and_no_session(house: House) -> None:
    browser, token = await house.signed_in("li"), await house.token("li", "read")
    await house.accounts.remove("li")
    await house.accounts.put_account("li", AccessRole.ADMIN)
    assert (await browser.get("/account")).status == 303
    assert (
        await browser.ask("GET", "/api/v1/incidents", b"", {"authorization": f"Bearer {token}"})
    ).status == 401


@pytest.mark.parametrize("strips", [True, False])
async def test_below_a_path_signing_in_leads_back_below_it_and_in_no_circle(
    house: House, strips: bool
) -> None:
    base = "https://ops.example/tools/wt"
    access = replace(house.access, cookies=Cookies.of(base, KEY), hosts=Hosts.of(base, "127.0.0.1", ()))
    browser = Browser(application(house.daemon, access), host="ops.example")

    def ours(path: str) -> str:
        assert path.startswith("/tools/wt/"), path
        return path.removeprefix("/tools/wt") if strips else path

    for start in ("/tools/wt", "/tools/wt/", "/tools/wt/report"):
        browser.cookies.clear()
        sent = await browser.get((start.removeprefix("/tools/wt") or "/") if strips else start)
        there = sent.header("location")
        await browser.get(ours(there))
        wanted = re.search(r'name="next" value="([^"]*)"', browser.page)
        assert wanted
        done = await browser.post(
            ours("/tools/wt/signin"), {"name": "li", "password": PASSWORD, "next": wanted[1]}
        )
        assert (done.status, done.header("location")) == (
            303,
            start if start.endswith("report") else "/tools/wt/",
        )
        assert (await browser.get(ours(done.header("location")))).status == 200
        assert all("Path=/tools/wt;" in line for line in browser.set_cookies)
        assert all(name.startswith("__Secure-") for name in browser.cookies)


async def test_a_proxy_that_rewrites_the_host_and_says_nothing_of_tls_is_signed_in_through(
    house: House,
) -> None:
    """nginx does so by default: Host is what it asks, and no X-Forwarded-Proto comes along."""
    browser = house.browser(scheme="http", host="127.0.0.1:9464", address="127.0.0.1")
    await browser.get("/signin")
    said = await browser.post("/signin", {"name": "li", "password": PASSWORD}, origin="https://watch.example")
    assert said.status == 303
    assert (await browser.get("/")).status == 200


async def test_an_unknown_name_takes_as_long_and_says_the_same(house: House) -> None:
    """A hash is compared for a name that is not there too, with the settings of all others."""
    said = {}
    for number, name in enumerate(("li", "nobody")):
        answer = await house.sign_in(house.browser(address=f"10.0.2.{number}"), name, "a wrong password")
        said[name] = (answer.status, re.sub(r'value="[^"]*"', "", answer.text))
    assert said["li"] == said["nobody"]
    passwords = house.access.sign_in.passwords  # type: ignore[union-attr]
    assert await passwords.right("x", "") == (False, "")
    assert passwords._nobodys.startswith("$argon2id$v=19$m=19456,t=2,p=1$"), (
        "the settings of every other hash"
    )


async def test_a_one_time_link_works_once_and_only_for_its_account(house: House) -> None:
    secret = await house.accounts.make_link("", AccessRole.ADMIN)
    browser = house.browser()
    for _ in range(2):
        assert (await browser.get(f"/welcome/{secret}")).status == 200, "looking uses nothing up"
    for name, password in (
        ("wu", "short"),
        ("wu", "a" * 20),
        ("wu", "wu and more letters"),
        ("watchtower", NEW),
        ("li", NEW),
    ):
        assert (
            await browser.post(f"/welcome/{secret}", {"name": name, "password": password})
        ).status == 422, name
    assert (await browser.post(f"/welcome/{secret}", {"name": "wu", "password": NEW})).status == 303
    assert (await browser.get("/account")).status == 200
    assert house.accounts.accounts["wu"].role is AccessRole.ADMIN
    assert (await house.browser().get(f"/welcome/{secret}")).status == 404

    old = await house.accounts.make_link("li", AccessRole.VIEW)
    new = await house.accounts.make_link("li", AccessRole.VIEW)
    assert (await house.browser().get(f"/welcome/{old}")).status == 404, "a newer one ends it"
    browser = house.browser()
    await browser.get(f"/welcome/{new}")
    await browser.post(f"/welcome/{new}", {"name": "anna", "password": NEW})
    assert (await house.sign_in(house.browser(), "anna", NEW)).status == 403
    assert house.accounts.accounts["li"].role is AccessRole.RESPOND, "the link gives no role to who has one"
    house.now[0] += 86400
    late = await house.accounts.make_link("li", AccessRole.VIEW)
    house.now[0] += 86400
    assert (await house.browser().get(f"/welcome/{late}")).status == 404


async def test_nothing_secret_is_in_the_store(house: House) -> None:
    browser = await house.signed_in("li")
    token, link = await house.token("li", "read"), await house.accounts.make_link("li", AccessRole.VIEW)
    await house.access.save()
    kept = repr(await house.store.access()) + repr(await house.store.audit())
    for secret in (PASSWORD, session_of(browser), token, link, KEY.decode()):
        assert secret not in kept
    assert "$argon2id$" in kept


async def test_access_survives_a_restart(house: House) -> None:
    browser, token = await house.signed_in("li"), await house.token("li", "read")
    await house.accounts.load()
    assert (await browser.get("/account")).status == 200
    assert (
        await browser.ask("GET", "/api/v1/incidents", b"", {"authorization": f"Bearer {token}"})
    ).status == 200


async def test_a_proxys_own_password_does_not_stand_in_the_way(house: House) -> None:
    """A proxy that asks for a password itself passes it on with every request."""
    browser = await house.signed_in("li")
    browser.headers["authorization"] = "Basic cHJveHk6c2VjcmV0"
    for _ in range(15):
        assert (await browser.get("/")).status == 200
    await browser.get("/account")
    assert (await browser.post("/incidents/INC-12/ack")).status == 303
