"""What probes that ask by HTTP measure of the way there, and what it means that no answer came."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from watchtower.curl import FetchError, Phases, Response
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.probes.contract import down, unknown
from watchtower.probes.network import failed, resolved

WAY_FACTS: Facts = {
    "latency": Fact.number("from the start to the last byte of the answer", Unit.SECONDS),
    "dns_seconds": Fact.number("time to resolve the name", Unit.SECONDS),
    "connect_seconds": Fact.number("time to connect by TCP", Unit.SECONDS),
    "tls_seconds": Fact.number("time for the TLS handshake", Unit.SECONDS),
    "first_byte_seconds": Fact.number(
        "from the connection being ready to the first byte of the answer", Unit.SECONDS
    ),
    "tls_days_left": Fact.number("until the server's certificate ends", Unit.DAYS),
    "remote_ip": Fact.string("the address that was connected to"),
}
_DAY = 86400.0
_PHASES = ("dns", "connect", "tls", "first_byte")
_PHASE_FACTS = tuple(f"{phase}_seconds" for phase in _PHASES)
_STUCK = {
    "": "no answer within {:g} s",
    "dns": "the name was not resolved within {:g} s",
    "connect": "no connection within {:g} s",
    "tls": "connected, but the TLS handshake did not end within {:g} s",
    "first_byte": "connected, but no answer within {:g} s",
    "body": "the answer began, but did not end within {:g} s",
}


def way_there(response: Response) -> dict[str, Any]:
    """The measurements of `WAY_FACTS` that this answer gives."""
    out: dict[str, Any] = {
        "latency": response.phases.total,
        "remote_ip": response.remote_ip,
        **_phase_measurements(response.phases, failed=False),
    }
    if response.cert_not_after is not None:
        out["tls_days_left"] = (response.cert_not_after - time.time()) / _DAY
    return out


async def no_answer(
    error: FetchError,
    host: str,
    started: float,
    timeout: float,
    clean: Callable[[str], str],
    ip_version: int | None = None,
) -> Reading:
    """Down, or unknown where the fault is ours. `started` is by the monotonic clock."""
    phases = error.phases
    came = _phase_measurements(phases, failed=True)
    if error.own_fault:
        return unknown(error.reason, clean(f"could not ask: {error.detail}"), **came)
    if error.reason == "dns" or (error.reason == "timeout" and phases.stuck == "dns"):
        left = timeout - (time.monotonic() - started)
        return await _no_name(max(0.2, left), error.host or host, ip_version)
    if error.reason == "timeout":
        return down("timeout", _STUCK[phases.stuck].format(timeout), **came)
    return down(error.reason, clean(error.detail), **came)


async def _no_name(left: float, host: str, ip_version: int | None) -> Reading:
    """Resolves once more, because libcurl does not say whether the name or the resolver is at fault."""
    try:
        await resolved(host, 0, left, ip_version)
    except socket.gaierror as error:
        return failed(error, host)
    return unknown("resolver", f"{host}: the resolver failed, and answered when asked again")


def _phase_measurements(phases: Phases, *, failed: bool) -> dict[str, Any]:
    """Seconds of the phases that ended. Phases that were not reached are left out."""
    if failed and not phases.stuck:
        return {}
    ended = _PHASES.index(phases.stuck) if phases.stuck in _PHASES else len(_PHASES)
    seconds = zip(
        _PHASE_FACTS[:ended], (phases.dns, phases.connect, phases.tls, phases.first_byte), strict=False
    )
    return {name: value for name, value in seconds if value > 0 or name != "tls_seconds"}
