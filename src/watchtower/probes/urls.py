"""Addresses that settings take."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from watchtower.fields import AfterValidator, Secret


def _http_url(value: Secret) -> Secret:
    try:
        parts = urlsplit(value.get_secret_value())
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or re.search(r"\s", value.get_secret_value()):
        raise ValueError("must be a whole http:// or https:// address, such as https://bank.example/health")
    return value


HttpUrl = Annotated[Secret, AfterValidator(_http_url)]
"""An address that may carry a password or a key, and so is never shown whole."""
