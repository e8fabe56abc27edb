"""The official gRPC health service (grpcio-health-checking) in a process of its own."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from tests.parts.certificates import Pair
from tests.parts.child import Part, answers, free_port

SERVES, DOWN, UNSURE = "pay.v1.Checkout", "pay.v1.Refund", "pay.v1.Quote"


class GrpcHealth(Part):
    """Serves the health of three services: up, down, unknown; and of itself, up. `offers`: whether there is a health
    service at all. With a certificate it speaks TLS alone."""

    def __init__(self, pair: Pair | None = None, *, offers: bool = True) -> None:
        super().__init__()
        self._pair, self._offers = pair, offers

    def start(self) -> None:
        """Start it on a free port."""
        self.port = free_port()
        self.address = f"{'localhost' if self._pair else '127.0.0.1'}:{self.port}"
        files = [self._pair.certificate, self._pair.key] if self._pair else []
        command = [sys.executable, "-m", __name__, str(self.port), "yes" if self._offers else "no", *files]
        self.run(command, self.directory() / "grpc.log", {"PYTHONPATH": str(Path(__file__).parents[2])})
        self.wait_ready(lambda: answers(self.port))


def _serve(port: str, offers: str, *files: str) -> None:
    import grpc
    from grpc_health.v1 import health, health_pb2, health_pb2_grpc

    statuses: Any = health_pb2.HealthCheckResponse
    service = health.HealthServicer()
    service.set(SERVES, statuses.SERVING)
    service.set(DOWN, statuses.NOT_SERVING)
    service.set(UNSURE, statuses.UNKNOWN)
    server = grpc.server(ThreadPoolExecutor(2))
    if offers == "yes":
        health_pb2_grpc.add_HealthServicer_to_server(service, server)
    if files:
        certificate, key = (Path(file).read_bytes() for file in files)
        server.add_secure_port(f"127.0.0.1:{port}", grpc.ssl_server_credentials([(key, certificate)]))
    else:
        server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    Event().wait()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
