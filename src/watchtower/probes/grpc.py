"""`grpc` asks a server for its health, by the protocol that Kubernetes and load balancers ask by (grpc.health.v1).

Its two messages have one field each, so they are written here; the rest is HTTP/2, which libcurl speaks.
"""

from __future__ import annotations

import struct
import time
from typing import Any, ClassVar
from urllib.parse import unquote

from watchtower.curl import HTTP_VERSIONS, FetchError, Request, Response
from watchtower.fields import Field, FileName, HostName, model_validator
from watchtower.model import Fact, Facts, Reading
from watchtower.probes.contract import Probe, Target, down, unknown, up
from watchtower.probes.network import CA_FILE, AddressText
from watchtower.probes.no_answer import WAY_FACTS, no_answer, way_there
from watchtower.probes.redaction import redactor
from watchtower.probes.urls import Headers

_PATH = "/grpc.health.v1.Health/Check"
_STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_SERVICE_FIELD, _STATUS_FIELD = 0x0A, 0x08
"""Tags of field 1, as a string and as a number (Protocol Buffers, "Encoding")."""
_OK = "0"
_CODES = {
    "1": "CANCELLED", "2": "UNKNOWN", "3": "INVALID_ARGUMENT", "4": "DEADLINE_EXCEEDED", "5": "NOT_FOUND",
    "6": "ALREADY_EXISTS", "7": "PERMISSION_DENIED", "8": "RESOURCE_EXHAUSTED", "9": "FAILED_PRECONDITION",
    "10": "ABORTED", "11": "OUT_OF_RANGE", "12": "UNIMPLEMENTED", "13": "INTERNAL", "14": "UNAVAILABLE",
    "15": "DATA_LOSS", "16": "UNAUTHENTICATED",
}  # fmt: skip
_CREDENTIALS = ("PERMISSION_DENIED", "UNAUTHENTICATED")


class Grpc(Probe):
    """One health check on a new connection. Only SERVING is up."""

    kind = "grpc"
    facts: ClassVar[Facts] = {
        **WAY_FACTS,
        "health": Fact.string("`SERVING`, `NOT_SERVING` or `UNKNOWN`, as the server says"),
        "code": Fact.string("the call's gRPC status: `OK`, `NOT_FOUND`, `UNIMPLEMENTED`, ..."),
    }

    class Settings(Probe.Settings):
        address: AddressText = Field(description="Where to connect: host:port.")
        service: str = Field(
            default="",
            max_length=1000,
            description="The service to ask for, such as `pay.v1.Checkout`; empty: the server as a whole.",
        )
        tls: bool = Field(default=False, description="Speak TLS.")
        server_name: HostName = Field(
            default="",
            description="The name in the request, and in the certificate; else the address's host.",
        )
        metadata: Headers = Field(default={}, description="Metadata to send, such as `authorization`.")
        verify: bool = Field(default=True, description="Check the server's certificate and its name.")
        ca_file: FileName = CA_FILE
        cert_file: FileName = Field(default="", description="PEM file of a client certificate.")
        key_file: FileName = Field(
            default="", description="PEM file of its key, when that is not in the certificate's file."
        )

        @model_validator(mode="after")
        def _can_be_spoken(self) -> Grpc.Settings:
            if "2" not in HTTP_VERSIONS:
                raise ValueError("the libcurl of this machine has no HTTP/2, which gRPC is made of")
            if not self.tls and (self.ca_file or self.cert_file):
                raise ValueError("a certificate's file needs tls = true")
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        metadata = {name: value.get_secret_value() for name, value in settings.metadata.items()}
        tokens = [value.split()[-1] for value in metadata.values() if value.split()]
        self._clean = redactor(*metadata.values(), *tokens)
        host, port = settings.server_name or settings.address.host, settings.address.port
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        self._request = Request(
            f"{'https' if settings.tls else 'http'}://{host}:{port}{_PATH}",
            method="POST",
            headers={**metadata, "content-type": "application/grpc", "te": "trailers"},
            body=_frame(_asked(settings.service)),
            timeout=self.timeout_seconds,
            verify=settings.verify,
            ca_file=settings.ca_file,
            cert_file=settings.cert_file,
            key_file=settings.key_file,
            connect_to=str(settings.address),
            http_version="2" if settings.tls else "2-prior",
            max_body_bytes=4096,
            want_certificate=settings.tls,
        )

    async def probe(self) -> Reading:
        started, host = time.monotonic(), self.settings.address.host
        try:
            response = await self.services.curl.fetch(self._request)
        except FetchError as error:
            return await no_answer(error, host, started, self.timeout_seconds, self._clean)
        reading = _judged(response, self.settings.service)
        return Reading(reading.outcome, reading.measurements, reading.reason, self._clean(reading.detail))


def _judged(response: Response, service: str) -> Reading:
    measured, headers = way_there(response), response.headers
    what = service or "the server"
    if "grpc-status" not in headers:
        said = f"HTTP {response.status}, and no gRPC status: this is no gRPC server"
        return down("protocol", said, **measured)
    code = headers["grpc-status"]
    if code != _OK:
        name = _CODES.get(code, f"code {code[:10]}")
        message = unquote(headers.get("grpc-message", ""))
        return _refused(name, what, f"{name}: {message}" if message else name, measured | {"code": name})
    measured["code"] = "OK"
    try:
        health = _STATUSES[_answered(response.body)]
    except (ValueError, IndexError):
        return down("garbage", "the answer is no health of grpc.health.v1", **measured)
    measured["health"] = health
    if health == "SERVING":
        return up(**measured)
    return down(health.lower().replace("unknown", "unknown_health"), f"{what} says {health}", **measured)


def _refused(code: str, what: str, said: str, measured: dict[str, Any]) -> Reading:
    if code == "UNIMPLEMENTED":
        sentence = f"the server answers, but offers no health service (grpc.health.v1): {said}"
        return unknown("unimplemented", sentence, **measured)
    if code in _CREDENTIALS:
        return unknown("credentials", said, **measured)
    if code == "NOT_FOUND":
        return down("not_found", f"the server knows no service {what}: {said}", **measured)
    return down("timeout" if code == "DEADLINE_EXCEEDED" else "grpc", f"{what}: {said}", **measured)


def _asked(service: str) -> bytes:
    """HealthCheckRequest: `service` is field 1, left out where it is empty."""
    name = service.encode()
    return bytes((_SERVICE_FIELD, *_varint(len(name)))) + name if name else b""


def _varint(number: int) -> bytes:
    return bytes((number,)) if number < 128 else bytes((number & 127 | 128, number >> 7))


def _frame(message: bytes) -> bytes:
    return struct.pack("!BI", 0, len(message)) + message


def _answered(body: bytes) -> int:
    """The `status` of a HealthCheckResponse, 0 where it is left out. Raises ValueError, IndexError."""
    if len(body) < 5 or struct.unpack("!BI", body[:5]) != (0, len(body) - 5):
        raise ValueError
    message = body[5:]
    if message and message[0] != _STATUS_FIELD:
        raise ValueError
    return message[1] if message else 0
