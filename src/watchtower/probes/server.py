"""What probes of one server have in common that speak to it by a library of its own."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
from typing import Any, ClassVar
from urllib.parse import urlsplit

from watchtower.errors import install
from watchtower.fields import Secret
from watchtower.model import Reading
from watchtower.numbers import as_number
from watchtower.probes.contract import Probe, Services, Target, up
from watchtower.probes.network import time_left_once_resolved
from watchtower.probes.redaction import redactor
from watchtower.probes.urls import lower_scheme


def address_of(value: Secret, schemes: tuple[str, ...], example: str) -> Secret:
    """The address, if it has one of these schemes, a host and no port 0. Raises ValueError."""
    try:
        parts = urlsplit(value.get_secret_value())
        whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ValueError(f"must be an address such as {example}")
    return value


class ServerProbe(Probe):
    """Measures what `_ask` finds within the time of one run, the name's resolution included."""

    address: ClassVar[str]
    """The setting that holds the address."""
    port: ClassVar[int]
    """Where the address names none."""
    library: ClassVar[str]
    """What speaks to it; some take a tenth of a second to import, which no run should wait for."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._url = lower_scheme(getattr(settings, self.address).get_secret_value())
        parts = urlsplit(self._url)
        self._host = parts.hostname or ""
        self._where = f"{self._host}:{parts.port or self.port}"
        self._clean = redactor(urls=[self._url])

    async def open(self, services: Services) -> None:
        await super().open(services)
        await asyncio.to_thread(importlib.import_module, self.library)

    async def probe(self) -> Reading:
        measured: dict[str, Any] = {}
        try:
            left = await time_left_once_resolved(self._host, self.timeout_seconds)
            async with asyncio.timeout(left):
                await self._ask(measured)
        except Exception as error:  # noqa: BLE001 - on bytes of another protocol the libraries raise anything
            return self._failed(error, measured)
        return up(**measured)

    async def _ask(self, measured: dict[str, Any]) -> None:
        raise NotImplementedError

    def _failed(self, error: Exception, measured: dict[str, Any]) -> Reading:
        """What the error says of the server, with what had been measured by then."""
        raise NotImplementedError


class NoNumber(Exception):
    """A query returned something that is not a number."""


def number_of(found: Any) -> float | None:
    """What a query gives, as a number; None for NULL. Raises NoNumber, also for a text that looks like one."""
    if found is None:
        return None
    if isinstance(found, bool):
        return float(found)
    number = None if isinstance(found, (str, bytes)) else as_number(found)
    if number is None:
        raise NoNumber(f"the query gives a {type(found).__name__}, not a number to count with")
    return number


def need(module: str, extra: str) -> None:
    """Raises ValueError, which becomes a problem of the file, when `module` is not installed."""
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # not even what it is below of
        found = None
    if found is None:
        raise ValueError(f"this probe needs {module}, which is not installed: {install(extra)}")
