"""Kinds of deviation: each is one signed number for an observation, small in normal times, in the gauge's own
unit."""

from __future__ import annotations

from typing import Any

from watchtower.detectors.anomaly.level import Mean, Profile
from watchtower.detectors.anomaly.steps import Steps
from watchtower.detectors.anomaly.tail import DeviationTail
from watchtower.model import Instant

_LEVELS = ((8, 4_000), (16, 1_000), (1, 20_000))
"""Recent against usual, in observations: a spike, a bulge, a value out of all that was seen."""
_SEASONAL = (3, 8)
"""Off the usual at this time, over so many observations."""
_STEPS = (4,)
"""How unlikely steps are, over so many observations."""
_LIGHT = 0.2
"""Likelihoods have a lighter tail than distances."""


class Straying:
    """One kind of deviation: the mean of its last observations, and their tail."""

    light = 0.0

    def __init__(self, recent: int) -> None:
        self._recent = Mean(recent)
        self.tail = DeviationTail(self.light) if self.light else DeviationTail()

    def step(self, at: Instant, value: float) -> float:
        raise NotImplementedError

    def _parts(self) -> tuple[Any, ...]:
        return self._recent, self.tail

    def state(self) -> list[Any]:
        return [part.state() for part in self._parts()]

    def restore(self, state: Any) -> None:
        for part, saved in zip(self._parts(), state, strict=True):
            part.restore(saved)


class FromLevel(Straying):
    """A short mean minus a long one that does not include it yet."""

    def __init__(self, recent: int, usual: int) -> None:
        super().__init__(recent)
        self._usual = Mean(usual)

    @property
    def usual(self) -> float:
        return self._usual.value

    def step(self, at: Instant, value: float) -> float:
        usual = self._usual.value if self._usual.seen else value
        self._recent.learn(value)
        self._usual.learn(value)
        return self._recent.value - usual

    def _parts(self) -> tuple[Any, ...]:
        return self._recent, self._usual, self.tail


class FromSeason(Straying):
    """The distance of a few observations from the usual values at their time of the period."""

    def __init__(self, profile: Profile, recent: int) -> None:
        super().__init__(recent)
        self._profile = profile

    def step(self, at: Instant, value: float) -> float:
        usual = self._profile.at(at)
        self._recent.learn(value - usual if usual is not None else 0.0)
        return self._recent.value


class FromSteps(Straying):
    """How unlikely the last steps were, over so many observations. All share the chain, which learns first."""

    light = _LIGHT

    def __init__(self, steps: Steps, recent: int) -> None:
        super().__init__(recent)
        self._steps = steps

    def step(self, at: Instant, value: float) -> float:
        loss = self._steps.last
        if loss is None:
            return 0.0
        self._recent.learn(abs(loss))
        return self._recent.value if loss > 0 else -self._recent.value


def levels() -> list[FromLevel]:
    return [FromLevel(recent, usual) for recent, usual in _LEVELS]


def seasonal(profile: Profile) -> list[FromSeason]:
    return [FromSeason(profile, recent) for recent in _SEASONAL]


def stepwise(steps: Steps) -> list[FromSteps]:
    return [FromSteps(steps, recent) for recent in _STEPS]
