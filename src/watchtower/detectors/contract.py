"""What a detector is: it is fed every observation of one series in time order, and answers with facts."""

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
        """The facts after this observation; None for what is not known."""
        raise NotImplementedError

    def state(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state written earlier; a state of another version is ignored."""
        raise NotImplementedError

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
        """Requests per second that are expected now, and those of a usual day; None where it does not know."""
        return None, None
