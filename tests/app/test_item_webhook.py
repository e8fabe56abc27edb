"""Each change of an action item is posted: signed, once for who remembers keys, in order, later where nobody answers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.server
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.core.reviews.written import Afterwards, incident
from tests.parts.httpserver import Answer, Fault, HttpServer, Request
from tests.telemetry.conftest import Log, keep_logging, log
from watchtower.app.item_webhook import LOOK_BACK, STATE, ActionItemWebhook
from watchtower.core.events import Decision, IncidentChanged, Logged
from watchtower.core.plan.review import DAY
from watchtower.delivery.retry import Policy
from watchtower.errors import StoreError
from watchtower.store.sqlite import SqliteStore
from watchtower.switches.webhook import WebhookAction

__all__ = ["keep_logging", "log"]
DOC = (Path(__file__).parents[2] / "docs/review.md").read_text()
FAST = Policy(first=0.05, cap=0.1)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as made:
        made.on("/items", Answer(204))
        yield made


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "w.db", "NORMAL")
    await made.open()
    yield made
    with suppress(StoreError):
        await made.close()


class Team:
    """People who write a review, a store that has it, and the webhook that runs beside."""

    def __init__(self, store: SqliteStore, server: HttpServer, **settings: Any) -> None:
        self.store, self.server = store, server
        self.hook: WebhookAction | None = WebhookAction.model_validate_json(
            json.dumps({"url": server.url("/items"), "timeout": "2s", **settings})
        )
        self.nights = {"INC-7": Afterwards(at=time.time())}
        self.webhook = self.made()
        self.running: asyncio.Task[None] | None = None

    def made(self) -> ActionItemWebhook:
        return ActionItemWebhook(
            self.store, lambda: self.hook, "https://watch.example/", lambda text: text.replace("topsecret", "***"), FAST
        )  # fmt: skip

    async def start(self) -> None:
        """As after a crash: nothing is known but what the store has."""
        await self.stop()
        self.webhook = self.made()
        self.running = asyncio.create_task(self.webhook.run())
        await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)

    async def do(self, action: str, of: str = "INC-7", told: bool = True, **data: Any) -> None:
        night = self.nights.setdefault(of, Afterwards(incident(id=of), at=time.time()))
        before = len(night.log)
        assert night.do(action, **data) == ""
        new: list[Decision] = [IncidentChanged(night.at, "noted", night.incident)]
        new += [Logged(entry.at, of, entry) for entry in night.log[before:]]
        night.at += 1.0
        await self.store.commit(new)
        if told:
            self.webhook.written(new)

    async def posts(self, count: int) -> list[Request]:
        async with asyncio.timeout(20):
            while len(self.server.requests_to("/items")) < count:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.15)
        return self.server.requests_to("/items")


@pytest.fixture
async def team(store: SqliteStore, server: HttpServer) -> AsyncIterator[Team]:
    made = Team(store, server, secret="k" * 20, headers={"X-Key": "topsecret"}, body={"project": "OPS"})
    await made.start()
    yield made
    await made.stop()


def told(posts: list[Request]) -> list[str]:
    return [f"{one.json()['id']} {one.json()['change']}" for one in posts]


async def test_a_change_is_posted_signed_with_the_item_as_it_stands(team: Team) -> None:
    await team.do(
        "action", text="更换证书", owner="wu", type="prevent", due=1_769_817_600.0, acceptance="a test"
    )
    (post,) = await team.posts(1)
    body = post.json()
    assert body | {"key": "", "at": ""} == {
        "version": 1, "key": "", "change": "added", "at": "", "by": "li", "incident": "INC-7", "severity": "P1", "id": "A1",
        "text": "更换证书", "type": "prevent", "owner": "wu", "due": body["due"], "acceptance": "a test", "state": "open",
        "dropped": "", "drill": False, "link": "https://watch.example/incidents/INC-7/review", "project": "OPS",
    }  # fmt: skip
    assert body["due"].startswith("2026-01-3")
    assert (post.headers["idempotency-key"], post.headers["x-key"]) == (body["key"], "topsecret")
    at, _, signed = post.headers["x-watchtower-signature"].partition(",")
    digest = hmac.new(b"k" * 20, at[2:].encode() + b"." + post.body, hashlib.sha256).hexdigest()
    assert signed == f"v1={digest}"


async def test_changed_done_and_dropped_come_in_order_each_with_a_key_of_its_own(team: Team) -> None:
    await team.do("action", text="one", owner="wu")
    await team.do("action", text="two")
    await team.do("action", id="A1", owner="li")
    await team.do("action_done", id="A1")
    await team.do("action_done", id="A2", dropped="too dear")
    posts = await team.posts(5)
    assert [one for one in told(posts) if "A1" in one] == ["A1 added", "A1 changed", "A1 done"]
    assert [one for one in told(posts) if "A2" in one] == ["A2 added", "A2 dropped"]
    last = {one.json()["id"]: one.json() for one in posts}
    assert (last["A1"]["state"], last["A1"]["owner"], last["A1"]["text"]) == ("done", "li", "one")
    assert (last["A2"]["state"], last["A2"]["dropped"]) == ("dropped", "too dear")
    assert len({one.json()["key"] for one in posts}) == 5


async def test_other_parts_of_the_review_are_not_posted(team: Team) -> None:
    await team.do("write", section="summary", text="It broke.")
    await team.do("tag", tag="certificate")
    await team.do("action", text="one")
    assert told(await team.posts(1)) == ["A1 added"]


@pytest.mark.parametrize(
    "first",
    [Answer(503), Answer(404), Answer(401), Answer(429, headers={"Retry-After": "0"}), Answer(fault=Fault.RESET), Answer.redirect("/other")],
    ids=["busy", "not there yet", "a wrong key", "too many", "reset", "redirect"],
)  # fmt: skip
async def test_what_is_not_taken_is_posted_again_word_for_word(team: Team, log: Log, first: Answer) -> None:
    team.server.on("/items", first, first, Answer(200))
    await team.do("action", text="one")
    await team.do("action_done", id="A1")
    posts = await team.posts(4)
    assert told(posts) == ["A1 added", "A1 added", "A1 added", "A1 done"]
    assert (
        len({one.body for one in posts[:3]})
        == len({one.headers["idempotency-key"] for one in posts[:3]})
        == 1
    )


async def test_a_refused_item_holds_its_own_changes_only(team: Team) -> None:
    def script(request: Request) -> Answer:
        return Answer(400, "no such owner: topsecret") if request.json()["id"] == "A1" else Answer(200)

    team.server.on("/items", script)
    await team.do("action", text="poison")
    await team.do("action", text="two")
    await team.do("action", of="INC-8", text="three")
    await team.do("action_done", id="A1")
    posts = await team.posts(6)
    assert [one for one in told(posts) if "A2" in one] == ["A2 added"]
    assert any(one.json()["incident"] == "INC-8" for one in posts)
    assert "A1 done" not in told(posts)


async def test_what_fails_is_logged_once_without_secrets(team: Team, log: Log) -> None:
    team.server.on("/items", Answer(400, "no such owner: topsecret"))
    await team.do("action", text="poison")
    await team.posts(4)
    said = [one for one in log.events if one["event"] == "action_item_not_posted"]
    assert len(said) == 1
    assert "no such owner: ***" in said[0]["error"]


async def test_a_crash_loses_nothing_and_repeats_nothing_that_was_taken(team: Team) -> None:
    await team.do("action", text="one")
    await team.posts(1)
    await team.stop()
    await team.do("action", text="two", told=False)
    await team.do("action", of="INC-8", text="three", told=False)
    await team.start()
    posts = await team.posts(3)
    assert sorted(one.json()["text"] for one in posts) == ["one", "three", "two"]
    await team.start()
    assert len(await team.posts(3)) == 3


async def test_a_crash_before_the_answer_was_kept_repeats_the_same_key(team: Team) -> None:
    await team.do("action", text="one")
    (first,) = await team.posts(1)
    kept = json.loads(await team.store.get(STATE) or "")
    await team.store.put(STATE, json.dumps(kept | {"taken": {}}))
    await team.start()
    _, again = await team.posts(2)
    assert again.body == first.body


async def test_what_was_written_before_there_was_a_webhook_is_not_posted(
    store: SqliteStore, server: HttpServer
) -> None:
    team = Team(store, server)
    team.nights["INC-7"].at -= 3600
    await team.do("action", text="old", told=False)
    await team.start()
    team.nights["INC-7"].at = time.time()
    await team.do("action", text="new")
    assert [one.json()["text"] for one in await team.posts(1)] == ["new"]
    hook, team.hook = team.hook, None
    team.webhook.reloaded()
    await asyncio.sleep(0.1)
    assert await store.get(STATE) == ""
    team.nights["INC-7"].at = time.time() - 30
    await team.do("action", text="nobody is told")
    await asyncio.sleep(0.1)
    team.hook = hook
    team.nights["INC-7"].at = time.time()
    await team.do("action", text="told again")
    assert [one.json()["text"] for one in await team.posts(2)][1:] == ["told again"]
    await team.stop()


async def test_a_reload_to_another_address_goes_on_there(team: Team, server: HttpServer) -> None:
    server.on("/items", Answer(500))
    server.on("/new", Answer(200))
    await team.do("action", text="one")
    await team.posts(2)
    assert team.hook is not None
    team.hook = team.hook.model_copy(update={"url": type(team.hook.url)(server.url("/new"))})
    team.webhook.reloaded()
    assert (await asyncio.to_thread(server.wait_for, "/new")).json()["text"] == "one"


async def test_after_a_day_it_is_given_up_and_the_next_goes_on(
    store: SqliteStore, server: HttpServer, log: Log
) -> None:
    def script(request: Request) -> Answer:
        return Answer(200) if request.json()["text"] == "new" else Answer(400)

    server.on("/items", script)
    team = Team(store, server)
    await store.put(STATE, json.dumps({"since": time.time() - 3 * DAY, "taken": {}}))
    team.nights["INC-7"].at = time.time() - 2 * DAY
    await team.do("action", text="old", told=False)
    team.nights["INC-7"].at = time.time()
    await team.do("action", id="A1", text="new", told=False)
    await team.start()
    assert told(await team.posts(2)) == ["A1 added", "A1 changed"], "even the old one is tried once"
    assert [one["event"] for one in log.events if "given_up" in one["event"]] == ["action_item_given_up"]
    await team.start()
    assert len(await team.posts(2)) == 2
    await team.stop()


async def test_a_clock_that_was_put_back_hides_no_change(team: Team) -> None:
    team.nights["INC-7"].at = time.time() - 3600
    await team.do("action", text="one")
    assert told(await team.posts(1)) == ["A1 added"]


async def test_a_store_that_is_away_is_waited_for(store: SqliteStore, server: HttpServer) -> None:
    team = Team(store, server)
    await team.do("action", text="one")
    await store.close()
    assert team.hook is not None
    with pytest.raises(StoreError):
        await team.webhook.round(team.hook, time.time())
    assert server.requests_to("/items") == []


async def test_a_receiver_that_hangs_holds_neither_the_loop_nor_the_end(team: Team) -> None:
    team.server.on("/items", Answer(delay=30.0))
    await team.do("action", text="one")
    longest, last = 0.0, time.monotonic()
    for _ in range(100):
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 0.25
    begun = time.monotonic()
    await team.stop()
    assert time.monotonic() - begun < 1.0


async def test_what_is_kept_does_not_grow(team: Team) -> None:
    await team.do("action", text="one")
    await team.posts(1)
    kept = json.loads(await team.store.get(STATE) or "")
    assert len(kept["taken"]) == 1
    assert team.hook is not None
    await team.stop()
    await team.do("action", text="two")
    await team.webhook.round(team.hook, time.time() + LOOK_BACK + 60)
    kept = json.loads(await team.store.get(STATE) or "")
    assert kept["taken"] == {}


async def test_the_relay_of_the_page_opens_one_issue_and_closes_it(
    team: Team, server: HttpServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r"```python\n# relay.py.*?\n(.*?)```", DOC, re.DOTALL)
    issues: list[dict[str, Any]] = []

    def github(request: Request) -> Answer:
        if request.method == "GET":
            return Answer.json([one for one in issues if one["labels"] == request.query["labels"]])
        assert request.headers["authorization"] == "Bearer ghp"
        if request.method == "POST":
            issues.append({"number": len(issues) + 1, "state": "open", **request.json()})
        else:
            issues[0] |= request.json()
        return Answer.json({}, 201)

    for path in ("", "/1"):
        server.on(f"/repos/acme/payments/issues{path}", github)
    for name, value in (
        ("ACTION_ITEMS_SECRET", "k" * 20),
        ("REPO", "acme/payments"),
        ("GITHUB_TOKEN", "ghp"),
        ("GITHUB_API", server.url("")),
    ):
        monkeypatch.setenv(name, value)
    relay: dict[str, Any] = {"__name__": "relay"}
    exec(code, relay)  # noqa: S102 - the program of our own page
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), relay["Relay"]) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        assert team.hook is not None
        address = f"http://127.0.0.1:{running.server_address[1]}/"
        team.hook = team.hook.model_copy(update={"url": type(team.hook.url)(address)})
        await team.do("action", text="Renew", owner="wu")
        await team.do("action", id="A1", owner="li")
        await team.do("action_done", id="A1", dropped="too dear")
        async with asyncio.timeout(20):
            while not issues or issues[0]["state"] == "open":
                await asyncio.sleep(0.02)
        (issue,) = issues
        assert (issue["title"], issue["labels"], issue["state_reason"]) == (
            "Renew",
            ["INC-7.A1"],
            "not_planned",
        )
        assert "Owner li" in issue["body"]
        # A round that is under way goes on with the webhook of its beginning.
        await team.stop()
        team.hook = team.hook.model_copy(update={"secret": type(team.hook.url)("another" * 4)})
        await team.start()
        await team.do("action", text="forged")
        async with asyncio.timeout(20):
            while "action_item_not_posted" not in [
                one["event"] for one in log.events if one.get("item") == "A2"
            ]:
                await asyncio.sleep(0.02)
        assert len(issues) == 1
        running.shutdown()
