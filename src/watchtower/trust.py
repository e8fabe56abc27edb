"""Whom TLS trusts, the same on every supported Python.

Python 3.13 began to refuse authorities without a key identifier, as many private ones are, and to accept an
intermediate as an anchor. We go with curl, which measures most of what we measure: no strictness beyond the
signature, the dates, the names and the purposes; whatever stands in `ca_file` is an anchor.
"""

from __future__ import annotations

import ssl


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """For a client. `ca_file`: authorities to trust as a PEM file; None: the system's.

    Raises OSError (ssl.SSLError is one) when the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
