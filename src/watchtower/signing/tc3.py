"""Tencent Cloud's request signature, version 3 (TC3-HMAC-SHA256), for calls with a body of JSON.

Source: https://cloud.tencent.com/document/api/382/52072
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

_ALGORITHM = "TC3-HMAC-SHA256"
_SIGNED = "content-type;host"
_TYPE = "application/json"


def signed_headers(
    *,
    host: str,
    service: str,
    action: str,
    version: str,
    region: str,
    at: int,
    body: bytes,
    key_id: str,
    key_secret: str,
    token: str = "",
) -> dict[str, str]:
    """Returns the headers of a POST of `body` to `/` for `action`. `at` is the time in epoch seconds."""
    headers = {
        "Host": host,
        "Content-Type": _TYPE,
        "X-TC-Action": action,
        "X-TC-Version": version,
        "X-TC-Region": region,
        "X-TC-Timestamp": str(at),
        "Authorization": authorization(
            host=host, service=service, at=at, body=body, key_id=key_id, key_secret=key_secret
        ),
    }
    if token:
        headers["X-TC-Token"] = token
    return headers


def authorization(*, host: str, service: str, at: int, body: bytes, key_id: str, key_secret: str) -> str:
    """Returns the Authorization header, which signs the host, the content type, the body and the time."""
    date = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    scope = f"{date}/{service}/tc3_request"
    canonical = f"POST\n/\n\ncontent-type:{_TYPE}\nhost:{host}\n\n{_SIGNED}\n{_digest(body)}"
    to_sign = f"{_ALGORITHM}\n{at}\n{scope}\n{_digest(canonical.encode())}"
    key = f"TC3{key_secret}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{_ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
