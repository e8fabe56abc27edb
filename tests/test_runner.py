"""Whatever a probe does, an observation comes of it, and the daemon goes on."""

from __future__ import annotations

import asyncio
import io
import math
import sys
import threading
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from watchtower import logs
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.model import Fact, Observation, Outcome, Reading
from watchtower.probes.contract import Probe, Services, down, up
from watchtower.probes.counts import Total
from watchtower.probes.registry import Registry
from watchtower.runner import GRACE, READINGS, Runner

SECRET = "hunter2-hunter2"


class Well(Probe):
    kind: ClassVar[str] = "well"
    facts: ClassVar[Mapping[str, Fact]] = {"n": Fact.number("runs")}
    runs = 0

    async def probe(self) -> Reading:
        self.runs += 1
        return up(n=self.runs)


class Threaded(Well):
    kind = "threaded"

    def probe(self) -> Any:
        return up(n=1 if threading.current_thread() is threading.main_thread() else 2)


class Crash(Well):
    kind = "crash"

    def probe(self) -> Any:
        raise ZeroDivisionError(f"the password is {SECRET}")


class Quitter(Well):
    kind = "quitter"

    async def open(self, services: Services) -> None:
        sys.exit(0)

    async def probe(self) -> Reading:
        raise KeyboardInterrupt

    async def close(self) -> None:
        sys.exit(0)


class ThreadedQuitter(Well):
    kind = "threaded_quitter"

    def probe(self) -> Any:
        sys.exit(0)


class Garbage(Well):
    kind = "garbage"

    def probe(self) -> Any:
        return 42


class Hang(Well):
    kind = "hang"

    async def probe(self) -> Reading:
        await asyncio.sleep(3600)
        return up()


class Stuck(Well):
    kind = "stuck"
    release = threading.Event()

    def probe(self) -> Any:
        self.release.wait(30)
        return up()


class Leaky(Well):
    kind = "leaky"

    async def probe(self) -> Reading:
        return down("status", f"Authorization: {SECRET}")


class Unopenable(Well):
    kind = "unopenable"

    def __init__(self, settings: Any, target: Any) -> None:
        raise OSError("no such device")


class Many(Well):
    kind = "many"

    async def probe(self) -> Any:
        return [up(series="a"), up(series="b")]


KINDS = {
    p.kind: p
    for p in (Well, Threaded, Crash, Quitter, ThreadedQuitter, Garbage, Hang, Stuck, Leaky, Unopenable, Many)
}


class Kinds(Registry):
    def get(self, kind: str) -> type[Probe]:
        return KINDS[kind]


def check(kind: str, timeout: float = 5.0, every: float = 60.0) -> Check:
    return Check(name=kind, probe=kind, every=every, timeout=timeout, settings=None, facts={})


class Room:
    """A runner with its checks, and what it observed."""

    def __init__(self, *checks: Check) -> None:
        self.seen: list[Observation] = []
        self.plan = Plan(checks={c.name: c for c in checks})
        self.services = Services()
        self.runner = Runner(
            Kinds(), self.services, self.seen.append, lambda text: text.replace(SECRET, "***")
        )

    async def __aenter__(self) -> Room:
        await self.runner.take(self.plan, Kinds())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.close()

    async def wait(self, count: int = 1) -> Reading:
        while len(self.seen) < count:
            await asyncio.sleep(0.005)
        return self.seen[-1].reading


async def test_a_probe_that_is_well() -> None:
    async with Room(check("well")) as room:
        room.runner.start(["well"])
        assert await room.wait() == up(n=1)
        assert abs(room.seen[0].at - time.time()) < 60


async def test_what_is_counted_is_kept_for_checks_that_are_derived_from_it() -> None:
    async with Room(check("well"), check("threaded")) as room:
        room.services.counts.follow("well")
        for turn in range(2):
            room.runner.start(["well", "threaded"])
            await room.wait(2 * turn + 2)
        assert room.services.counts.totals("well", "n") == {"": Total(3.0, 120.0)}
        assert room.services.counts.totals("threaded", "n") == {}


async def test_a_plain_probe_runs_in_a_thread() -> None:
    async with Room(check("threaded")) as room:
        room.runner.start(["threaded"])
        assert (await room.wait()).measurements == {"n": 2.0}


async def test_a_crash_is_unknown_and_tells_no_secret() -> None:
    async with Room(check("crash"), check("well")) as room:
        room.runner.start(["crash"])
        reading = await room.wait()
        assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "crashed")
        assert reading.detail == "ZeroDivisionError: the password is ***"
        room.runner.start(["well"])
        assert (await room.wait(2)).outcome is Outcome.UP


@pytest.mark.parametrize("kind", ["quitter", "threaded_quitter"])
async def test_a_probe_that_ends_python_ends_its_run_only(kind: str) -> None:
    async with Room(check(kind), check("well")) as room:
        room.runner.start([kind])
        reading = await room.wait()
        assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "crashed")


async def test_something_that_is_no_reading_is_a_crash() -> None:
    async with Room(check("garbage")) as room:
        room.runner.start(["garbage"])
        assert (await room.wait()).detail == "TypeError: probe() must return a Reading, or a list of them"


async def test_secrets_are_taken_out_of_what_any_probe_says() -> None:
    async with Room(check("leaky")) as room:
        room.runner.start(["leaky"])
        assert (await room.wait()).detail == "Authorization: ***"


async def test_a_probe_that_does_not_end_is_given_up() -> None:
    async with Room(check("hang", timeout=0.01 - GRACE)) as room:
        room.runner.start(["hang"])
        await asyncio.sleep(0.05)
        room.runner.sweep()
        assert (await room.wait()).reason == "timeout"
        await asyncio.sleep(0)
        room.runner.start(["hang"])
        assert len(room.seen) == 1  # it runs anew: the last run is gone


async def test_a_thread_that_is_stuck_overruns_and_others_do_not_wait_for_it() -> None:
    Stuck.release.clear()
    async with Room(check("stuck", timeout=0.01 - GRACE), check("threaded")) as room:
        room.runner.start(["stuck"])
        await asyncio.sleep(0.05)
        room.runner.sweep()
        assert (await room.wait()).reason == "timeout"
        room.runner.start(["stuck", "threaded"])
        await room.wait(3)
        assert {(o.check, o.reading.reason) for o in room.seen[1:]} == {
            ("stuck", "overrun"),
            ("threaded", ""),
        }
        Stuck.release.set()


async def test_when_every_thread_hangs_it_is_said_and_those_that_wait_are_not_blamed() -> None:
    Stuck.release.clear()
    held = [check("stuck", timeout=0.01 - GRACE).model_copy(update={"name": f"stuck-{n}"}) for n in range(8)]
    async with Room(*held, check("threaded", timeout=0.01 - GRACE)) as room:
        assert not room.runner.threads_hang
        room.runner.start([each.name for each in held])
        while not room.runner.threads_hang:
            await asyncio.sleep(0.01)
        room.runner.start(["threaded"])
        await asyncio.sleep(0.05)
        room.runner.sweep()
        assert {o.check: o.reading.reason for o in room.seen} == {
            **{each.name: "timeout" for each in held},
            "threaded": "no_thread",
        }
        Stuck.release.set()
        while room.runner.threads_hang:
            await asyncio.sleep(0.01)


async def test_a_probe_that_cannot_be_made_is_unknown() -> None:
    async with Room(check("unopenable")) as room:
        room.runner.start(["unopenable"])
        assert (await room.wait()).reason == "not_open"


async def test_one_run_may_say_many_things() -> None:
    async with Room(check("many")) as room:
        room.runner.start(["many"])
        await room.wait(2)
        assert [o.reading.series for o in room.seen] == ["a", "b"]


async def test_a_reload_keeps_the_probe_of_what_did_not_change() -> None:
    async with Room(check("well"), check("threaded")) as room:
        before = room.runner.probe("well")
        await room.runner.take(Plan(checks={"well": check("well")}), Kinds())
        assert room.runner.probe("well") is before
        await room.runner.take(Plan(checks={"well": check("well", every=30.0)}), Kinds())
        assert room.runner.probe("well") is not before


async def test_what_the_scheduler_skipped_is_unknown() -> None:
    async with Room(check("well")) as room:
        room.runner.skipped(["well"], "missed")
        assert (await room.wait()).reason == "missed"


class Odd(Well):
    kind = "odd"
    said: ClassVar[Any] = None

    async def probe(self) -> Any:
        return type(self).said


async def what_comes_of(said: Any) -> Reading:
    KINDS["odd"], Odd.said = Odd, said
    async with Room(check("odd")) as room:
        room.runner.start(["odd"])
        return await room.wait()


async def test_whole_numbers_and_decimals_are_numbers_to_rules() -> None:
    reading = await what_comes_of(Reading(Outcome.UP, {"n": 5, "m": Decimal("1.5"), "ok": True}))  # type: ignore[dict-item]
    assert reading.measurements == {"n": 5.0, "m": 1.5, "ok": True}
    assert [type(v) for v in reading.measurements.values()] == [float, float, bool]


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("1e400"), 10**400])
@pytest.mark.parametrize("outcome", [Outcome.UP, Outcome.DOWN])
async def test_no_rule_ever_meets_nan_or_infinity(odd: Any, outcome: Outcome) -> None:
    reading = await what_comes_of(Reading(outcome, {"value": odd, "latency": 0.5}))
    assert reading.measurements == {"value": None, "latency": 0.5}


async def test_a_measurement_that_no_rule_could_use_is_a_crash() -> None:
    reading = await what_comes_of(Reading(Outcome.UP, {"n": [1]}))  # type: ignore[dict-item]
    assert (reading.reason, reading.detail) == (
        "crashed",
        "TypeError: the measurement n is a list, not a number, bool or text",
    )


async def test_texts_carry_no_secret_no_nul_and_no_half_character() -> None:
    reading = await what_comes_of(Reading(Outcome.UP, {"s": f"a\0b\ud800 {SECRET}"}, detail=f"as {SECRET}"))
    assert reading.measurements == {"s": "a\ufffdb\ufffd ***"}
    assert reading.detail == "as ***"


async def test_a_series_is_named_by_the_far_side_and_cleaned_like_all_that_it_says() -> None:
    reading = await what_comes_of([up(series=f"a\x1b[2J\u202e {SECRET}", n=1.0)])
    assert (reading.series, reading.measurements) == ("a\ufffd[2J ***", {"n": 1.0})


async def test_the_log_of_a_crash_tells_no_secret_under_a_command_either() -> None:
    out = io.StringIO()
    try:
        logs.configure("json", stream=out)  # as commands have it: without a redaction
        async with Room(check("crash")) as room:
            room.runner.start(["crash"])
            await room.wait()
    finally:
        logs.configure("auto", stream=sys.stderr)
    assert "ZeroDivisionError: the password is ***" in out.getvalue()
    assert SECRET not in out.getvalue()


async def test_a_flood_of_readings_is_a_crash() -> None:
    assert (await what_comes_of([up(series=str(n)) for n in range(READINGS + 1)])).reason == "crashed"


async def test_readings_that_are_broken_inside_are_a_crash() -> None:
    assert (await what_comes_of(Reading(Outcome.DOWN, {}, "status", detail=None))).reason == "crashed"  # type: ignore[arg-type]


async def test_a_thread_that_outlives_a_reload_says_nothing_in_the_name_of_the_new_check() -> None:
    Stuck.release.clear()
    async with Room(check("stuck", timeout=5.0)) as room:
        room.runner.start(["stuck"])
        await asyncio.sleep(0.02)
        new = check("stuck", timeout=6.0)
        await room.runner.take(Plan(checks={"stuck": new}), Kinds())
        room.runner.start(["stuck"])
        Stuck.release.set()
        await room.wait()
        await asyncio.sleep(0.05)
        assert len(room.seen) == 1


class SlowToClose(Well):
    kind = "slow-to-close"

    async def close(self) -> None:
        await asyncio.sleep(3600)


async def test_a_probe_that_does_not_close_holds_up_no_end() -> None:
    KINDS["slow-to-close"] = SlowToClose
    room = Room(check("slow-to-close"))
    await room.__aenter__()
    await room.runner.close(within=0.1)
