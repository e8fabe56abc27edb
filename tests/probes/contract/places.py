"""The bad places that every probe must bear."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.parts.child import free_port
from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import OwnPlace, Stage


@contextmanager
def _refused(_stage: Stage) -> Iterator[str]:
    yield f"127.0.0.1:{free_port()}"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news here."""


@contextmanager
def _serving(behave: str) -> Iterator[str]:
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if behave == "hang":
                over.wait()
            elif behave == "garbage":
                self.request.sendall(
                    b"\x00\xff\x13\x37 neither one thing\r\nnor the other \xfe\xed\r\n\r\n" * 20
                )
                self.request.settimeout(0.5)
                self.request.recv(4096)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        over.set()
        server.shutdown()
        thread.join()


@contextmanager
def _hang(_stage: Stage) -> Iterator[str]:
    with _serving("hang") as address:
        yield address


@contextmanager
def _garbage(_stage: Stage) -> Iterator[str]:
    with _serving("garbage") as address:
        yield address


@contextmanager
def _closed(_stage: Stage) -> Iterator[str]:
    with _serving("close") as address:
        yield address


@contextmanager
def _expired(stage: Stage) -> Iterator[str]:
    with HttpServer(stage.certificates.expired) as server:
        server.on("/", Answer(200, "ok"))
        yield f"localhost:{server.port}"


PLACES: Mapping[str, OwnPlace] = {
    "refused": _refused,
    "hang": _hang,
    "garbage": _garbage,
    "closed": _closed,
    "expired": _expired,
}
