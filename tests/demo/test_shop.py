"""The sandbox and the examples about it: what docs show is run, and who fails at which step is told to people."""

from __future__ import annotations

import asyncio
import re
import secrets
import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import certifi
import pytest
import requests

from demo_shop.shop import PASSWORD, USER
from tests.channels.letters import letter
from tests.parts.shop import Shop
from watchtower.channels.sms_text import compose
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.core.events import Decision, PageQueued
from watchtower.curl import CurlFleet
from watchtower.model import Language, Observation, Severity, Text
from watchtower.probes.contract import Services, Target
from watchtower.probes.registry import Registry
from watchtower.replay import Replay, World
from watchtower.runner import Runner

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs/examples/shop"
RECIPE = ROOT / "docs/recipes/success-by-step.md"
PEOPLE = """
[product]
name = "Shop"

[[responder]]
name = "li"
email = "li@example.com"

[channel.email]
mailbox = "mailbox"
"""
# An authority as the trial writes one, so that the plan has nothing to say.
ENVIRON = {"SHOP_PASSWORD": PASSWORD, "SHOP_CERTIFICATE": certifi.where()}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Shop() as made:
        yield made


@pytest.fixture
async def fleet() -> AsyncIterator[CurlFleet]:
    made = CurlFleet()
    made.start(asyncio.get_running_loop())
    yield made
    made.stop()


@pytest.fixture
def runner(fleet: CurlFleet) -> Runner:
    return Runner(Registry.load(None), Services(curl=fleet), lambda _: None, str)


def buys(shop: Shop, client: str, times: int) -> None:
    """A user of this client logs in and pays so often."""
    with requests.Session() as session:
        session.headers["X-Client"] = client
        token = session.post(shop.url("/login"), json={"user": USER, "password": PASSWORD}).json()["token"]
        session.headers["Authorization"] = f"Bearer {token}"
        quote = session.post(shop.url("/quote"), json={"sku": "pen"}).json()["quote"]
        for _ in range(times):
            session.post(shop.url("/pay"), json={"quote": quote, "order": secrets.token_hex(4)})


def blocks(page: Path) -> dict[str, str]:
    """A page's examples by the file that their first line names."""
    found = re.findall(r"```toml\n(# (\S+)\n.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return {name: text for text, name in found}


def on(shop: Shop, folder: Path, files: dict[str, str]) -> Loaded:
    """These files, about this shop."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace(":8089", f":{shop.port}"), encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", ENVIRON)


@pytest.fixture
def example(shop: Shop, tmp_path: Path) -> Loaded:
    files = {
        str(file.relative_to(EXAMPLE)): file.read_text(encoding="utf-8") for file in EXAMPLE.rglob("*.toml")
    }
    return on(shop, tmp_path, files)


def test_the_page_shows_the_example_that_is_tried_here() -> None:
    shown = tomllib.loads(blocks(ROOT / "docs/probes/steps.md")["checks/shop.toml"])["check"][0]
    tried = tomllib.loads((EXAMPLE / "checks/shop.toml").read_text(encoding="utf-8"))["check"][0]
    assert {key for key in tried if shown[key] != tried[key]} == {"url", "every", "timeout", "budget"}


async def test_every_step_is_well_and_what_was_bought_is_given_back(
    shop: Shop, example: Loaded, runner: Runner
) -> None:
    assert example.warnings == ()
    (seen,) = await runner.run_times(example.plan.checks["checkout-steps"], 1)
    assert (seen.reading.outcome, seen.reading.detail) == ("up", "")
    found = seen.reading.measurements
    assert (found["steps_done"], found["cleanup_failed"], found["amount"]) == (4.0, 0.0, 365.0)
    with_phases = [name for name in found if name.endswith("_first_byte_seconds")]
    assert with_phases == [f"{step}_first_byte_seconds" for step in ("login", "quote", "pay", "paid")]


@pytest.mark.parametrize(
    ("broken", "number", "en", "zh"),
    [
        (
            {"login": "500"},
            1,
            "step 1 of 4, Log in, fails: HTTP 500",
            "第 1 步（共 4 步）“登录”失败：HTTP 500",
        ),
        ({"pay": "503"}, 3, "step 3 of 4, Pay, fails: HTTP 503", "第 3 步（共 4 步）“支付”失败：HTTP 503"),
    ],
)
async def test_users_who_fail_at_a_step_are_an_outage_of_their_flow_and_people_read_which(
    shop: Shop, example: Loaded, runner: Runner, broken: dict[str, str], number: int, en: str, zh: str
) -> None:
    check, heard = example.plan.checks["checkout-steps"], list[Decision]()
    alone = replace(example.plan, checks={check.name: check})  # nobody asks the others here
    replay = Replay(alone, 0.0, world=World(), heard=lambda decision, _: heard.append(decision))
    shop.breaks(**broken)
    for at in (60.0, 120.0, 180.0):
        (seen,) = await runner.run_times(check, 1)
        assert seen.reading.measurements["steps_done"] == number - 1
        replay.feed(Observation(check.name, at, seen.reading))
    shop.breaks(**dict.fromkeys(broken, ""))
    (incident,) = replay.engine.state.incidents.values()
    assert incident.flows == ("checkout",)
    assert not Severity.P2.worse_than(incident.severity), "a core flow of which nobody counts the users"
    pages = [one.page for one in heard if isinstance(one, PageQueued)]
    assert {page.channel for page in pages} == {"sms", "email"}
    assert {page.message.because[0].text for page in pages} == {Text(f"Checkout: {en}", f"下单支付：{zh}")}
    link = "https://watch.example/ack/k7k7k7k7"
    said = [
        compose(replace(letter(language=Language.ZH), message=page.message, ack_url=link)) for page in pages
    ]
    assert all(zh in one for one in said), said


async def test_a_version_that_fails_is_told_apart_by_what_the_product_counts(
    shop: Shop, tmp_path: Path, fleet: CurlFleet
) -> None:
    """The recipe as it is shown, on the sandbox's own metrics: the payments of one version fail, those of another not."""
    files = blocks(RECIPE)
    files["checks/flow.toml"] = '[flow.checkout]\ntier = "core"\n'
    files["rules.toml"] += PEOPLE
    plan = on(shop, tmp_path, files).plan
    assert set(plan.rules) == {"a-version-cannot-pay", "users-leave-before-paying"}
    check = plan.checks["pay-by-version"]
    probe = Registry.load(None).get(check.probe)(
        check.settings, Target(check.name, check.every, check.timeout)
    )
    replay = Replay(plan, 0.0, world=World())
    await probe.open(Services(curl=fleet))
    for poll in range(12):
        buys(shop, "web-9", 3)
        if poll:
            shop.breaks(pay="503")
        buys(shop, "ios-5.2", 3)
        shop.breaks(pay="")
        for reading in await probe.probe():
            timed = replace(reading, covers=15.0 if reading.covers else 0.0)  # as if it had taken its time
            replay.feed(Observation(check.name, 15.0 * poll, timed))
    firing = [one for one in replay.engine.state.alerts.values() if one.series and one.state == "firing"]
    assert [(alert.rule, alert.series) for alert in firing] == [("a-version-cannot-pay", "ios-5.2")]
    assert "ios-5.2" in firing[0].text.zh
