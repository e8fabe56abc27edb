"""A daemon that stands by: it names the leader, and can lead at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from watchtower import __version__
from watchtower.api.contract import InstanceRole, InstanceStatus, Status
from watchtower.app.configuration import Configuration
from watchtower.app.watch import Signature
from watchtower.config.loaded import Loaded
from watchtower.probes.registry import Registry
from watchtower.store.store import Store
from watchtower.telemetry import Telemetry

if TYPE_CHECKING:
    from watchtower.store.lease import Lease


class Standby:
    """Owned by the event loop. `name` is how others see this daemon: host and process."""

    def __init__(self, configuration: Configuration, name: str) -> None:
        self.name, self.instance, self.away = name, "", ""
        self.store: Store | None = None
        self.lease: Lease | None = None
        self._configuration, self._started_at = configuration, time.time()
        self._telemetry = Telemetry(__version__)
        self._telemetry.load(configuration.plan)

    def standing(self) -> InstanceStatus:
        holder = self.lease.holder if self.lease and not self.away else None
        role = InstanceRole.WAITING if self.away or not self.store else InstanceRole.STANDBY
        return InstanceStatus(
            role, self._started_at, self.instance, str(self.store or ""),
            holder.owner if holder else "", holder.url if holder else "", holder.epoch if holder else 0,
        )  # fmt: skip

    def status(self) -> Status:
        return Status(
            time.time(), self._started_at, __version__, self._configuration.plan,
            loaded_at=self._configuration.loaded_at, problems=self._configuration.problems,
            held=self._configuration.held.problems if self._configuration.held else (),
        )  # fmt: skip

    def ready(self) -> Sequence[str]:
        """A standby is ready, because it takes over within seconds, unless the store does not answer."""
        return ["store"] if self.away or (self.lease and not self.lease.answered) else []

    def queued(self) -> tuple[int, float]:
        return 0, 0.0

    async def metrics(self) -> tuple[Sequence[bytes], str]:
        self._telemetry.stands(self.instance, leads=False)
        return await self._telemetry.scrape()

    async def reload(self) -> None:
        """Replaces the plan with which this daemon would lead."""
        await self._configuration.reload(self._telemetry, self._take)

    async def _take(self, loaded: Loaded, registry: Registry, seen: Signature) -> None:
        self._configuration.take(loaded, registry, seen)
        self._telemetry.reloaded(True, (), loaded.plan)
