"""`tls` checks a server's certificate: chain, name, and remaining days."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import os
import ssl
import sys
import time
from typing import Annotated, Any, ClassVar, Literal

import certifi

from watchtower.fields import Field, FileName, HostName
from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.probes.contract import Probe, down, unknown, up
from watchtower.probes.network import CA_FILE, IP_VERSION, AddressText, Connection, close, connect, failed
from watchtower.trust import tls_context

_DAY = 86400.0


class Tls(Probe):
    """Makes a TLS handshake and checks chain and name. An invalid certificate is `down` and measured all the
    same."""

    kind = "tls"
    every = "5m"
    timeout = "10s"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("to resolve, connect and shake hands", Unit.SECONDS),
        "dns_seconds": Fact.number("time to resolve the name", Unit.SECONDS),
        "connect_seconds": Fact.number("time to connect", Unit.SECONDS),
        "tls_seconds": Fact.number("time for the TLS handshake", Unit.SECONDS),
        "tls_days_left": Fact.number(
            "until the first certificate of the chain ends, intermediates too; negative once it has",
            Unit.DAYS,
        ),
        "protocol": Fact.string("the TLS version agreed on, such as `TLSv1.3`"),
        "subject": Fact.string("whom the certificate is for, such as `CN=bank.example`"),
        "issuer": Fact.string("who signed it, such as `CN=R11,O=Let's Encrypt,C=US`"),
        "issuer_name": Fact.string(
            "the issuer's organization, such as `Let's Encrypt`, which renewals leave as it is"
        ),
        "key_fingerprint": Fact.string("the SHA-256 of the certificate's public key in hexadecimal"),
        "fingerprint": Fact.string("the certificate's SHA-256 in hexadecimal"),
        "remote_ip": Fact.string("the address that was connected to"),
    }

    class Settings(Probe.Settings):
        address: AddressText = Field(description="Where to connect: host:port.")
        server_name: HostName = Field(
            default="",
            description="The name to ask for (SNI) and to find in the certificate; else the address's host.",
        )
        ca_file: FileName = CA_FILE
        issuers: list[str] = Field(
            default=[],
            description="Organizations that may have issued it, as `issuer_name` has them; any where left out.",
        )
        keys: list[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(
            default=[],
            description="Public keys that it may have, as `key_fingerprint` has them; any where left out.",
        )
        starttls: Literal["smtp"] | None = Field(
            default=None, description="Begin in plain text and upgrade, as this protocol does."
        )
        ip_version: Literal[4, 6] | None = IP_VERSION

    async def probe(self) -> Reading:
        started = time.monotonic()
        try:
            trusting = _context(self.settings.ca_file, _stamp(self.settings.ca_file))
        except (OSError, ValueError) as error:
            said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "no PEM file"
            return unknown("config", f"ca_file {self.settings.ca_file}: {said}")
        reading = await self._look(trusting, self.timeout_seconds)
        if reading.reason != "tls" or reading.outcome is not Outcome.DOWN:
            return reading
        # It is not trusted, so OpenSSL hides it: look at it once more without asking for trust.
        left = self.timeout_seconds - (time.monotonic() - started)
        seen = await self._look(_careless(), left) if left > 0 else reading
        measured: dict[str, Any] = {**seen.measurements, **reading.measurements}
        return down("tls", reading.detail, **measured)

    async def _look(self, context: ssl.SSLContext, within: float) -> Reading:
        settings, started = self.settings, time.monotonic()
        where = str(settings.address)
        measured: dict[str, Any] = {}
        connection: Connection | None = None
        try:
            connection = await connect(settings.address, within, settings.ip_version)
            measured |= connection.measurements
            async with asyncio.timeout(within - (time.monotonic() - started)):
                if settings.starttls == "smtp":
                    await _starttls_smtp(connection)
                shaking = time.monotonic()
                await connection.writer.start_tls(
                    context, server_hostname=(settings.server_name or settings.address.host).removesuffix(".")
                )
                now = time.monotonic()
                measured |= {"tls_seconds": now - shaking, "latency": now - started}
        except _NotSmtp as error:
            return down("protocol", f"{where}: {error}", **measured)
        except (OSError, EOFError) as error:
            return failed(error, where, measured)
        finally:
            if connection is not None:
                close(connection.writer)
        session: ssl.SSLObject = connection.writer.get_extra_info("ssl_object")
        measured |= _described(session.getpeercert(binary_form=True) or b"", _chain(session))
        measured["protocol"] = session.version()
        return self._of_others(measured) or up(**measured)

    def _of_others(self, measured: dict[str, Any]) -> Reading | None:
        """A certificate that is trusted, and is not one of those that are declared to be ours."""
        settings = self.settings
        for reason, name, allowed in (
            ("issuer", "issuer_name", [one.lower() for one in settings.issuers]),
            ("key", "key_fingerprint", settings.keys),
        ):
            if allowed and str(measured.get(name, "")).lower() not in allowed:
                said = f"{settings.address}: its {name} is {measured.get(name)}, which is not among those of the check"
                return down(reason, said, **measured)
        return None


class _NotSmtp(Exception):
    """The server does not speak SMTP, or does not support STARTTLS."""


async def _starttls_smtp(connection: Connection) -> None:
    for say, wanted, fault in (
        (b"", b"220", "this is no SMTP server"),
        (b"EHLO watchtower\r\n", b"250", "it refuses EHLO"),
        (b"STARTTLS\r\n", b"220", "it does not know STARTTLS"),
    ):
        connection.writer.write(say)
        line = b"   -"
        while line[3:4] == b"-":
            try:
                line = await connection.reader.readline()
            except ValueError:  # a line beyond all measure
                raise _NotSmtp(fault) from None
            if not line.startswith(wanted):
                raise _NotSmtp(fault)


def _stamp(file: str) -> float:
    """When a file was last changed; a changed CA file needs a new context."""
    return os.stat(file).st_mtime if file else 0.0


@functools.lru_cache(maxsize=8)
def _context(ca_file: str, _changed: float) -> ssl.SSLContext:
    """Contexts are shared: each holds the parsed authorities, some MiB and 15 ms."""
    return tls_context(ca_file or certifi.where())


@functools.lru_cache(maxsize=1)
def _careless() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _chain(session: ssl.SSLObject) -> list[bytes]:
    """The certificates of the trusted chain, from the server's own up; none where trust was not asked for."""
    if session.context.verify_mode == ssl.CERT_NONE:
        return []
    if sys.version_info >= (3, 13):
        return session.get_verified_chain()
    # The method that Python 3.13 made public: it is there since 3.10, and gives objects, not bytes.
    chain: Any = session._sslobj.get_verified_chain()  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain]


def _described(der: bytes, chain: list[bytes]) -> dict[str, Any]:
    """Measurements of a certificate, as far as they can be read."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509.oid import NameOID

    facts: dict[str, Any] = {"fingerprint": hashlib.sha256(der).hexdigest()}
    try:
        certificate = x509.load_der_x509_certificate(der)
        ends = [x509.load_der_x509_certificate(one).not_valid_after_utc for one in (der, *chain)]
        facts["tls_days_left"] = (min(ends).timestamp() - time.time()) / _DAY
        facts["subject"] = certificate.subject.rfc4514_string()
        facts["issuer"] = certificate.issuer.rfc4514_string()
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        facts["key_fingerprint"] = hashlib.sha256(key).hexdigest()
        named = [
            certificate.issuer.get_attributes_for_oid(one)
            for one in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        ]
        facts["issuer_name"] = next((str(one[0].value)[:200] for one in named if one), "")
    except (ValueError, OverflowError, UnsupportedAlgorithm):
        pass  # not what X.509 allows: OpenSSL has said so, where trust is asked for
    return facts
