"""Updates by mail: the form, the links, what is refused, and what nobody can find out."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from tests.web.asgi import Browser, Said
from tests.web.fake import AT, KEY, TOKEN, FakeDaemon
from tests.web.people import House, house
from watchtower.access.status_subscribers import OF_ALL, OF_ONE_CLIENT, WITHIN, StatusSubscribers, id_of
from watchtower.api.proofs import TRAP
from watchtower.channels.kinds.email import EmailChannel
from watchtower.errors import StoreError
from watchtower.model import Language
from watchtower.web import tokens
from watchtower.web.app import application

__all__ = ["house"]
ANN = "ann@customer.example"


@dataclass
class Public:
    """The status page of a house, with a mail channel; `now` is the clock of its limits."""

    house: House
    known: StatusSubscribers
    now: list[float]

    def browser(self, address: str = "203.0.113.7") -> Browser:
        return self.house.browser(address=address)

    async def ask(self, address: str, client: str = "203.0.113.7", **more: str) -> Said:
        body = urlencode({"address": address, "lang": "en", TRAP: "", **more}).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return await self.browser(client).ask("POST", "/status/subscribe", body, kind)

    def asked(self) -> list[str]:
        return [address for address, _, _ in self.known.asked]


def link(path: str, purpose: str, about: str, until: float = AT + 86400, key: bytes = KEY) -> str:
    return f"/status/{path}/{tokens.make(tokens.status_key(key), purpose, about, until)}"


@pytest_asyncio.fixture
async def public(house: House, tmp_path: Path) -> AsyncIterator[Public]:
    now = [AT]
    known = StatusSubscribers(house.store, lambda: now[0])
    channel = EmailChannel(EmailChannel.Settings(mailbox=str(tmp_path / "mbox")))
    known.carrier = lambda: channel
    house.access = replace(house.access, status_page=True, subscribers=known)
    house.app = application(house.daemon, house.access)
    yield Public(house, known, now)


async def test_the_form_needs_no_script_no_cookie_and_no_token(public: Public) -> None:
    browser = public.browser()
    page = await browser.get("/status?lang=zh")
    assert '<form method="post" action="/status/subscribe">' in page.text
    assert 'name="lang" value="zh"' in page.text
    assert "<script" not in page.text
    said = await public.ask(ANN, lang="zh")
    assert (said.status, said.header("set-cookie"), browser.set_cookies) == (200, "", [])
    assert "确认邮件已发出" in said.text
    assert list(public.known.asked) == [(ANN, Language.ZH, AT)]


async def test_without_a_way_to_send_mail_there_is_no_form(public: Public) -> None:
    public.known.carrier = lambda: None
    assert "<form" not in (await public.browser().get("/status")).text
    assert (await public.ask(ANN)).status == 404


async def test_without_the_page_there_is_nothing(house: House) -> None:
    house.access = replace(house.access, subscribers=StatusSubscribers(house.store))
    house.app = application(house.daemon, house.access)
    for method, path in (
        ("POST", "/status/subscribe"),
        ("GET", link("confirm", "en", ANN)),
        ("POST", link("unsubscribe", "off", id_of(ANN))),
    ):
        assert (await house.browser().ask(method, path, b"", {})).status == 404


async def test_the_answer_says_nothing_of_the_address(public: Public) -> None:
    """Neither whether it is known, nor whether it was asked lately, nor whether it is one."""
    await public.known.confirm("known@customer.example", Language.EN)
    answers = [
        await public.ask(address, f"198.51.100.{number}")
        for number, address in enumerate(("known@customer.example", ANN, ANN, "no address", "", "x" * 300))
    ]
    assert len({(said.status, said.body, str(sorted(said.headers))) for said in answers}) == 1
    assert public.asked() == ["known@customer.example", ANN]
    assert (await public.ask("bob@customer.example", **{TRAP: "spam"})).body == answers[0].body
    assert "bob@customer.example" not in public.asked()


@pytest.mark.parametrize(
    "address",
    [
        "ann@customer.example\r\nBcc: all@customer.example", "ann@customer.example\nBcc: x@y.example", "ann@customer.example%0aBcc:x",
        "Ann <ann@customer.example>", "ann@customer.example,bob@customer.example", "ann@customer.example bob@customer.example",
        "root@localhost", "ann@127.0.0.1", "ann@[127.0.0.1]", '"a b"@customer.example', "ann@@customer.example", "ann@例子.中国",
        "änn@customer.example", "ann@customer..example", f"{'a' * 65}@customer.example", f"a@{'b.' * 126}example",
    ],
)  # fmt: skip
async def test_what_is_no_address_gets_no_mail(public: Public, address: str) -> None:
    assert (await public.ask(address)).status == 200
    assert public.asked() == []


@pytest.mark.parametrize(
    "address", ["ann+status@customer.example", "ann@xn--fsqu00a.xn--fiqs8s", " ann@customer.example "]
)
async def test_what_is_one_gets_one(public: Public, address: str) -> None:
    await public.ask(address)
    assert public.asked() == [address.strip()]


async def test_an_address_gets_one_mail_in_ten_minutes(public: Public) -> None:
    for number, address in enumerate((ANN, ANN.upper(), ANN)):
        await public.ask(address, f"198.51.100.{number}")
    assert public.asked() == [ANN]
    public.now[0] += WITHIN + 1
    await public.ask(ANN)
    assert public.asked() == [ANN, ANN]


async def test_who_asks_too_often_waits_and_keeps_nobody_else(public: Public) -> None:
    for number in range(OF_ONE_CLIENT):
        assert (await public.ask(f"a{number}@customer.example", f"2001:db8::{number + 1}")).status == 200
    said = await public.ask(ANN, "2001:db8::ffff")
    assert (said.status, said.header("retry-after")) == (429, "600")
    assert ANN not in public.asked()
    assert (await public.ask(ANN, "2001:db8:1::1")).status == 200
    assert ANN in public.asked()
    public.now[0] += WITHIN + 1
    assert (await public.ask("bob@customer.example", "2001:db8::1")).status == 200


async def test_all_together_are_limited_too(public: Public) -> None:
    for number in range(OF_ALL):
        assert public.known.ask(
            f"a{number}@customer.example", Language.EN, f"10.0.{number // 250}.{number % 250}"
        )
    assert (await public.ask(ANN)).status == 429
    assert len(public.asked()) == OF_ALL


async def test_a_link_that_is_fetched_changes_nothing_and_the_button_does(public: Public) -> None:
    path, browser = link("confirm", "zh", ANN), public.browser()
    for _ in range(2):  # what looks into mails
        page = await browser.get(path)
        assert (page.status, '<form method="post"><button>' in page.text) == (200, True)
        assert page.header("referrer-policy") == "no-referrer"
        assert page.header("cache-control") == "no-store"
    assert not public.known.known
    for _ in range(2):
        assert (await browser.ask("POST", path, b"", {})).status == 200
        public.now[0] += 5
    [one] = public.known.known.values()
    assert (one.address, one.language, one.confirmed_at) == (ANN, Language.ZH, AT)
    again = StatusSubscribers(public.house.store)
    await again.load()
    assert again.known == public.known.known
    await public.house.accounts.load()  # whose table it is


async def test_a_link_that_is_old_cut_off_or_of_something_else_opens_nothing(public: Public) -> None:
    good = link("confirm", "en", ANN)
    for path in (
        good[:-1], good[:-1] + ("A" if good[-1] != "A" else "B"), link("confirm", "en", ANN, AT - 3600),
        link("confirm", "off", id_of(ANN)), link("unsubscribe", "en", ANN), link("confirm", "en", ANN, key=b"x" * 32),
        "/status/confirm/" + tokens.make(KEY, "INC-12", "li", AT + 86400), "/status/unsubscribe/" + "z" * 500, "/status/confirm/é",
    ):  # fmt: skip
        for method in ("GET", "POST"):
            assert (await public.browser().ask(method, path, b"", {})).status in (404, 400), path
    assert not public.known.known
    as_page = "/ack/" + good.rpartition("/")[2]
    assert (await public.browser().get(as_page)).status in (404, 410)


async def test_one_click_of_a_mail_program_ends_it(public: Public) -> None:
    """RFC 8058: no cookie, no origin of ours, any kind of form. A GET shows a button."""
    path = link("unsubscribe", "off", id_of(ANN), 1e10) + "?lang=en"
    await public.known.confirm(ANN.upper(), Language.EN)
    page = await public.browser().get(path)
    assert '<form method="post"><button>Unsubscribe</button></form>' in page.text
    assert ANN not in page.text.lower()
    assert public.known.known
    one_click = (
        b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    )
    for body, kind in (
        (one_click, "multipart/form-data; boundary=b"),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    ):
        headers = {"content-type": kind, "origin": "https://mail.example", "sec-fetch-site": "cross-site"}
        said = await public.browser().ask("POST", path, body, headers)
        assert (said.status, "no more updates" in said.text) == (200, True)
        assert not public.known.known


async def test_there_is_an_end_to_the_list(public: Public) -> None:
    public.known = StatusSubscribers(public.house.store, lambda: public.now[0], most=1)
    public.house.access = replace(public.house.access, subscribers=public.known)
    public.house.app = application(public.house.daemon, public.house.access)
    await public.known.confirm("first@customer.example", Language.EN)
    assert (await public.browser().ask("POST", link("confirm", "en", ANN), b"", {})).status == 503
    assert (
        await public.browser().ask("POST", link("confirm", "zh", "first@customer.example"), b"", {})
    ).status == 200
    assert [one.language for one in public.known.known.values()] == ["zh"]


async def test_what_the_store_did_not_take_does_not_count(public: Public) -> None:
    await public.house.store.close()
    said = await public.browser().ask("POST", link("confirm", "en", ANN), b"", {})
    assert said.status == 503
    assert not public.known.known
    with pytest.raises(StoreError):
        await public.known.load()


async def test_admins_export_and_remove_addresses(public: Public, json_log: io.StringIO) -> None:
    admin = {"authorization": f"Bearer {TOKEN}"}
    viewer = {"authorization": f"Bearer {await public.house.token('vera', 'read')}"}
    await public.ask(ANN)
    await public.browser().ask("POST", link("confirm", "en", ANN), b"", {})
    listed = await public.browser().ask("GET", "/api/v1/status/subscribers", b"", admin)
    assert listed.json() == {
        "subscribers": [
            {
                "address": ANN,
                "language": "en",
                "confirmed_at": listed.json()["subscribers"][0]["confirmed_at"],
            }
        ],
        "next": None,
    }
    assert (await public.browser().ask("GET", "/api/v1/status/subscribers", b"", viewer)).status == 403
    body = json.dumps({"by": "anna", "address": f" {ANN.upper()} "}).encode()
    removed = [
        await public.browser().ask("POST", "/api/v1/status/subscribers/remove", body, admin) for _ in range(2)
    ]
    assert [said.status for said in removed] == [200, 404]
    assert ANN not in json_log.getvalue().lower()
    assert "/status/confirm/…" in json_log.getvalue()
    assert await public.house.store.access() == [
        row for row in await public.house.store.access() if row[0] != "subscriber"
    ]


async def test_the_page_itself_names_no_subscriber(public: Public, daemon: FakeDaemon) -> None:
    await public.known.confirm(ANN, Language.EN)
    for path in ("/status", "/status/feed.xml"):
        assert "customer.example" not in (await public.browser().get(path)).text
