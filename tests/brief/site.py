"""The long night behind the web rooms, and a daemon whose people can act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.brief.night import PLAN, Night, long
from tests.web.fake import FakeDaemon
from watchtower.api.contract import IncidentDetail, Status
from watchtower.store.contract import TimelineEntry


@dataclass
class NightDaemon(FakeDaemon):
    """`INC-1` of the night; what people do is done to it."""

    night: Night = field(default_factory=long)

    def status(self) -> Status:
        return Status(
            self.night.at, self.night.at - 9000, "1.2.3", PLAN, {}, self.night.alerts, [self.night.incident]
        )

    async def incident(self, id: str) -> IncidentDetail | None:
        if id != "INC-1":
            return None
        lines = [
            TimelineEntry("INC-1", seq, e.at, e.kind, e.detail, e.by, e.data)
            for seq, e in enumerate(self.night.log)
        ]
        return IncidentDetail(self.night.incident, self.night.alerts, lines, (), self.night.told())

    async def do(self, incident: str, action: str, by: str, via: str, data: Mapping[str, Any]) -> str:
        if not self.no:
            self.night.do(action, by, **data)
        return await super().do(incident, action, by, via, data)
