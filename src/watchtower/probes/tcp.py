"""`tcp` connects to a port and can check its answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar, Literal

from watchtower.fields import Field
from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.patterns import Regex
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Probe, Target, down, up
from watchtower.probes.network import IP_VERSION, Address, AddressText, Connection, close, connect, failed
from watchtower.probes.redaction import redactor

_MOST = 65536
"""Bytes that are searched for what is expected."""


class Tcp(Probe):
    """Connects; optionally sends a text and waits for an answer that matches."""

    kind = "tcp"
    facts: ClassVar[Facts] = {
        "latency": Fact.number(
            "to resolve, connect and, where `expect` is given, to hear the answer", Unit.SECONDS
        ),
        "dns_seconds": Fact.number("time to resolve the name", Unit.SECONDS),
        "connect_seconds": Fact.number("time to connect", Unit.SECONDS),
        "remote_ip": Fact.string("the address that was connected to"),
    }

    class Settings(Probe.Settings):
        address: AddressText = Field(description="Where to connect: host:port.")
        or_any_of: tuple[AddressText, ...] = Field(
            default=(), description="Further addresses: one that answers is enough."
        )
        send: str = Field(
            default="", repr=False, description='A text to send once connected; a line\'s end is "\\r\\n".'
        )
        expect: Regex | None = Field(
            default=None, description="A regular expression that must come, read as Latin-1."
        )
        ip_version: Literal[4, 6] | None = IP_VERSION

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._clean = redactor(settings.send, *settings.send.split())

    async def probe(self) -> Reading:
        addresses = (self.settings.address, *self.settings.or_any_of)
        readings = await asyncio.gather(*map(self._ask, addresses))
        return next((one for one in readings if one.outcome is Outcome.UP), readings[0])

    async def _ask(self, address: Address) -> Reading:
        started = time.monotonic()
        try:
            connection = await connect(address, self.timeout_seconds, self.settings.ip_version)
        except OSError as error:
            return failed(error, str(address))
        try:
            async with asyncio.timeout(self.timeout_seconds - (time.monotonic() - started)):
                return await self._talk(address, connection, started)
        except OSError as error:
            if isinstance(error, TimeoutError):
                sentence = f"{address}: connected, but what is expected did not come in time"
                return down("timeout", sentence, **connection.measurements)
            return failed(error, str(address), connection.measurements)
        finally:
            close(connection.writer)

    async def _talk(self, address: Address, connection: Connection, started: float) -> Reading:
        settings = self.settings
        if settings.send:
            connection.writer.write(settings.send.encode())
            await connection.writer.drain()
        heard = b""
        while settings.expect is not None:
            if await read_aside(len(heard), settings.expect.search, heard.decode("latin-1")):
                break
            more = await connection.reader.read(_MOST - len(heard))
            heard += more
            if not more:
                said = f"{len(heard)} bytes that do not match {settings.expect.pattern}"
                sentence = f"{address} said {said if heard else 'nothing'}"
                return down("garbage" if heard else "reset", self._clean(sentence), **connection.measurements)
        return up(latency=time.monotonic() - started, **connection.measurements)
