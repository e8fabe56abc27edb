"""A stand-in that speaks MongoDB's wire protocol and answers as its documentation shows. Debian has no MongoDB.

Answers are documents by the name of the command; `{"ok": 0, "code": …}` refuses it.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Mapping
from typing import Any

import bson

from tests.parts.child import Part

HELLO = {
    "ok": 1.0, "helloOk": True, "isWritablePrimary": True, "ismaster": True, "maxBsonObjectSize": 16777216,
    "maxMessageSizeBytes": 48000000, "maxWriteBatchSize": 100000, "minWireVersion": 0, "maxWireVersion": 25,
}  # fmt: skip
_MESSAGE, _QUERY, _REPLY = 2013, 2004, 1


class MongoStandIn(Part):
    """Listens on `port`."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self.answers: dict[str, Mapping[str, Any]] = {
            "ping": {"ok": 1.0},
            "endSessions": {"ok": 1.0},
            **(answers or {}),
        }
        self.asked: list[str] = []

    def start(self) -> None:
        part = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while len(head := self.rfile.read(16)) == 16:
                    length, number, _, code = struct.unpack("<iiii", head)
                    self.wfile.write(part.answer(code, number, self.rfile.read(length - 16)))

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that goes away is no news here."""

        server = Server((self.host, 0), Handler)
        self.port: int = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.cleanup.callback(server.server_close)
        self.cleanup.callback(server.shutdown)

    def answer(self, code: int, number: int, body: bytes) -> bytes:
        """The message that answers one with this body."""
        if code == _QUERY:
            payload = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(HELLO)
            return struct.pack("<iiii", 16 + len(payload), 0, number, _REPLY) + payload
        (size,) = struct.unpack("<i", body[5:9])
        command = next(iter(bson.decode(body[5 : 5 + size])))
        self.asked.append(command)
        missing = {
            "ok": 0.0,
            "errmsg": f"no such command: '{command}'",
            "code": 59,
            "codeName": "CommandNotFound",
        }
        document = (
            HELLO if command in ("hello", "ismaster", "isMaster") else self.answers.get(command, missing)
        )
        payload = struct.pack("<i", 0) + b"\x00" + bson.encode(document)
        return struct.pack("<iiii", 16 + len(payload), 0, number, _MESSAGE) + payload
