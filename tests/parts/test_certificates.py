"""The certificates are what they say: OpenSSL's own verification is the judge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.parts.certificates import Certificates
from tests.parts.child import find_program


def openssl_verdict(authority: Path, certificate: Path) -> str:
    command = [find_program("openssl", "openssl"), "verify", "-CAfile", str(authority)]
    judged = subprocess.run(
        [*command, "-verify_hostname", "localhost", str(certificate)],
        capture_output=True,
        text=True,
        check=False,
    )
    return judged.stdout + judged.stderr


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("good", ": OK"),
        ("expiring", ": OK"),
        ("expired", "certificate has expired"),
        ("wrong_name", "hostname mismatch"),
        ("self_signed", "self-signed certificate"),
    ],
)
def test_openssl_agrees(certificates: Certificates, kind: str, verdict: str) -> None:
    pair = getattr(certificates, kind)
    assert verdict in openssl_verdict(certificates.authority, pair.certificate)
