"""What a detector is: it gets every observation of one series in time order, and returns measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from watchtower import fields
from watchtower.model import Facts, Instant, Observation, Value

DetectorSettings = fields.Settings


class Detector:
    """Base of all detectors. `update` is O(1); the state is bounded, JSON, and read back by `restore`.

    An `unknown` observation is passed too: it must not be taken for zero, nor for recovery.
    """

    kind: ClassVar[str]
    facts: ClassVar[Facts]
    version: ClassVar[int] = 1

    class Settings(fields.Settings):
        """Keys of `[check.detect]`."""

    def __init__(self, settings: Any, every: float) -> None:
        self.settings = settings
        self.every = every

    def update(self, observation: Observation) -> Mapping[str, Value]:
        """The measurements after this observation; None for unknown ones."""
        raise NotImplementedError

    def state(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restores a saved state; a state of another version is ignored."""
        raise NotImplementedError

    def new_normal(self, at: Instant) -> bool:
        """A person says that what comes now is usual from now on: an anomaly that is open ends with the next
        observation, and is learnt. False where nothing was open to accept."""
        return False

    def view(self, at: Instant) -> Mapping[str, Any]:
        """What it believes at this time, and why it would page: JSON for people who ask.

        Keys that end with `_at` are instants, `_seconds` spans. Empty: there is nothing to tell.
        """
        return {}

    def course(self, at: Instant) -> Iterator[tuple[Instant, Mapping[str, Value]]]:
        """What it watches for, played out from `at` on: measurements and facts at moments to come, in time order.

        Bounded, and without any effect on the detector. Empty: there is nothing to foresee.
        """
        return iter(())

    def forecast(self) -> tuple[float | None, float | None]:
        """Requests per second expected now, and those of a usual day; None where unknown."""
        return None, None
