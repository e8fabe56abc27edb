"""Certificates of every kind a TLS check must tell apart: good, expired, for another name, from nobody."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key as files; `expires` is the end of its validity."""

    certificate: Path
    key: Path
    expires: datetime.datetime


class Certificates:
    """An authority of our own in `directory`, and the certificates it signed."""

    def __init__(self, directory: Path, authority: str = "Watchtower test authority") -> None:
        self.directory = directory
        self._authority_key = ec.generate_private_key(ec.SECP256R1())
        self._authority_name = _name(authority)
        self.authority = directory / "authority.pem"
        now = datetime.datetime.now(datetime.UTC)
        root = (
            x509.CertificateBuilder()
            .subject_name(self._authority_name)
            .issuer_name(self._authority_name)
            .public_key(self._authority_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=400))
            .not_valid_after(now + datetime.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._authority_key.public_key()), critical=False
            )
            .sign(self._authority_key, hashes.SHA256())
        )
        self.authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        self.good = self.issue("good", days=90)
        self.expiring = self.issue("expiring", days=5)
        self.expired = self.issue("expired", days=-1)
        self.wrong_name = self.issue("wrong-name", days=90, names=("elsewhere.example",))
        self.self_signed = self.issue("self-signed", days=90, trusted=False)

    def issue(
        self,
        label: str,
        *,
        days: float,
        names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1"),
        trusted: bool = True,
        below: int | None = None,
    ) -> Pair:
        """A certificate for these names that ends in so many days (negative: it has ended).

        `below`: signed by an intermediate that ends in so many days, which stands in the file after it.
        """
        above = b""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(names[0])
        issuer, signer = (self._authority_name, self._authority_key) if trusted else (subject, key)
        if below is not None:
            between = self._intermediate(below)
            above = between.public_bytes(serialization.Encoding.PEM)
            (self.directory / f"{label}-intermediate.pem").write_bytes(above)
            issuer, signer = between.subject, self._between_key
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(expires - datetime.timedelta(days=100))
            .not_valid_after(expires)
            .add_extension(
                x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
            .sign(signer, hashes.SHA256())
        )
        pair = Pair(self.directory / f"{label}.pem", self.directory / f"{label}.key", expires)
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + above)
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        pair.key.chmod(0o600)
        return pair

    def _intermediate(self, days: int) -> x509.Certificate:
        self._between_key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(f"An intermediate for {days} days"))
            .issuer_name(self._authority_name)
            .public_key(self._between_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=400))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(self._authority_key, hashes.SHA256())
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
