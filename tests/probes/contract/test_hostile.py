"""What every probe owes where somebody answers and means harm; also one that a newcomer wrote from the docs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.parts.certificates import Certificates
from tests.probes.contract.entry import TIMEOUT, TOKEN, Entry, Place, Stage
from tests.probes.contract.hostile import ANSWERS, LENGTHS, Hostile
from tests.probes.contract.kinds import ENTRIES
from tests.probes.contract.places import PLACES
from tests.probes.contract.test_contract import DOCS, REGISTRY, run, settings_of
from tests.probes.traffic.test_stalls import BOUND, longest_stall
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.curl import CurlFleet
from watchtower.model import Observation, Outcome, Reading
from watchtower.probes.contract import Services, Target
from watchtower.probes.registry import Registry
from watchtower.runner import Runner

ASK_NO_ADDRESS = {
    "command",
    "icmp",
    "access_log",
    "push",
    "statsd",
    "otlp",
    "alertmanager",
    "webhook",
    "derive",
    "reconcile",
}
"""What comes in to these is tried in test_stalls_of_pushes, in the tests of the log follower and of command."""
ASKING = [entry for entry in ENTRIES if entry.kind not in ASK_NO_ADDRESS]
MOST_TAKEN = 96 << 20
"""Bytes of a huge answer: metrics reads 32 MiB, and sockets hold some more."""
READS_A_LINE = "tcp"
"""It was told to expect the first line, which stands there, and reads no further."""


def servers(harm: str, stack: ExitStack) -> dict[str, Hostile]:
    """The servers of this harm by kind of probe; "" is for all that have none of their own."""
    lies = LENGTHS if harm == "length" else {}
    made = {"": Hostile(*ANSWERS[harm]), **{kind: Hostile(lie) for kind, lie in lies.items()}}
    return {kind: stack.enter_context(server) for kind, server in made.items()}


@pytest.mark.parametrize("harm", ANSWERS)
async def test_nothing_hostile_is_good_nor_endless_nor_holds_the_loop(
    harm: str, certificates: Certificates, tmp_path: Path
) -> None:
    """All kinds together, so that it costs the time of one."""
    fleet, stage = CurlFleet(), Stage(certificates, tmp_path)
    fleet.start(asyncio.get_running_loop())
    with ExitStack() as stack:
        far = servers(harm, stack)

        async def said(entry: Entry) -> Sequence[Reading]:
            place = Place("hostile", far.get(entry.kind, far[""]).address, stage)
            kind = REGISTRY.get(entry.kind)
            probe: Any = kind(settings_of(kind, entry.settings(place)), Target("a-check", 5.0, TIMEOUT))
            await probe.open(Services(curl=fleet))
            try:
                return await run(probe)
            finally:
                await probe.close()

        stall, found = await longest_stall(asyncio.gather(*map(said, ASKING), return_exceptions=True))
        taken = max(server.taken for server in far.values())
    fleet.stop()
    assert stall < BOUND
    assert taken < MOST_TAKEN
    for entry, answer in zip(ASKING, found, strict=True):
        assert not isinstance(answer, BaseException), (entry.kind, answer)
        assert entry.kind == READS_A_LINE or all(one.outcome is not Outcome.UP for one in answer), (
            entry.kind,
            answer,
        )
        for one in answer:
            assert one.outcome is Outcome.UP or (one.reason and one.detail), entry.kind
            assert one.detail.isprintable() or not one.detail, entry.kind
            assert len(one.detail) <= 500, entry.kind
        assert TOKEN not in repr(answer)


def from_the_docs(folder: Path) -> Registry:
    """The example of docs/probes/your-own.md, as a newcomer copies it."""
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "your-own.md").read_text("utf-8"), re.DOTALL)
    (folder / "queue_depth.py").write_text(code)
    registry = Registry.load(folder)
    assert registry.problems == []
    return registry


async def test_a_newcomers_probe_is_kept_from_harm_by_what_runs_it(
    certificates: Certificates, tmp_path: Path
) -> None:
    """It catches nothing and trusts its library's timeout, as the docs show it."""
    registry, stage = from_the_docs(tmp_path), Stage(certificates, tmp_path)
    kind, seen = registry.get("queue_depth"), list[Observation]()
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(place(stage)) for name, place in PLACES.items()}
        for harm in ANSWERS:
            addresses[harm] = stack.enter_context(Hostile(*ANSWERS[harm], most=1 << 20)).address
        checks = {
            name: Check(
                name=name,
                probe=kind.kind,
                every=60.0,
                timeout=TIMEOUT,
                settings=settings_of(kind, {"url": f"http://u:{TOKEN}@{address}/?key={TOKEN}"}),
                facts={},
            )
            for name, address in addresses.items()
        }
        plan = Plan(checks=checks)
        runner = Runner(
            registry, Services(), seen.append, lambda text: text.replace(TOKEN, "***"), threads=16
        )
        await runner.take(plan, registry)
        runner.start(checks)
        while len({one.check for one in seen}) < len(checks):
            await asyncio.sleep(0.02)
            runner.sweep()
        await runner.close()
    assert {one.reading.outcome for one in seen} == {Outcome.UNKNOWN}
    assert {one.reading.reason for one in seen} >= {"crashed"}
    assert TOKEN not in repr(seen)
