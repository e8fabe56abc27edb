"""Alibaba Cloud's request signature, version 3 (ACS3-HMAC-SHA256), for calls without a body.

Source: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

_ALGORITHM = "ACS3-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()


def signed_headers(
    *,
    host: str,
    action: str,
    version: str,
    date: str,
    nonce: str,
    key_id: str,
    key_secret: str,
    security_token: str = "",
    query: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Returns the headers of a POST to `/` for `action`. `date` is `2026-11-22T10:00:00Z`."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": _NO_BODY,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    if security_token:
        headers["x-acs-security-token"] = security_token
    headers["Authorization"] = authorization(headers, key_id, key_secret, query)
    return headers


def authorization(
    headers: Mapping[str, str], key_id: str, key_secret: str, query: Mapping[str, str] | None = None
) -> str:
    """Returns the Authorization header that signs all of these headers, whose names are in lower case."""
    names = sorted(headers)
    asked = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted((query or {}).items()))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical = f"POST\n/\n{asked}\n{lines}\n{';'.join(names)}\n{_NO_BODY}"
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={';'.join(names)},Signature={signature}"
