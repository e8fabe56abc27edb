"""What the demo shop stands on beside its own code, as servers: a name server, and TLS with a certificate."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import dns.exception
import dns.message
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
OURS, FOREIGN = "203.0.113.10", "198.51.100.66"
"""Where the shop's name leads, and where somebody else's answer does. Both are of the ranges for documentation."""
FRESH_DAYS, ENDING_DAYS = 90, 5


class NameServer(asyncio.DatagramProtocol):
    """Answers every question for an A record with `address`, by UDP."""

    def __init__(self) -> None:
        self.address = OURS

    async def start(self, port: int, host: str = HOST) -> None:
        """Listens until the loop ends."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(host, port))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with suppress(dns.exception.DNSException, IndexError):
            answer = dns.message.make_response(dns.message.from_wire(data), recursion_available=True)
            name = answer.question[0].name
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", self.address))
            self._transport.sendto(answer.to_wire(), addr)


class TlsServer:
    """A server that makes the handshake and says nothing else. `renew(days)` gives it another certificate; the authority
    that issued it, itself, is written to `file`."""

    def __init__(self, file: Path) -> None:
        self._file, self._context = file, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.renew(FRESH_DAYS)

    async def start(self, port: int, host: str = HOST) -> None:
        """Listens until the loop ends."""
        await asyncio.start_server(lambda _, writer: writer.close(), host, port, ssl=self._context)

    def renew(self, days: float) -> None:
        """From the next handshake on."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days, minutes=5))
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName("shop.example"), x509.IPAddress(ip_address(HOST))]),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, SHA256())
        )
        own = made.public_bytes(Encoding.PEM)
        self._file.write_bytes(own)
        with tempfile.NamedTemporaryFile(suffix=".pem") as both:
            both.write(own + self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            both.flush()
            self._context.load_cert_chain(both.name)
