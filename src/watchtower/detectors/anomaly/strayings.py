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


class FromLevel:
    """A short mean minus a long one that does not include it yet."""

    def __init__(self, recent: int, usual: int) -> None:
        self._recent, self._usual = Mean(recent), Mean(usual)
        self.tail = DeviationTail()

    @property
    def usual(self) -> float:
        return self._usual.value

    def step(self, at: Instant, value: float) -> float:
        usual = self._usual.value if self._usual.seen else value
        self._recent.learn(value)
        self._usual.learn(value)
        return self._recent.value - usual

    def state(self) -> list[Any]:
        return [self._recent.state(), self._usual.state(), self.tail.state()]

    def restore(self, state: Any) -> None:
        self._recent.restore(state[0])
        self._usual.restore(state[1])
        self.tail.restore(state[2])


class FromSeason:
    """The distance of a few observations from the usual values at their time of the period."""

    def __init__(self, profile: Profile, recent: int) -> None:
        self._profile = profile
        self._recent = Mean(recent)
        self.tail = DeviationTail()

    def step(self, at: Instant, value: float) -> float:
        usual = self._profile.at(at)
        self._recent.learn(value - usual if usual is not None else 0.0)
        return self._recent.value

    def state(self) -> list[Any]:
        return [self._recent.state(), self.tail.state()]

    def restore(self, state: Any) -> None:
        self._recent.restore(state[0])
        self.tail.restore(state[1])


class FromSteps:
    """How unlikely the last steps were, over so many observations. All share the chain, which learns first."""

    def __init__(self, steps: Steps, recent: int) -> None:
        self._steps = steps
        self._recent = Mean(recent)
        self.tail = DeviationTail(_LIGHT)

    def step(self, at: Instant, value: float) -> float:
        loss = self._steps.last
        if loss is None:
            return 0.0
        self._recent.learn(abs(loss))
        return self._recent.value if loss > 0 else -self._recent.value

    def state(self) -> list[Any]:
        return [self._recent.state(), self.tail.state()]

    def restore(self, state: Any) -> None:
        self._recent.restore(state[0])
        self.tail.restore(state[1])


Straying = FromLevel | FromSeason | FromSteps


def levels() -> list[FromLevel]:
    return [FromLevel(recent, usual) for recent, usual in _LEVELS]


def seasonal(profile: Profile) -> list[FromSeason]:
    return [FromSeason(profile, recent) for recent in _SEASONAL]


def stepwise(steps: Steps) -> list[FromSteps]:
    return [FromSteps(steps, recent) for recent in _STEPS]
