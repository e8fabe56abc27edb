"""The probes tcp and tls: what they measure, and whose trouble they see."""

from __future__ import annotations

import hashlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.parts.certificates import Certificates, Pair
from tests.parts.httpserver import HttpServer
from tests.probes.health.conftest import Ask
from watchtower.probes.network import Address


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def saying(text: bytes) -> Iterator[str]:
    """A server that says something and closes."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(text)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@contextmanager
def mail_server(pair: Pair, *, starttls: bool = True) -> Iterator[str]:
    """As much of SMTP as comes before TLS, with an answer of several lines."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail ESMTP\r\n")
            self.rfile.readline()
            self.wfile.write(b"250-mail\r\n250-SIZE 1\r\n250 STARTTLS\r\n")
            if self.rfile.readline():
                self.wfile.write(b"220 go on\r\n" if starttls else b"502 not known\r\n")
                if not starttls:
                    return
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(pair.certificate, pair.key)
                try:
                    context.wrap_socket(self.request, server_side=True).close()
                except OSError:
                    return

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


async def test_tcp_is_up_when_any_of_its_addresses_answers(ask: Ask) -> None:
    with saying(b"220 mail.example ESMTP\r\n") as address:
        one = await ask("tcp", address="127.0.0.1:1", or_any_of=("127.0.0.1:2", address))
        assert (one.outcome, one.measurements["remote_ip"]) == ("up", "127.0.0.1")
    none = await ask("tcp", address="127.0.0.1:1", or_any_of=("127.0.0.1:2",))
    assert (none.outcome, none.reason) == ("down", "refused")
    assert "127.0.0.1:1" in none.detail


async def test_tcp_is_up_when_it_connects_and_hears_what_it_expects(ask: Ask) -> None:
    with saying(b"220 mail.example ESMTP\r\n") as address:
        assert (await ask("tcp", address=address)).outcome == "up"
        reading = await ask("tcp", address=address, expect=r"^220 .*ESMTP")
        assert reading.outcome == "up"
        assert reading.measurements.keys() == {"latency", "dns_seconds", "connect_seconds", "remote_ip"}
        other = await ask("tcp", address=address, expect="^554")
        assert (other.reason, "24 bytes that do not match ^554" in other.detail) == ("garbage", True)


@pytest.mark.parametrize("kind", ["tcp", "tls"])
async def test_a_name_that_is_not_there_is_the_targets_trouble(ask: Ask, kind: str) -> None:
    reading = await ask(kind, address="no-such-name.invalid:443")
    assert (reading.outcome, reading.reason) == ("down", "dns")


async def test_a_good_certificate_is_described(ask: Ask, certificates: Certificates) -> None:
    with HttpServer(certificates.good) as server:
        reading = await ask("tls", address=f"localhost:{server.port}", ca_file=str(certificates.authority))
    der = ssl.PEM_cert_to_DER_cert(certificates.good.certificate.read_text())
    assert reading.outcome == "up"
    assert reading.measurements["tls_days_left"] == pytest.approx(90, abs=0.1)
    assert reading.measurements["fingerprint"] == hashlib.sha256(der).hexdigest()
    assert reading.measurements["issuer"] == "CN=Watchtower test authority"
    assert reading.measurements["subject"] == "CN=localhost"
    assert reading.measurements["protocol"] == "TLSv1.3"


@pytest.mark.parametrize(
    ("label", "days", "sentence"),
    [
        ("expired", -1, "certificate has expired"),
        ("wrong_name", 90, "not valid for 'localhost'"),
        ("self_signed", 90, "self-signed certificate"),
    ],
)
async def test_a_certificate_that_is_not_valid_is_down_and_described_all_the_same(
    ask: Ask, certificates: Certificates, label: str, days: int, sentence: str
) -> None:
    with HttpServer(getattr(certificates, label)) as server:
        reading = await ask("tls", address=f"localhost:{server.port}", ca_file=str(certificates.authority))
    assert (reading.outcome, reading.reason) == ("down", "tls")
    assert sentence in reading.detail.replace("self signed", "self-signed")
    assert reading.measurements["tls_days_left"] == pytest.approx(days, abs=0.1)
    assert reading.measurements["fingerprint"]


async def test_the_name_asked_for_can_be_another_than_the_address(
    ask: Ask, certificates: Certificates
) -> None:
    with HttpServer(certificates.wrong_name) as server:
        reading = await ask(
            "tls",
            address=f"127.0.0.1:{server.port}",
            server_name="elsewhere.example",
            ca_file=str(certificates.authority),
        )
    assert reading.outcome == "up"


async def test_without_a_private_authority_only_the_public_ones_are_trusted(
    ask: Ask, certificates: Certificates
) -> None:
    with HttpServer(certificates.good) as server:
        reading = await ask("tls", address=f"localhost:{server.port}")
    assert (reading.outcome, reading.reason) == ("down", "tls")


async def test_a_file_that_is_no_pem_is_our_own_trouble(ask: Ask, certificates: Certificates) -> None:
    with HttpServer(certificates.good) as server:
        reading = await ask("tls", address=f"localhost:{server.port}", ca_file=str(certificates.good.key))
    assert (reading.outcome, reading.reason) == ("unknown", "config")


async def test_smtp_is_upgraded(ask: Ask, certificates: Certificates) -> None:
    with mail_server(certificates.expired) as address:
        reading = await ask("tls", address=address, starttls="smtp", ca_file=str(certificates.authority))
    assert (reading.reason, "expired" in reading.detail) == ("tls", True)
    with mail_server(certificates.good) as address:
        reading = await ask("tls", address=address, starttls="smtp", ca_file=str(certificates.authority))
    assert reading.outcome == "up"


async def test_what_is_not_smtp_cannot_be_upgraded(ask: Ask, certificates: Certificates) -> None:
    with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address:
        reading = await ask("tls", address=address, starttls="smtp")
    assert (reading.outcome, reading.reason) == ("down", "protocol")
    assert "no SMTP server" in reading.detail
    with mail_server(certificates.good, starttls=False) as address:
        reading = await ask("tls", address=address, starttls="smtp")
    assert "does not know STARTTLS" in reading.detail


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("db:5432", "db", 5432), ("[::1]:25", "::1", 25), ("10.0.0.1:80", "10.0.0.1", 80)],
)
def test_an_address_is_host_and_port(text: str, host: str, port: int) -> None:
    address = Address.parse(text)
    assert (address.host, address.port, str(address)) == (host, port, text)


@pytest.mark.parametrize(
    "text", ["db", "db:", ":80", "db:0", "db:70000", "::1:25", "http://db:80", "a b:1", "db:８０"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write host:port, such as"):
        Address.parse(text)
