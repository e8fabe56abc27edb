"""A name server on loopback, by UDP and TCP, that knows what a test tells it."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.parts.child import free_port


class NameServer:
    """`records` maps an absolute name to its records of `type`; a name in `failing` is answered SERVFAIL."""

    def __init__(
        self,
        records: Mapping[str, Sequence[str]],
        *,
        failing: Sequence[str] = (),
        garbage: bool = False,
        silent: bool = False,
        type: str = "A",
    ) -> None:
        self.type = type
        self.records, self.failing, self.garbage, self.silent = records, failing, garbage, silent
        self.port = free_port()

    def __enter__(self) -> Self:
        outer = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                question, sock = self.request
                if not outer.silent:
                    sock.sendto(outer.answer(question), self.client_address)

        class Tcp(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                (length,) = struct.unpack("!H", self.request.recv(2))
                answer = outer.answer(self.request.recv(length))
                self.request.sendall(struct.pack("!H", len(answer)) + answer)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._servers: list[Any] = [
            socketserver.ThreadingUDPServer(("127.0.0.1", self.port), Udp),
            socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Tcp),
        ]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def answer(self, wire: bytes) -> bytes:
        """The answer in wire format."""
        question = dns.message.from_wire(wire)
        if self.garbage:
            return wire[:2] + b"\x81\x80\x00\x01\x00\x09 what is this"
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        asked = question.question[0]
        name = asked.name.to_text().lower()
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif asked.rdtype == dns.rdatatype.from_text(self.type) and self.records[name]:
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", self.type, *self.records[name]))
        return answer.to_wire()
