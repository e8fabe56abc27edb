"""A backtest: runs samples through the rules and yields records, with counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from watchtower.core.events import Decision
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.state import Series
from watchtower.model import Instant, Outcome
from watchtower.replay.driver import Replay, learnt
from watchtower.replay.records import Record, Recorder
from watchtower.replay.samples import Samples
from watchtower.replay.series import merged, narrowed
from watchtower.replay.world import World
from watchtower.values import Frozen, Mutable, field


class Coverage(Mutable):
    """What was replayed. `blind` is the time without data of each series in seconds, `rows` the number of
    polls."""

    start: Instant
    end: Instant
    rows: int = 0
    no_data: dict[str, float] = field(default_factory=dict)


class Backtest(Frozen):
    """`since` and `until` bound the evaluation; detectors only learn from rows before `since`."""

    plan: Plan
    samples: Sequence[Samples]
    world: World = field(default_factory=World)
    tick_every: float = 10.0
    since: Instant | None = None
    until: Instant | None = None

    @property
    def polls(self) -> int:
        """The number of rows, for a bar."""
        return sum(len(s.times) for s in self.samples)

    def span(self) -> tuple[Instant, Instant]:
        """The first and the last moment of the evaluation."""
        first = min(s.times[0] for s in self.samples)
        last = max(s.times[-1] for s in self.samples)
        return first if self.since is None else self.since, last if self.until is None else self.until

    def run(
        self,
        seen: Coverage | None = None,
        progress: Callable[[int], None] = lambda _: None,
        heard: Callable[[Decision], None] = lambda _: None,
    ) -> Iterator[Record]:
        """Yields records in time order, each as soon as it is decided. `progress` gets the number of polls,
        `heard` every decision."""
        start, end = self.span()
        seen = seen or Coverage(start, end)
        plan = narrowed(self.plan, self.samples)
        recorder, out = Recorder(), list[Record]()
        intervals = {(s.check, s.series): s.interval for s in self.samples}

        def hear(decision: Decision, engine: Engine) -> None:
            out.extend(recorder.records(decision, engine))
            heard(decision)

        replay = Replay(
            plan, start, world=self.world, tick_every=self.tick_every, learned=self._learned(plan, start),
            heard=hear,
        )  # fmt: skip
        for observation in merged(self.samples, start, end):
            replay.feed(observation)
            seen.rows += 1
            if observation.reading.outcome is Outcome.UNKNOWN:
                series = (observation.check, observation.reading.series)
                name = f"{series[0]}[{series[1]}]" if series[1] else series[0]
                seen.no_data[name] = seen.no_data.get(name, 0.0) + intervals[series]
            if out:
                yield from out
                out.clear()
            if not seen.rows % 2000:
                progress(seen.rows)
        replay.advance(end)
        progress(seen.rows)
        yield from out

    def _learned(self, plan: Plan, start: Instant) -> Mapping[Series, Mapping[str, Any]]:
        first = min(s.times[0] for s in self.samples)
        if self.since is None or first >= start:
            return {}
        before = (one for one in merged(self.samples, first, start) if one.at < start)
        return learnt(plan, before, first, start - first)
