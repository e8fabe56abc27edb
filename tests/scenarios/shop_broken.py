"""The demo shop broken in each of its ways, under the plan of `docs/examples/shop`: `python -m tests.scenarios.shop_broken`
writes who is told what into `docs/demo-shop.md`.

The real probes look at the real shop once for each way, while customers buy. What they saw is then played to the engine that
runs live: well for an hour, broken for ten minutes, well again. Somebody acknowledges a minute after each page.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from demo_shop.customers import CLIENTS, buy
from demo_shop.shop import PASSWORD
from demo_shop.trial import WAYS, Ports, Trial
from tests.parts.child import free_port
from tests.scenarios.night import text_of
from watchtower.config.load import load
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.events import ChangeAnnounced, Decision, IncidentChanged, PageQueued
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.curl import CurlFleet
from watchtower.model import AlertState, Language, Observation, Outcome, Reading
from watchtower.probes.contract import Probe, Services, Target
from watchtower.probes.registry import Registry
from watchtower.replay import Replay, World

ROOT = Path(__file__).parents[2]
PLAN, PAGE = ROOT / "docs/examples/shop", ROOT / "docs/demo-shop.md"
MARK = "<!-- Written by `python -m tests.scenarios.shop_broken`; a test plays it again and compares. -->\n"
BEGINS = 1_773_280_800.0
"""A Thursday, 10:00 in Shanghai. It is broken from then on."""
LEARNT, BROKEN, AFTER = 3600.0, 600.0, 3600.0
POLL, CUSTOMERS = 5.0, 10
Seen = Mapping[str, Reading]


@dataclass
class Played:
    """One way. `pages` are those that people got, `seen_by` the checks whose alerts fired at the first, `levels` the
    severities that they were told, `ended` seconds from the healing to the end of each incident."""

    way: str
    plan: Plan
    pages: list[Page] = field(default_factory=list)
    seen_by: tuple[str, ...] = ()
    levels: list[str] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def hear(self, decision: Decision, engine: Engine) -> None:
        match decision:
            case PageQueued(page=page) if page.state is PageState.QUEUED:
                self.pages.append(page)
                level = str(page.message.severity)
                self.levels += [level] if self.levels[-1:] != [level] else []
                if not self.seen_by:
                    firing = engine.state.alerts_of(page.incident, AlertState.FIRING)
                    self.seen_by = tuple(dict.fromkeys(alert.check for alert in firing))
            case IncidentChanged(reason="resolved"):
                self.ended.append(decision.at - BEGINS - BROKEN)

    def told(self) -> dict[tuple[float, str], list[Page]]:
        """Seconds since it was broken, and the kind of message -> who got it, in the order of the plan."""
        found = dict[tuple[float, str], list[Page]]()
        for page in self.pages:
            found.setdefault((page.created_at - BEGINS, str(page.kind)), []).append(page)
        order = list(self.plan.responders)
        return {
            when: sorted(pages, key=lambda page: order.index(page.responder)) for when, pages in found.items()
        }


def planned(ports: Ports, certificate: Path) -> Plan:
    """The plan as it stands in docs, of these ports."""
    defaults = Ports()
    moved = {
        defaults.page: ports.page, defaults.shop: ports.shop, defaults.tls: ports.tls, defaults.mail: ports.mail,
        **dict(zip(defaults.names, ports.names, strict=True)),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for file in PLAN.rglob("*.toml"):
            text = file.read_text(encoding="utf-8")
            for old, new in moved.items():
                text = re.sub(rf"\b{old}\b", f"{new}", text)
            there = Path(folder) / file.relative_to(PLAN)
            there.parent.mkdir(exist_ok=True)
            there.write_text(text, encoding="utf-8")
        environ = {"SHOP_PASSWORD": PASSWORD, "SHOP_CERTIFICATE": str(certificate)}
        return load(Path(folder) / "rules.toml", Path(folder) / "checks", environ).plan


async def seen() -> tuple[Plan, Mapping[str, Seen]]:
    """What each check sees of the shop: well (``""``), and broken in each way."""
    one, *many = (free_port() for _ in range(6))
    ports = Ports(one, many[0], many[1], (many[2], many[3]), many[4])
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "shop.pem"
        trial, fleet = Trial(ports, certificate), CurlFleet()
        plan = planned(ports, certificate)
        fleet.start(asyncio.get_running_loop())
        await trial.start()
        probes = {check.name: _probe(check) for check in plan.checks.values()}
        for probe in probes.values():
            await probe.open(Services(curl=fleet))
        found: dict[str, Seen] = {}
        shop = f"http://127.0.0.1:{ports.shop}"
        await _customers(shop)
        for way in ("", *WAYS):
            counting = [
                probes[check.name].probe() for check in plan.checks.values() if check.probe == "metrics"
            ]
            await asyncio.gather(*counting)
            if way:
                await trial.put(way, True)
            await _customers(shop)
            names = list(probes)
            got = await asyncio.gather(*(probes[name].probe() for name in names))
            found[way] = {name: _first(reading) for name, reading in zip(names, got, strict=True)}
            if way:
                await trial.put(way, False)
        for probe in probes.values():
            await probe.close()
        fleet.stop()
    return plan, found


def _probe(check: Check) -> Probe:
    return Registry.load(None).get(check.probe)(
        check.settings, Target(check.name, check.every, check.timeout)
    )


def _first(given: Reading | Sequence[Reading]) -> Reading:
    return given if isinstance(given, Reading) else given[0]


async def _customers(shop: str) -> None:
    await asyncio.gather(
        *(asyncio.to_thread(buy, shop, client) for client in CLIENTS * (CUSTOMERS // len(CLIENTS)))
    )


def play(way: str, plan: Plan, found: Mapping[str, Seen]) -> Played:
    """An hour as it should be, ten minutes broken this way, an hour healed."""
    played = Played(way, plan)
    world = World(ack_after=60.0, broken=frozenset({"sms"}) if way == "sms" else frozenset())
    begin = BEGINS - LEARNT
    replay = Replay(plan, begin, world=world, heard=played.hear)
    for step in range(1, int((LEARNT + BROKEN + AFTER) / POLL) + 1):
        at = begin + step * POLL
        state = way if BEGINS < at <= BEGINS + BROKEN else ""
        if way == "deploy" and at in (BEGINS, BEGINS + BROKEN):
            text = "shop 2.1" if at == BEGINS else "back to shop 2.0"
            replay.tell(ChangeAnnounced(ChangeEvent(text, "deploy", text, "ci", at, at, "checkout")), at)
        for name, check in plan.checks.items():
            if step * POLL % check.every == 0:
                replay.feed(Observation(name, at, _timed(found[state][name], check.every)))
    return played


def _timed(reading: Reading, every: float) -> Reading:
    """As if it were of now: counts cover an interval, and a step fails since the beginning."""
    measured = dict(reading.measurements)
    if "failing_since" in measured and measured["failing_since"] is not None:
        measured["failing_since"] = BEGINS
    if isinstance(seconds := measured.get("database_seconds"), float):
        measured["database_seconds"] = round(seconds * 2.0) / 2.0  # a busy machine adds to it
    covers = every if reading.covers and reading.outcome is Outcome.UP else reading.covers
    return replace(reading, measurements=measured, covers=covers)


def everything() -> list[Played]:
    """All ways, in the order of the page."""
    plan, found = asyncio.run(seen())
    return [play(way, plan, found) for way in WAYS]


def rendered(played: Sequence[Played]) -> str:
    """What stands below `MARK`."""
    lines = [
        "| Broken | Seen by | First page after | Severity | Who is notified first | What the on-call engineer reads | All-clear after healing |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in played:
        (after, _), pages = next(iter(one.told().items()))
        read = f"{_read(pages[0], Language.EN)}<br>{_read(pages[0], Language.ZH)}"
        seen_by = ", ".join(f"`{check}`" for check in one.seen_by)
        lines.append(
            f"| [{WAYS[one.way].en}](#{one.way}) | {seen_by} | {_clock(after)} | {', then '.join(one.levels)} "
            f"| {_people(one.way, pages)} | {read} | {_clock(one.ended[-1])} |"
        )
    for one in played:
        lines += ["", f"### {one.way}", "", f"{WAYS[one.way].en} ({WAYS[one.way].zh}).", ""]
        for (after, kind), pages in one.told().items():
            lines += [
                f"- {_clock(after)}, {kind}, {_people(one.way, pages)}: {_read(pages[0], Language.EN)}",
                f"  <br>{_read(pages[0], Language.ZH)}",
            ]
    return "\n".join([*lines, ""])


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"


def _read(page: Page, language: Language) -> str:
    """Without links."""
    return re.sub(r"\s*(INC-\d+)?\s*(ack|认领)?\s*https://\S+", "", text_of(page, language)).strip()


def _people(way: str, pages: Sequence[Page]) -> str:
    ways = dict[str, list[str]]()
    for page in pages:
        refused = " (refused)" if way == "sms" and page.channel == "sms" else ""
        ways.setdefault(page.responder, []).append({"email": "mail", "sms": "SMS"}[page.channel] + refused)
    return ", ".join(f"{name} by {' and '.join(sorted(by))}" for name, by in ways.items())


if __name__ == "__main__":
    above = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(above + MARK + "\n" + rendered(everything()), encoding="utf-8")
