"""The history of the small daemon in memory: every check measured what a test says."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from watchtower.api.contract import CheckHistory
from watchtower.core.silences.silence import AlertSilence
from watchtower.errors import StoreError
from watchtower.history.curve import Curve
from watchtower.model import Instant


def _well() -> dict[str, Callable[[Instant], float]]:
    return {"up": lambda _: 1.0, "latency": lambda _: 0.25}


@dataclass
class FakeHistory:
    """`measured` is what every check has, by name and moment; NaN: no sample. `no_history`: why it cannot be read."""

    measured: Mapping[str, Callable[[Instant], float]] = field(default_factory=_well)
    no_history: str = ""
    silenced: Sequence[tuple[AlertSilence, Instant]] = ()
    spans: list[tuple[str, str, Instant, Instant, int]] = field(default_factory=list)

    async def ever_silenced(self) -> Sequence[tuple[AlertSilence, Instant]]:
        return self.silenced

    async def history(
        self, check: str, series: str, since: Instant, until: Instant, points: int
    ) -> CheckHistory:
        self.spans.append((check, series, since, until, points))
        if self.no_history:
            raise StoreError(self.no_history)
        step = max(10.0, -((since - until) / points // 10.0) * 10.0)
        count = round((until - since) / step)
        curves = {name: Curve(since, step, count) for name in self.measured} if check != "unheard" else {}
        for name, curve in curves.items():
            values = array("f", [self.measured[name](since + n * step) for n in range(count)])
            curve.add(since, step, values, values, values)
        return CheckHistory(check, series, since, step, curves)
