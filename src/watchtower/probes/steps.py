"""`steps` does what a user does, request by request: log in, ask for a quote, pay in a sandbox."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from watchtower.core.plan.checks import BASE_FACTS, MeasureName
from watchtower.fields import Field, model_validator
from watchtower.model import Fact, Facts, Outcome, Reading, Unit, Value
from watchtower.probes.budget import RUNS, Budget
from watchtower.probes.carried import RUN_ID, named_in
from watchtower.probes.contract import Probe, Services, Target, unknown
from watchtower.probes.http_settings import ReachingSettings, readable
from watchtower.probes.step import AskedStep, StepSettings, template_of
from watchtower.probes.transaction import OF_STEP, Transaction
from watchtower.texts.failures import failure
from watchtower.values import replace

_CLEANUP_SHARE = 0.25
"""Of the timeout: what is kept back for the clean-up."""


class StepsProbe(Probe):
    """A transaction over several requests. The first step that fails ends it; the clean-up follows always."""

    kind = "steps"
    every = "1m"
    timeout = "20s"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("of all steps together, where all are well", Unit.SECONDS),
        "status": Fact.number("the HTTP status of the last answer"),
        "steps_done": Fact.number("how far it came: steps that were well"),
        "failed_step": Fact.string("the name of the step that fails; empty where all are well"),
        "failing_since": Fact.number("since when this step fails, run after run", Unit.INSTANT),
        "because": Fact.string("which step fails and why, in English"),
        "because_zh": Fact.string("which step fails and why, in Chinese"),
        "cleanup_failed": Fact.number("steps of the clean-up that failed"),
    }

    class Settings(Probe.Settings, ReachingSettings):
        step: Annotated[list[StepSettings], Field(min_length=1, max_length=20)] = Field(
            description="The requests, in order."
        )
        cleanup: Annotated[list[StepSettings], Field(max_length=20)] = Field(
            default=[], description="Requests that follow always: they take back what the steps have made."
        )
        budget: dict[MeasureName, Annotated[float, Field(gt=0)]] = Field(
            default={}, description="The most of each in a day (UTC): runs, and what steps spend."
        )

        @model_validator(mode="after")
        def _fits_together(self) -> StepsProbe.Settings:
            wrong = [*_of_names(self), *_of_requests(self), *_of_budget(self)]
            if wrong:
                raise ValueError("; ".join(wrong))
            return self

    @classmethod
    def facts_for(cls, settings: Settings) -> Facts:
        """The measurements of every transaction, those of each step, what steps take from answers, and budgets."""
        own = dict(cls.facts)
        for step in settings.step:
            own |= {
                f"{step.name}_{name}": Fact.number(fact.help.format(step.name), fact.unit)
                for name, fact in OF_STEP.items()
            }
            own |= {
                name: Fact.number(f"`{path}` in the JSON of the step `{step.name}`")
                for name, path in step.measure.items()
            }
        return own | {
            f"{name}_left": Fact.number(f"what is left today of {name}") for name in settings.budget
        }

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._steps = [AskedStep(settings, one, target) for one in settings.step]
        self._cleanup = [AskedStep(settings, one, target) for one in settings.cleanup]
        self._cost = cost_of(settings)
        self._walk: asyncio.Task[Any] | None = None
        self._run: asyncio.Task[Reading] | None = None

    async def open(self, services: Services) -> None:
        await super().open(services)
        for step in (*self._steps, *self._cleanup):
            await step.open(services)
        self._kept = services.kept.of(self.target.check)
        self._budget = Budget(self.settings.budget, self._kept)

    async def probe(self) -> Reading:
        if self._run is not None and not self._run.done():
            return unknown("overrun", "the clean-up of its last run has not ended yet")
        if lacking := self._budget.lacks(self._cost):
            spent = f"today's budget of {self.settings.budget[lacking]:g} {lacking} is spent"
            return replace(unknown("budget", spent), measurements=self._left())
        run, began = Transaction(self._steps, self._cleanup, self._budget), time.time()
        reserve = self.timeout_seconds * _CLEANUP_SHARE if self._cleanup else 0.0
        self._budget.spend({RUNS: 1.0})
        self._walk = asyncio.create_task(run.walk(self.timeout_seconds - reserve))
        self._run = asyncio.create_task(self._to_its_end(run, self._walk, began, reserve))
        try:
            # Whoever ends us ends the steps, and not the clean-up.
            return await asyncio.shield(self._run)
        except asyncio.CancelledError:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends a run that is under way, and waits for its clean-up."""
        if self._walk is not None:
            self._walk.cancel()
        if self._run is not None:
            await asyncio.wait([self._run])

    async def _to_its_end(
        self, run: Transaction, walk: asyncio.Task[Reading], began: float, reserve: float
    ) -> Reading:
        try:
            reading = await walk
        except asyncio.CancelledError:
            reading = unknown("stopped", "it was ended while it ran")
        finally:
            cleanup_failed = await run.clean_up(reserve)
            self.services.kept.changed()
        found = {**run.measurements, "steps_done": float(run.done), "cleanup_failed": float(cleanup_failed)}
        found |= {**self._left(), **self._funnel(run, reading, began)}
        detail = reading.detail
        if detail:
            at = f"step {run.done + 1} of {len(self._steps)}, {run.at}"
            detail = await run.clean(f"{at}: {detail} (run {run.id})")
        return replace(reading, measurements=found, detail=detail)

    def _funnel(self, run: Transaction, reading: Reading, began: float) -> dict[str, Value]:
        """Which step fails, since when, and why. Where the run could not tell, nothing of it is known."""
        if reading.outcome is Outcome.UP:
            self._kept.pop("failing", None)
            return {**reading.measurements, "failed_step": "", "because": "", "because_zh": ""}
        if reading.outcome is Outcome.UNKNOWN:
            return {}
        step, why = self.settings.step[run.done], failure(reading.reason, run.measurements)
        name, since = self._kept.get("failing") or ("", 0.0)
        since = since if name == step.name else began
        self._kept["failing"] = step.name, since
        number, steps = run.done + 1, len(self._steps)
        return {
            "failed_step": step.name,
            "failing_since": since,
            "because": f"step {number} of {steps}, {step.words.en}, fails: {why.en}",
            "because_zh": f"第 {number} 步（共 {steps} 步）“{step.words.zh}”失败：{why.zh}",
        }

    def _left(self) -> dict[str, Value]:
        return {f"{name}_left": left for name, left in self._budget.left().items()}


def _of_names(settings: StepsProbe.Settings) -> Iterator[str]:
    """What is called like something else."""
    taken = Counter(step.name for step in (*settings.step, *settings.cleanup))
    yield from (f'two steps are named "{name}"' for name, times in taken.items() if times > 1)
    measured = Counter([*BASE_FACTS, *StepsProbe.facts, *(f"{name}_left" for name in settings.budget)])
    for step in {step.name: step for step in settings.step}.values():
        measured.update([*(f"{step.name}_{name}" for name in OF_STEP), *step.measure])
    yield from (
        f'two measurements are named "{name}": rename a step or a measure'
        for name, times in measured.items()
        if times > 1
    )


def _of_requests(settings: StepsProbe.Settings) -> Iterator[str]:
    """What can never be sent, or read."""
    carried = {RUN_ID}
    for header, value in settings.headers.items():
        if named_in(value.get_secret_value()) - carried:
            yield f"headers: {header} needs a value of an answer: write it into the steps"
    for step in (*settings.step, *settings.cleanup):
        for name in sorted(step.places - carried):
            there = ", ".join(sorted(carried))
            yield f'step {step.name}: no step before it carries "{name}" (there is: {there})'
        carried |= step.carry.keys()
        try:
            template_of(settings.url.get_secret_value(), step)
            readable(step.wants_json, settings.max_body_bytes)
        except ValueError as why:
            yield f"step {step.name}: {why}"
    yield from (
        f"step {step.name}: nothing is measured while cleaning up"
        for step in settings.cleanup
        if step.measure
    )


def _of_budget(settings: StepsProbe.Settings) -> Iterator[str]:
    """What is spent without a limit, and limits that no run can keep."""
    spent = cost_of(settings)
    for name in (*spent, *(name for step in settings.cleanup for name in step.spends)):
        if name not in settings.budget and name != RUNS:
            yield f'a step spends "{name}", and budget has no such limit: write budget = {{ {name} = 100 }}'
    for name, most in settings.budget.items():
        if name not in spent and name != RUNS:
            yield f'budget: no step spends "{name}"'
        elif spent.get(name, 1.0) > most:
            yield f"budget: one run spends {spent.get(name, 1.0):g} {name}, more than the {most:g} of a day"


def cost_of(settings: StepsProbe.Settings) -> dict[str, float]:
    """What one run spends, if each step is asked once."""
    cost: dict[str, float] = {RUNS: 1.0}
    for step in settings.step:
        for name, amount in step.spends.items():
            cost[name] = cost.get(name, 0.0) + amount
    return cost
