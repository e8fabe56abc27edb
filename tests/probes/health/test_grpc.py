"""grpc, asked of the official health service; and of what is none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.certificates import Certificates
from tests.parts.child import wait_until
from tests.parts.conditions import started
from tests.parts.grpc_health import DOWN, SERVES, UNSURE, GrpcHealth
from tests.parts.httpserver import Answer, HttpServer
from tests.probes.health.conftest import Ask
from watchtower.probes.grpc import Grpc


@pytest.fixture(scope="module")
def server() -> Iterator[GrpcHealth]:
    with started(GrpcHealth()) as part:
        yield part


@pytest.mark.parametrize(
    ("service", "says", "health"),
    [
        ("", "up", "SERVING"),
        (SERVES, "up", "SERVING"),
        (DOWN, "down not_serving", "NOT_SERVING"),
        (UNSURE, "down unknown_health", "UNKNOWN"),
        ("pay.v1.Typo", "down not_found", None),
        ("x" * 200, "down not_found", None),
    ],
)
async def test_only_serving_is_up(
    ask: Ask, server: GrpcHealth, service: str, says: str, health: str | None
) -> None:
    reading = await ask("grpc", address=server.address, service=service)
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading.detail
    assert reading.measurements.get("health") == health
    assert reading.measurements["code"] == ("OK" if health else "NOT_FOUND")
    assert reading.outcome == "up" or (service in reading.detail)
    assert {"latency", "connect_seconds", "first_byte_seconds", "remote_ip"} <= reading.measurements.keys()


async def test_a_server_without_the_health_service_is_no_sick_server(ask: Ask) -> None:
    with started(GrpcHealth(offers=False)) as part:
        reading = await ask("grpc", address=part.address)
    assert (reading.outcome, reading.reason) == ("unknown", "unimplemented")
    assert "offers no health service (grpc.health.v1): UNIMPLEMENTED" in reading.detail


async def test_over_tls_the_certificate_counts(ask: Ask, certificates: Certificates) -> None:
    with started(GrpcHealth(certificates.good)) as part:
        trusted = await ask("grpc", address=part.address, tls=True, ca_file=str(certificates.authority))
        named = await ask(
            "grpc", address=f"127.0.0.1:{part.port}", server_name="localhost", tls=True,
            ca_file=str(certificates.authority), service=SERVES,
        )  # fmt: skip
        public = await ask("grpc", address=part.address, tls=True)
        plain = await ask("grpc", address=part.address)
    assert trusted.outcome == named.outcome == "up"
    assert trusted.measurements["tls_days_left"] == pytest.approx(90, abs=0.1)
    assert (public.outcome, public.reason) == ("down", "tls")
    assert plain.outcome == "down"


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({"grpc-status": "16", "grpc-message": "token%20of%20tok-1"}, b"", "unknown credentials"),
        ({"grpc-status": "14"}, b"", "down grpc"),
        ({"grpc-status": "4"}, b"", "down timeout"),
        ({"grpc-status": "99"}, b"", "down grpc"),
        ({"grpc-status": "0"}, b"\0\0\0\0\x02\x08\x07", "down garbage"),
        ({"grpc-status": "0"}, b"\0\0\0\0\x01\x08", "down garbage"),
        ({"grpc-status": "0"}, b"what", "down garbage"),
        ({}, b"hello", "down protocol"),
    ],
)
def test_every_answer_has_its_own_word(headers: dict[str, str], body: bytes, says: str) -> None:
    from watchtower.curl import Phases, Response
    from watchtower.probes.grpc import _judged

    raw = tuple(f"{name}: {value}\r\n".encode() for name, value in headers.items())
    reading = _judged(Response(200, body, len(body), Phases(), "::1", 0, None, False, raw), "pay")
    assert f"{reading.outcome} {reading.reason}" == says
    assert reading.detail


async def test_a_web_server_is_no_grpc_server(ask: Ask, http_server: HttpServer) -> None:
    http_server.on("/", Answer(200, "ok"))
    reading = await ask(
        "grpc", address=f"127.0.0.1:{http_server.port}", metadata={"authorization": "Bearer tok-1"}
    )
    assert reading.outcome == "down"
    assert "tok-1" not in repr(reading)


def test_a_certificates_file_without_tls_is_refused_at_load() -> None:
    with pytest.raises(ValueError, match="needs tls = true"):
        Grpc.Settings.model_validate({"address": "a:1", "ca_file": "/ca.pem"})


def connections_to(port: int) -> int:
    """Established ones on this machine, as the side that connected."""
    rows = [
        line.split()
        for family in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]
    ]
    return sum(row[3] == "01" and row[2].endswith(f":{port:04X}") for row in rows)


async def test_no_connection_stays_after_its_run(ask: Ask, certificates: Certificates) -> None:
    """This server never answers the end of a TLS session."""
    with started(GrpcHealth(certificates.good)) as part:
        for _ in range(3):
            reading = await ask("grpc", address=part.address, tls=True, ca_file=str(certificates.authority))
            assert reading.outcome == "up"
        left = connections_to(part.port)
        await asyncio.to_thread(
            wait_until, lambda: connections_to(part.port) == 0, f"the end of {left} connections"
        )
