"""Signature version 4 of AWS, and the two that were made after it: Volcengine's and Huawei Cloud's.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html,
https://www.volcengine.com/docs/6369/67269, https://support.huaweicloud.com/devg-apisign/api-sign-algorithm.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from watchtower.values import Frozen


class Scheme(Frozen):
    """What differs. `scope_end` is empty where the key itself signs, without a day, a region and a service."""

    algorithm: str
    date: str
    token: str
    key_prefix: str = ""
    scope_end: str = ""
    digest: str = ""
    """A header that says the body's digest, and is signed."""


AWS = Scheme("AWS4-HMAC-SHA256", "x-amz-date", "x-amz-security-token", "AWS4", "aws4_request")
VOLCENGINE = Scheme(
    "HMAC-SHA256", "x-date", "x-security-token", scope_end="request", digest="x-content-sha256"
)
HUAWEI = Scheme("SDK-HMAC-SHA256", "x-sdk-date", "x-security-token")


def signed_headers(
    scheme: Scheme,
    *,
    method: str,
    host: str,
    path: str = "/",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    date: str,
    key_id: str,
    key_secret: str,
    token: str = "",
    region: str = "",
    service: str = "",
) -> dict[str, str]:
    """Returns all headers of the request: these `headers`, whose names are in lower case, and what signs them. `date` is
    `20261122T100000Z`."""
    made = {**(headers or {}), "host": host, scheme.date: date}
    if scheme.digest:
        made[scheme.digest] = hashlib.sha256(body).hexdigest()
    if token:
        made[scheme.token] = token
    names = ";".join(sorted(made))
    digest = _canonical_digest(scheme, method, path, query or {}, made, body)
    key, scope = key_secret.encode(), ""
    if scheme.scope_end:
        parts = (date[:8], region, service, scheme.scope_end)
        key, scope = f"{scheme.key_prefix}{key_secret}".encode(), "/".join(parts)
        for part in parts:
            key = hmac.digest(key, part.encode(), "sha256")
    to_sign = "\n".join(filter(None, (scheme.algorithm, date, scope, digest)))
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    who = f"Credential={key_id}/{scope}" if scope else f"Access={key_id}"
    made["authorization"] = f"{scheme.algorithm} {who}, SignedHeaders={names}, Signature={signature}"
    return made


def _canonical_digest(
    scheme: Scheme, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> str:
    where = path if scheme.scope_end or path.endswith("/") else f"{path}/"  # Huawei signs one slash more
    asked = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items()))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    names = ";".join(sorted(headers))
    canonical = f"{method}\n{where}\n{asked}\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    return hashlib.sha256(canonical.encode()).hexdigest()
