"""Public updates by mail, through a real Postfix: once each, whoever is away, and none that nobody published."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.parts.postfix import Postfix
from tests.web.conftest import json_log
from tests.web.fake import CHECKOUT, KEY, PLAN
from watchtower.access.status_subscribers import StatusSubscribers, id_of
from watchtower.app.status_mail import DAY, StatusMail
from watchtower.channels.contract import Channel
from watchtower.channels.kinds.email import EmailChannel
from watchtower.core.events import IncidentChanged, Logged
from watchtower.core.notes.kinds import NoteWithdrawn, StatusUpdated
from watchtower.errors import StoreError
from watchtower.model import Language, Severity
from watchtower.store.sqlite import SqliteStore
from watchtower.web import tokens

__all__ = ["json_log"]
URL = "https://status.customers-of-a-shop-with-a-long-name.example/status"
AT = 1_764_400_000.0


class MovedStore(SqliteStore):
    """Refuses what it is asked to refuse."""

    refuses = False

    async def put(self, name: str, value: str) -> None:
        if self.refuses:
            raise StoreError("refused")
        await super().put(name, value)


@dataclass
class Post:
    """Subscribers of this test alone have an address below `domain`."""

    store: MovedStore
    known: StatusSubscribers
    channels: dict[str, Channel]
    postfix: Postfix
    domain: str
    now: list[float]
    queued: list[bool] = field(default_factory=lambda: [False])
    mail: StatusMail | None = None
    updates: int = 0
    leads: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, **more: Any) -> None:
        """A daemon that leads, as after a restart."""
        self.known = StatusSubscribers(self.store, lambda: self.now[0])
        await self.known.load()
        self.mail = StatusMail(
            URL, KEY, self.known, self.store, self.channels, lambda: PLAN, self._leads, lambda: self.queued[0],
            **{"clock": lambda: self.now[0], "pause": 0.01, "retry": 0.2, **more},
        )  # fmt: skip
        self.mail.start()

    async def _leads(self, _: Severity) -> None:
        await self.leads.wait()

    async def subscribe(self, *names: str, language: Language = Language.EN) -> None:
        for name in names:
            await self.known.confirm(self.address(name), language)

    def address(self, name: str) -> str:
        return f"{name}@{self.domain}"

    async def publish(self, text: str, audience: str = "public", result: str = "nobody", **more: Any) -> None:
        self.now[0] += 1
        self.updates += 1
        entry = StatusUpdated(tag=audience, result=result).entry(self.now[0], text, "li")
        await self.write(entry, **more)

    async def withdraw(self, item: int) -> None:
        await self.write(NoteWithdrawn(item=item).entry(self.now[0], "", "li"))

    async def write(self, entry: Any, **more: Any) -> None:
        incident = replace(CHECKOUT, **more)
        decisions = [IncidentChanged(entry.at, "opened", incident), Logged(entry.at, incident.id, entry)]
        await self.store.commit(decisions)
        if self.mail is not None:
            self.mail.written(decisions)

    def texts(self, name: str) -> list[str]:
        return [
            mail.get_content().replace("\r\n", "\n") for mail in self.postfix.messages(self.address(name))
        ]

    async def got(self, name: str, count: int = 1) -> list[str]:
        for _ in range(400):
            if len(found := self.texts(name)) >= count:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"{name} got {len(self.texts(name))} of {count} mails")

    def counts(self, names: list[str]) -> list[int]:
        return [len(self.texts(name)) for name in names]


def channel(postfix: Postfix, port: int = 0) -> EmailChannel:
    return EmailChannel(
        EmailChannel.Settings(
            host="localhost", port=port or postfix.port, ca_file=str(postfix.certificates.authority),
            sender="Shop <alerts@shop.example>", helo="watch.watchtower.test", timeout="3s",
        )
    )  # fmt: skip


@pytest.fixture
def domain(request: pytest.FixtureRequest) -> str:
    return f"{re.sub('[^a-z]+', '-', request.node.name)[5:60].strip('-')}.example"


@pytest_asyncio.fixture
async def post(tmp_path: Path, postfix: Postfix, domain: str) -> AsyncIterator[Post]:
    store = MovedStore(tmp_path / "w.db", "NORMAL")
    await store.open()
    made = Post(store, StatusSubscribers(store), {"email": channel(postfix)}, postfix, domain, [AT])
    made.leads.set()
    await made.start()
    yield made
    if made.mail is not None:
        await made.mail.stop(2.0)
    for one in made.channels.values():
        await one.close()
    await store.close()


async def test_everybody_gets_it_once_in_their_language_with_a_way_out(post: Post) -> None:
    await post.subscribe("ann")
    await post.subscribe("chen", language=Language.ZH)
    await post.publish("Cards fail since 14:00.\nFrom here on we look into it.")
    [english], [chinese] = await post.got("ann"), await post.got("chen")
    assert english.startswith(
        "Checkout\n\nCards fail since 14:00.\nFrom here on we look into it.\n\nAll updates: " + URL
    )
    assert chinese.startswith("下单支付\n\nCards fail")
    assert "退订：" in chinese
    [mail] = post.postfix.messages(post.address("ann"))
    assert mail["Subject"] == "Shop payments · Checkout: service status"
    assert post.postfix.messages(post.address("chen"))[0]["Subject"] == "商城支付 · 下单支付：服务状态"
    assert (mail["To"], mail["Auto-Submitted"]) == (post.address("ann"), "auto-generated")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    raw = next(
        one for one in post.postfix.inbox.iterdir() if post.address("ann").encode() in one.read_bytes()
    ).read_text()
    [link] = re.findall(r"^List-Unsubscribe: <(\S+)>$", raw, re.MULTILINE)  # one line, no encoded words
    assert link in english.replace("=\n", "")
    claim = tokens.read(tokens.status_key(KEY), link.removeprefix(f"{URL}/unsubscribe/").partition("?")[0])
    assert (claim.incident, claim.responder) == ("off", id_of(post.address("ann")))
    await post.publish("It works again.")
    assert "It works again." in (await post.got("ann", 2))[1]
    first, second = post.postfix.messages(post.address("ann"))
    assert first["Message-ID"] != second["Message-ID"]
    assert len({m["Message-ID"] for m in (first, *post.postfix.messages(post.address("chen")))}) == 3


async def test_who_asks_is_asked_to_confirm(post: Post) -> None:
    assert post.known.ask(post.address("ann"), Language.ZH, "203.0.113.7")
    [text] = await post.got("ann")
    [link] = re.findall(rf"^{URL}/confirm/(\w+)\?lang=zh$", text, re.MULTILINE)
    claim = tokens.read(tokens.status_key(KEY), link)
    assert (claim.incident, claim.responder) == ("zh", post.address("ann"))
    assert AT < claim.expires <= AT + DAY + 3600
    assert post.postfix.messages(post.address("ann"))[0]["List-Unsubscribe"] is None
    assert not post.known.known


async def test_nothing_else_is_sent(post: Post) -> None:
    """What was only written down, what is for others, a drill, what was withdrawn, what is older than the subscription."""
    await post.publish("before", id="INC-1")
    await post.subscribe("ann")
    await post.publish("written down", result="", id="INC-2")
    await post.publish("for us", audience="internal", id="INC-3")
    await post.publish("a drill", drill=True, id="INC-4")
    assert post.mail
    await post.mail.stop(2.0)
    await post.publish("a mistake", id="INC-5")
    await post.write(NoteWithdrawn(item=1).entry(post.now[0], "", "li"), id="INC-5")
    await post.start()
    await post.publish("for all", id="INC-6")
    await post.got("ann")
    await asyncio.sleep(0.5)
    [text] = post.texts("ann")
    assert "for all" in text


async def test_after_a_crash_all_get_it_and_one_at_most_twice(post: Post) -> None:
    names = [f"a{number}" for number in range(20)]
    await post.subscribe(*names)
    await post.publish("Cards fail.")
    for _ in range(3):
        await asyncio.sleep(0.15)
        assert post.mail
        await post.mail.stop(0.0)
        await post.start()
    for name in names:
        await post.got(name)
    await asyncio.sleep(0.5)
    assert sum(post.counts(names)) <= len(names) + 3
    ids = [mail["Message-ID"] for name in names for mail in post.postfix.messages(post.address(name))]
    assert len(set(ids)) == len(names)


async def test_a_restart_in_good_order_sends_nothing_twice(post: Post) -> None:
    names = [f"a{number}" for number in range(12)]
    await post.subscribe(*names)
    await post.publish("Cards fail.")
    for _ in range(4):
        await asyncio.sleep(0.1)
        assert post.mail
        await post.mail.stop(2.0)
        await post.start()
    for name in names:
        await post.got(name)
    await asyncio.sleep(0.5)
    assert post.counts(names) == [1] * len(names)


async def test_an_address_that_is_refused_keeps_nobody(post: Post, json_log: io.StringIO) -> None:
    """A full mailbox is tried again, for a day; one that is not there is not. What is logged names neither."""
    names = [f"a{number}" for number in range(8)]
    await post.subscribe(*names, *(f"refuse-451.{number}" for number in range(5)), "refuse-550")
    await post.publish("Cards fail.")
    for name in names:
        await post.got(name)
    await asyncio.sleep(1.0)
    assert post.counts(names) == [1] * len(names)
    post.now[0] += DAY
    assert post.mail
    post.known.wake.set()
    for _ in range(100):
        if "status_mail_dropped" in json_log.getvalue():
            break
        await asyncio.sleep(0.05)
    said = json_log.getvalue()
    [dropped] = [one for one in map(json.loads, said.splitlines()) if one["event"] == "status_mail_dropped"]
    assert (dropped["update"], dropped["sent"], dropped["left"]) == ("INC-12.1", 8, 5)
    assert post.domain not in said
    assert "refuse-" not in said
    await post.publish("It works again.")
    await post.got(names[0], 2)


async def test_a_mail_server_that_is_away_is_waited_for(post: Post) -> None:
    names = [f"a{number}" for number in range(7)]
    post.channels["email"] = channel(post.postfix, 9)
    await post.subscribe(*names)
    await post.publish("Cards fail.")
    post.known.ask(post.address("new"), Language.EN, "203.0.113.7")
    await asyncio.sleep(0.6)
    post.channels["email"] = channel(post.postfix)  # as a reload does
    for name in (*names, "new"):
        await post.got(name)
    await asyncio.sleep(0.4)
    assert post.counts(names) == [1] * len(names)


async def test_a_store_that_cannot_be_written_sends_nothing_twice(post: Post) -> None:
    names = [f"a{number}" for number in range(6)]
    await post.subscribe(*names)
    post.store.refuses = True
    await post.publish("Cards fail.")
    await asyncio.sleep(0.8)
    assert max(post.counts(names)) <= 1  # how many attempts to write there are by now depends on the machine
    post.store.refuses = False
    for name in names:
        await post.got(name)
    await asyncio.sleep(0.5)
    assert post.counts(names) == [1] * len(names)


async def test_who_unsubscribes_meanwhile_gets_none_and_a_withdrawn_one_ends(post: Post) -> None:
    names = sorted((f"a{number}" for number in range(30)), key=lambda name: id_of(post.address(name)))
    await post.subscribe(*names)
    await post.publish("Cards fail.")
    await post.got(names[0])
    assert await post.known.remove(id_of(post.address(names[-1])))
    await post.withdraw(1)
    await asyncio.sleep(1.5)
    assert sum(post.counts(names)) < len(names) - 1
    assert post.counts(names)[-1] == 0


async def test_what_was_published_before_an_upgrade_is_not_sent_again(post: Post) -> None:
    """A store without this list, with updates of a year."""
    assert post.mail
    await post.mail.stop(1.0)
    await post.publish("of yesterday")
    post.now[0] += DAY + 60
    await post.publish("of now")
    await post.store.put("status_mail", "{}")
    await post.subscribe("ann")
    await post.start()
    await asyncio.sleep(0.5)
    assert post.texts("ann") == []


async def test_pages_go_first(post: Post) -> None:
    assert post.mail
    await post.mail.stop(1.0)
    await post.start(yields=0.5)
    post.queued[0] = True
    await post.subscribe("ann", "bob")
    await post.publish("Cards fail.")
    begun = asyncio.get_running_loop().time()
    await post.got("ann")
    await post.got("bob")
    assert asyncio.get_running_loop().time() - begun >= 2.0  # slowed, and not stopped


async def test_a_daemon_that_may_not_lead_any_more_sends_nothing(post: Post) -> None:
    post.leads.clear()
    await post.subscribe("ann")
    await post.publish("Cards fail.")
    post.known.ask(post.address("bob"), Language.EN, "203.0.113.7")
    await asyncio.sleep(0.5)
    assert post.counts(["ann", "bob"]) == [0, 0]
    post.leads.set()
    await post.got("ann")
    await post.got("bob")
