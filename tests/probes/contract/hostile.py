"""Places that answer, and mean harm: on loopback, one server of each kind of harm for all probes.

huge      far more than anybody should take, as fast as it is taken
slow      a head at once, and then a byte each twentieth of a second
charset   a document in another character set than it says, and no text in that
length    lengths that are not true: too long, and short of what follows

A protocol in which lengths are bytes gets its own lies, see LENGTHS.
"""

from __future__ import annotations

import socketserver
import struct
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from tests.parts.child import Part

HUGE = 192 << 20
"""Bytes."""
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=%s\r\n"
_DOCUMENT = '{"queue": 3, "balance": 1, "n": 1, "余额": "正常"}'
ANSWERS: Mapping[str, tuple[bytes, bytes, float]] = {
    "huge": (_HEAD % b"utf-8" + b'\r\n{"queue": [', b'"orders_total 1", ' * 4096, 0.0),
    "slow": (_HEAD % b"utf-8" + b'Content-Length: 100000\r\n\r\n{"queue": 3, "n": "', b"9", 0.05),
    "charset": (_HEAD % b"utf-16-be" + b"\r\n\xd8\x00" + _DOCUMENT.encode("gb18030") + b"\xff\xd8\x00", b"", 0.0),
    "length": (_HEAD % b"utf-8" + b'Content-Length: 1000000000000\r\n\r\n{"queue": 3, "n": 1}', b"", 0.0),
}  # fmt: skip
"""What is said at once, what is then said again and again, and how many seconds apart."""

_MOST = 0x7FFFFFFF
LENGTHS: Mapping[str, bytes] = {
    "redis": b"$536870912000\r\nx\r\n",
    "redis.counters": b"*1000000000\r\n" + b"$-7\r\n" * 9,
    "postgres": b"R" + struct.pack(">ii", _MOST, 0) + b"x" * 99,
    "sql": b"R" + struct.pack(">ii", -4, 0) + b"x" * 99,
    "mysql": b"\xff\xff\xff\x00\x0a10.11\x00" + b"x" * 99,
    "mongodb": struct.pack("<iiii", _MOST, 1, 1, 2013) + b"x" * 99,
    "kafka": struct.pack(">ii", _MOST, 1) + b"x" * 99,
    "kafka.topics": struct.pack(">ii", -2, 1) + b"x" * 99,
    "grpc": b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"x" * 99,
    "dns": b"\xff\xff" + b"x" * 99,
    "tls": b"\x16\x03\x03\xff\xff" + b"\x02\xff\xff\xff" + b"x" * 99,
}


class Hostile(Part):
    """Listens on `address`; `taken` is the most bytes that one connection took of what is said again and again."""

    def __init__(self, first: bytes, then: bytes = b"", every: float = 0.0, most: int = HUGE) -> None:
        super().__init__()
        self.first, self.then, self.every, self.most = first, then, every, most
        self.taken = 0

    def start(self) -> None:
        part, over = self, threading.Event()

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                sent = 0
                try:
                    self.request.settimeout(0.2)
                    with suppress(TimeoutError):  # who waits for a greeting says nothing
                        self.request.recv(4096)
                    self.request.settimeout(5.0)
                    self.request.sendall(part.first)
                    while part.then and sent < part.most and not over.is_set():
                        self.request.sendall(part.then)
                        sent += len(part.then)
                        part.taken = max(part.taken, sent)
                        time.sleep(part.every)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        server = self.cleanup.enter_context(Server(("127.0.0.1", 0), Handler))
        self.address = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.cleanup.callback(server.shutdown)
        self.cleanup.callback(over.set)
