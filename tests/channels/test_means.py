"""Our own means: the proxy, the file of authorities, a file instead of a far side. Their failure blames nobody else."""

from __future__ import annotations

import asyncio
import datetime
import os
import resource
import ssl
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.channels.letters import letter
from tests.parts.certificates import Certificates, Pair
from tests.parts.child import free_port
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.rude import Rude
from tests.parts.tunnel import Tunnel
from watchtower.channels import written
from watchtower.channels.contract import Receipt
from watchtower.channels.kinds.email import EmailChannel
from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.channels.kinds.webhook import WebhookChannel
from watchtower.errors import DeliveryError
from watchtower.trust import tls_context

TAKEN = Receipt(answer="http 200")


async def post(url: str, **settings: Any) -> Receipt | DeliveryError:
    channel = WebhookChannel(WebhookChannel.Settings(**settings))
    try:
        return await channel.send(replace(letter(), address=url))
    except DeliveryError as error:
        return error
    finally:
        await channel.close()


async def test_all_calls_go_by_the_proxy(certificates: Certificates) -> None:
    with HttpServer(certificates.good) as server, HttpServer() as plain:
        server.on("/page", Answer(200))
        plain.on("/page", Answer(200))
        async with Tunnel("us:s3cret") as tunnel:
            by = f"http://us:s3cret@127.0.0.1:{tunnel.port}"
            assert await post(server.url("/page"), proxy=by, ca_file=str(certificates.authority)) == TAKEN
            assert [line.split()[1] for line in tunnel.asked] == [f"localhost:{server.port}"]
        # What is not https is handed to the proxy whole: its name is the proxy's to find.
        assert await post("http://nowhere.invalid/page", proxy=plain.url("").rstrip("/")) == TAKEN


async def test_a_dead_proxy_is_ours(http_server: HttpServer, certificates: Certificates) -> None:
    dead = f"http://us:s3cret@127.0.0.1:{free_port()}"
    for url in ("https://bank.example/page", "http://bank.example/page"):
        told = await post(url, proxy=dead)
        assert isinstance(told, DeliveryError)
        assert (told.code, told.permanent) == ("proxy", False)
        assert told.detail == (
            "our proxy 127.0.0.1 does not bring us to bank.example, which may be well: connection refused"
        )


async def test_a_proxy_that_wants_another_password_is_ours(http_server: HttpServer) -> None:
    async with Tunnel("us:s3cret") as tunnel:
        told = await post("https://bank.example/page", proxy=tunnel.url)
    assert isinstance(told, DeliveryError)
    assert (told.code, told.permanent) == ("proxy", False)
    assert told.detail.endswith("it answers 407 Proxy Authentication Required")
    http_server.on("/page", Answer(407))
    told = await post("http://bank.example/page", proxy=http_server.url("").rstrip("/"))
    assert isinstance(told, DeliveryError)
    assert (told.code, told.permanent) == ("http 407", False)
    assert "proxy" in told.detail


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 Connection established\r\nX: "])
async def test_a_proxy_that_drips_ends_with_the_call(first: bytes) -> None:
    with Rude(first, b"x" if first else b"") as rude:
        told = await post("https://bank.example/page", proxy=rude.url("").rstrip("/"), timeout="500ms")
    assert isinstance(told, DeliveryError)
    assert told.code in ("proxy", "timeout")
    assert not told.permanent


async def test_the_environment_has_no_say(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    http_server.on("/page", Answer(200))
    assert await post(http_server.url("/page")) == TAKEN


async def test_a_file_of_authorities_that_is_gone_is_ours_and_is_read_again(
    tmp_path: Path, certificates: Certificates
) -> None:
    file = tmp_path / "ca.pem"
    with HttpServer(certificates.good) as server:
        server.on("/page", Answer(200))
        channel = WebhookChannel(WebhookChannel.Settings(ca_file=str(file)))
        one = replace(letter(), address=server.url("/page"))
        with pytest.raises(DeliveryError, match=f"tls: our ca_file {file} cannot be read: no such file"):
            await channel.send(one)
        file.write_text("no certificate")
        with pytest.raises(DeliveryError, match="tls: our ca_file"):
            await channel.send(one)
        file.write_bytes(certificates.authority.read_bytes())
        assert await channel.send(one) == TAKEN
        await channel.close()
    mail = EmailChannel(
        EmailChannel.Settings(host="127.0.0.1", port=1, sender="w@x.example", ca_file="/nowhere")
    )
    with pytest.raises(DeliveryError, match="tls: our ca_file /nowhere cannot be read"):
        await mail.send(letter())


def old_style(directory: Path) -> tuple[Path, Pair]:
    """An authority as many banks have it: without key identifiers; and a certificate for localhost from it."""
    now = datetime.datetime.now(datetime.UTC)
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old")]),
    )
    theirs, subject = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "l")]),
    )

    def signed(whose: ec.EllipticCurvePrivateKey, who: x509.Name, *, authority: bool) -> bytes:
        built = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(name)
            .public_key(whose.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=9))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        )
        return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    pair = Pair(directory / "old.pem", directory / "old.key", now)
    (directory / "old-ca.pem").write_bytes(signed(key, name, authority=True))
    pair.certificate.write_bytes(signed(theirs, subject, authority=False))
    plain = serialization.NoEncryption()
    pair.key.write_bytes(
        theirs.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return directory / "old-ca.pem", pair


async def test_a_private_authority_without_key_identifiers_is_taken_on_every_python(tmp_path: Path) -> None:
    authority, pair = old_style(tmp_path)
    with HttpServer(pair) as server:
        server.on("/page", Answer(200))
        assert await post(server.url("/page"), ca_file=str(authority)) == TAKEN
    flags = tls_context(str(authority)).verify_flags
    assert not flags & ssl.VERIFY_X509_STRICT
    assert flags & ssl.VERIFY_X509_PARTIAL_CHAIN


async def test_a_scheme_in_capitals_is_the_same_scheme(certificates: Certificates) -> None:
    with HttpServer(certificates.good) as server:
        server.on("/page", Answer(200))
        url = server.url("/page").replace("https://localhost", "HTTPS://LOCALHOST")
        assert await post(url, ca_file=str(certificates.authority)) == TAKEN
        told = await post(url)
    assert isinstance(told, DeliveryError)
    assert told.code == "tls"


async def test_without_a_file_descriptor_left_nobody_else_is_blamed() -> None:
    nobody = f"http://127.0.0.1:{free_port()}/page"
    await post(nobody)  # everything is loaded
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (3, hard)
    )  # also what another thread closes now is none to take
    try:
        told = await post(nobody)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert isinstance(told, DeliveryError)
    assert (told.code, told.permanent) == ("ours", False)


async def test_only_the_owner_reads_mailbox_and_phone(tmp_path: Path) -> None:
    mail = EmailChannel(EmailChannel.Settings(mailbox=str(tmp_path / "mailbox")))
    phone = SmsGateway(SmsGateway.Settings(file=str(tmp_path / "phone.txt")))
    before = os.umask(0)
    try:
        await mail.send(letter())
        await phone.send(letter(to="+8613800138000"))
    finally:
        os.umask(before)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_many_at_once_are_whole(tmp_path: Path) -> None:
    await asyncio.gather(*(written.append(tmp_path / "f", f"{n:03}\n".encode()) for n in range(30)))
    assert sorted((tmp_path / "f").read_text().split()) == [f"{n:03}" for n in range(30)]


@pytest.mark.parametrize("kind", ["directory", "pipe that nobody reads", "full disk", "below a file"])
async def test_a_file_that_cannot_be_written_is_an_attempt_in_vain(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "phone.txt"
    match kind:
        case "directory":
            file.mkdir()
        case "full disk":
            file = Path("/dev/full")
        case "below a file":
            (tmp_path / "f").write_text("")
            file = tmp_path / "f" / "phone.txt"
        case _:
            os.mkfifo(file)
    with pytest.raises(DeliveryError) as caught:
        await written.append(file, b"x")
    assert (caught.value.code, caught.value.permanent) == ("file", False)
