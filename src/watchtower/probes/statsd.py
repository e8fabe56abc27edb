"""`statsd` counts by the lines that the product sends to a UDP port or a Unix socket."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Annotated

from watchtower.fields import AfterValidator, Field
from watchtower.model import Reading
from watchtower.probes.contract import Services
from watchtower.probes.network import Address
from watchtower.probes.pushed_metrics import PushedMetrics
from watchtower.probes.statsd_ports import StatsdListener
from watchtower.probes.traffic import CannotTell


def _address(text: str) -> str:
    if not text.startswith("/"):
        Address.parse(text)
    return text


class Statsd(PushedMetrics):
    """Checks with the same `listen` share its port."""

    kind = "statsd"

    class Settings(PushedMetrics.Settings):
        listen: Annotated[str, AfterValidator(_address)] = Field(
            description="Where lines come in: `127.0.0.1:8125`, or the path of a Unix datagram socket."
        )

    async def open(self, services: Services) -> None:
        await super().open(services)
        self._deaf = ""
        self._listener = StatsdListener(self.names, self._heard, self._unreadable)
        try:
            services.statsd.listen(self.settings.listen, self._listener)
        except OSError as error:
            self._deaf = f"cannot listen on {self.settings.listen}: {os.strerror(error.errno or 0)}"

    async def close(self) -> None:
        self.services.statsd.leave(self.settings.listen, self._listener)

    async def probe(self) -> Sequence[Reading]:
        if self._deaf:
            return self.blind(CannotTell("listen", self._deaf))
        return await super().probe()

    def _heard(self, name: str, labels: Mapping[str, str], number: float) -> None:
        self.take(name, labels, number, time.time())

    def _unreadable(self) -> None:
        self.unreadable += 1
