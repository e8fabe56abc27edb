"""TLS of our own: certificates are exchanged while it listens, and a handshake holds nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop
from starlette.concurrency import run_in_threadpool

from tests.parts.certificates import Certificates, Pair
from tests.web.conftest import json_log
from tests.web.fake import ACCESS, FakeDaemon
from watchtower.api.porch import Porch
from watchtower.errors import UsageError
from watchtower.web.listener import FROM_ONE_ADDRESS, Listener
from watchtower.web.server import WebServer
from watchtower.web.tls import Certificate

__all__ = ["json_log"]
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def event_loop_policy() -> uvloop.EventLoopPolicy:
    """The product's own loop."""
    return uvloop.EventLoopPolicy()


@dataclass
class Served:
    port: int
    certificate: Certificate
    files: Pair
    certificates: Certificates

    def exchange(self, certificate: Path, key: Path) -> bool:
        shutil.copy(certificate, self.files.certificate)
        shutil.copy(key, self.files.key)
        return self.certificate.look()

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.certificates.authority))
        return context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.port), timeout=30), server_hostname="localhost"
        )

    def serial(self) -> str:
        with self.connect() as own:
            own.sendall(GET)
            assert b"200 OK" in own.recv(1000)
            found = own.getpeercert()
            assert found
            return str(found["serialNumber"])


@pytest.fixture
async def served(certificates: Certificates, tmp_path: Path) -> AsyncIterator[Served]:
    good = certificates.good
    files = Pair(tmp_path / "tls.pem", tmp_path / "key.pem", good.expires)
    shutil.copy(good.certificate, files.certificate)
    shutil.copy(good.key, files.key)
    certificate = Certificate(files.certificate, files.key)
    server = WebServer(Porch(FakeDaemon(), ACCESS), "127.0.0.1:0", (), certificate)
    await server.start()
    yield Served(server.port, certificate, files, certificates)
    await server.stop()


async def test_a_new_certificate_counts_for_the_next_handshake_and_open_connections_stay(
    served: Served,
) -> None:
    def story() -> None:
        first, open_one = served.serial(), served.connect()
        new = served.certificates.issue("renewed", days=30)
        assert served.exchange(new.certificate, new.key)
        assert served.serial() != first
        open_one.sendall(GET)
        assert b"200 OK" in open_one.recv(1000)
        open_one.close()

    await run_in_threadpool(story)


async def test_files_that_cannot_be_used_never_touch_the_certificate_that_works(
    served: Served, json_log: io.StringIO, tmp_path: Path
) -> None:
    half = tmp_path / "half.pem"
    half.write_bytes(served.certificates.good.certificate.read_bytes()[:200])
    empty = tmp_path / "empty.pem"
    empty.touch()

    def story() -> None:
        first, other = served.serial(), served.certificates.issue("other", days=30)
        for certificate, key in (
            (other.certificate, served.certificates.good.key),
            (half, other.key),
            (empty, empty),
        ):
            assert not served.exchange(certificate, key)
            assert served.serial() == first
        served.files.key.unlink()
        assert not served.certificate.look()
        assert served.serial() == first
        assert served.exchange(other.certificate, other.key)
        assert served.serial() != first

    await run_in_threadpool(story)
    assert json_log.getvalue().count("tls_refused") == 4
    assert json_log.getvalue().count("tls_reloaded") == 1


async def test_a_folder_that_is_swapped_by_a_link_is_noticed(
    certificates: Certificates, tmp_path: Path
) -> None:
    """Kubernetes exchanges a secret so: the files are links into a folder that is a link."""
    for name, pair in (("a", certificates.good), ("b", certificates.issue("swapped", days=30))):
        (tmp_path / name).mkdir()
        shutil.copy2(pair.certificate, tmp_path / name / "tls.crt")
        shutil.copy2(pair.key, tmp_path / name / "tls.key")
    (tmp_path / "data").symlink_to("a")
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).symlink_to(f"data/{name}")
    certificate = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    before = certificate._current
    (tmp_path / "new").symlink_to("b")
    (tmp_path / "new").rename(tmp_path / "data")
    assert certificate.look()
    assert certificate._current is not before


@pytest.mark.parametrize("wrong", ["missing", "not fitting"])
def test_at_the_start_it_is_said(certificates: Certificates, tmp_path: Path, wrong: str) -> None:
    key = tmp_path / "no" if wrong == "missing" else certificates.expired.key
    with pytest.raises(UsageError, match="WATCHTOWER_TLS_CERTIFICATE"):
        Certificate(certificates.good.certificate, key)


async def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered(served: Served) -> None:
    """Its bytes may be there before the connection is."""

    def story() -> None:
        context = ssl.create_default_context(cafile=str(served.certificates.authority))
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as own:
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    own.sendall(outgoing.read())
                    incoming.write(own.recv(10_000))
            tls.write(GET)
            own.sendall(outgoing.read())  # the client's last word of the handshake, and the request
            said = b""
            while b"200 OK" not in said:
                incoming.write(own.recv(10_000))
                try:
                    said += tls.read(1000)
                except ssl.SSLWantReadError:
                    continue

    for _ in range(20):
        await run_in_threadpool(story)


async def test_silent_handshakes_are_counted_and_end_and_others_are_answered(served: Served) -> None:
    def story() -> None:
        silent = [socket.create_connection(("127.0.0.1", served.port), timeout=30) for _ in range(300)]
        plain = socket.create_connection(("127.0.0.1", served.port), timeout=30)
        plain.sendall(GET)
        served.serial()
        for own in (*silent, plain):
            try:
                while own.recv(1000):  # an alert may come first
                    pass
            except ConnectionResetError:
                pass
            own.close()

    most = 0
    before = len(list(Path("/proc/self/fd").iterdir()))

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, len(list(Path("/proc/self/fd").iterdir())))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    await run_in_threadpool(story)
    watching.cancel()
    assert most - before < 301 + FROM_ONE_ADDRESS + 50, (
        "of 301 from one address no more than its share at once"
    )


@pytest.mark.parametrize(
    "said",
    [
        None, b"", b"GET /", GET, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), b"nonsense\r\n\r\n",
        b"POST /push/business HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n12", GET.replace(b"/healthz", b"/static/board.css") * 8,
        GET.replace(b"/healthz", b"/live?lang=en"), GET.replace(b"/healthz", b"/"), GET.replace(b"localhost", b"elsewhere.example"),
    ],
    ids=["no handshake", "nothing", "half a head", "kept", "closed", "no request", "half a body", "in a row", "stream", "board", "refused"],
)  # fmt: skip
async def test_a_connection_ends_without_the_collector(served: Served, said: bytes | None) -> None:
    """The daemon leaves bursts out of collections: a flood whose connections wait for one grew it by 5 MiB a second."""

    def left() -> int:
        return sum(isinstance(one, Listener) for one in gc.get_objects())

    def story() -> None:
        for _ in range(5):
            if said is None:
                socket.create_connection(("127.0.0.1", served.port), timeout=30).close()
                continue
            with served.connect() as own:
                own.sendall(said)
                own.settimeout(0.1)
                with contextlib.suppress(OSError):
                    own.recv(1)

    gc.collect()
    gc.disable()
    try:
        await run_in_threadpool(story)
        async with asyncio.timeout(20):
            while left():
                await asyncio.sleep(0.1)
    finally:
        gc.enable()
