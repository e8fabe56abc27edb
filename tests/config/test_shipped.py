"""rules.toml and checks/ as they ship: what `make run` shows a newcomer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.core.events import Decision, Delivered, Event, Observed, PageQueued, Ticked
from watchtower.core.pipeline.engine import Engine
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading
from watchtower.page_kinds import PageKind
from watchtower.probes.contract import Services, Target, unknown, up
from watchtower.probes.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
START = 1_800_000_000.0


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(ROOT / "checks")


@pytest.fixture(scope="module")
def shipped(registry: Registry) -> Loaded:
    return load(ROOT / "rules.toml", ROOT / "checks", {}, registry)


class Machine:
    """A healthy machine, on which nobody pushes sign-ups."""

    def __init__(self, shipped: Loaded) -> None:
        self.plan = shipped.plan
        self.engine = Engine(self.plan, DETECTORS, START)
        self.broken = False
        self.now = START

    def _readings(self) -> Iterator[tuple[str, Reading]]:
        yield "machine", up(load_per_core=0.1, memory_free_ratio=0.5, disk_free_ratio=0.5, disk_free=1e10)
        yield "healthz", up(status=200)
        yield "break-me", up(exit_code=1 if self.broken else 0, level="warning" if self.broken else "ok")
        yield "signups", unknown("absent", "nothing was pushed yet")

    def watch(self, seconds: float) -> list[Decision]:
        """So long, a second at a time; everything that was decided."""
        decided: list[Decision] = []
        until = self.now + seconds
        while self.now < until:
            self.now += 1.0
            events: list[Event] = [
                Observed(Observation(name, self.now, reading))
                for name, reading in self._readings()
                if (self.now - START) % self.plan.checks[name].every == 0
            ]
            for event in (*events, Ticked()):
                decided += self.engine.handle(event, self.now)
        return decided


def pages(decided: list[Decision]) -> list[PageQueued]:
    return [one for one in decided if isinstance(one, PageQueued)]


def test_nobody_is_paged_in_the_first_quarter_of_an_hour(shipped: Loaded) -> None:
    assert pages(Machine(shipped).watch(890)) == []


def test_after_it_the_flow_that_nobody_measures_is_told_once_as_blindness(shipped: Loaded) -> None:
    told = pages(Machine(shipped).watch(1200))
    assert {page.page.message.severity.value for page in told} == {"P3"}
    assert {page.page.channel for page in told} == {"email"}


def test_touch_break_me_pages_within_seconds_and_rm_says_that_it_is_over(shipped: Loaded) -> None:
    machine = Machine(shipped)
    machine.watch(60)
    machine.broken = True
    told = pages(machine.watch(3))
    assert [page.page.channel for page in told] == ["sms", "email"]
    assert {page.page.kind for page in told} == {PageKind.NEW}
    assert "var/break-me" in told[0].page.message.because[0].text.en
    for page in told:
        machine.engine.handle(Delivered(page.page.id, page.page.incident), machine.now)
    machine.broken = False
    assert [page.page.kind for page in pages(machine.watch(3))] == [PageKind.RESOLVED] * 2


def test_the_machines_own_probe_measures_this_machine(shipped: Loaded, registry: Registry) -> None:
    check = shipped.plan.checks["machine"]
    reading = registry.get("machine")(check.settings, Target("machine", check.every, check.timeout)).probe()
    assert reading.outcome is Outcome.UP
    assert set(reading.measurements) == set(registry.get("machine").facts)
    assert 0 < reading.measurements["memory_free_ratio"] < 1
    assert reading.measurements["disk_free"] > 0


async def test_break_me_is_broken_by_a_file(
    shipped: Loaded, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check = shipped.plan.checks["break-me"]
    probe = registry.get(check.probe)
    rule = shipped.plan.rules["broken-by-hand"].programs["break-me"]
    for broken in (False, True):
        if broken:
            (tmp_path / "var").mkdir()
            (tmp_path / "var" / "break-me").touch()
        made = probe(check.settings, Target("break-me", check.every, check.timeout))
        await made.open(Services())
        reading = await made.probe()
        assert rule.evaluate(reading.measurements) is broken


def test_nothing_leaves_the_machine(shipped: Loaded) -> None:
    channels = shipped.plan.channels
    assert channels["email"].mailbox == "var/mailbox"
    assert channels["sms"].file == "var/phone.txt"
    assert set(channels) == {"email", "sms"}


def test_the_file_reads_like_a_document(shipped: Loaded) -> None:
    text = (ROOT / "rules.toml").read_text(encoding="utf-8").splitlines()
    assert len(text) < 150
    assert shipped.warnings == ()
    for rule in shipped.plan.rules.values():
        english, chinese = next(iter(rule.summaries.values()))
        assert english != chinese, f"{rule.name} speaks one language"
