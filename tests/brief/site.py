"""The long night behind the web rooms, and a daemon whose people can act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.brief.night import PLAN, Night, long
from tests.web.fake import FakeDaemon
from watchtower.api.contract import IncidentDetail, Status


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
        night = self.night
        return IncidentDetail(night.incident, night.alerts, night.log, (), night.told())

    async def do(self, incident: str, action: str, by: str, via: str, data: Mapping[str, Any]) -> str:
        if not self.no:
            self.night.do(action, by, **data)
        return await super().do(incident, action, by, via, data)
