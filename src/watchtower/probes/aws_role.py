"""Temporary keys of the role of a pod or task, where AWS' own variables name one and no key is given.

A web identity (EKS: AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE) is exchanged at STS; the endpoint of a container (ECS and EKS
Pod Identity: AWS_CONTAINER_CREDENTIALS_FULL_URI or …_RELATIVE_URI) is asked. Both are as AWS' SDKs do it.
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from watchtower.bodies import BodyUnreadable, body_text
from watchtower.curl import CurlFleet, FetchError, Request, Response
from watchtower.probes.traffic import CannotTell

_EARLY = 300.0
"""Seconds before their end from which on keys are not used any more."""
_MOST = 1 << 16
_ECS = "http://169.254.170.2"
_FOUND = re.compile(
    r"\"?\b(AccessKeyId|SecretAccessKey|SessionToken|Token|Expiration|Code|Message)\"?\s*[>:]\s*\"?([^<\"]+)"
)
"""Of STS' XML, and of the JSON of a container's endpoint."""
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class RoleKeys:
    """Kept until shortly before they end; the token is read anew for each exchange."""

    def __init__(self, region: str, top: str) -> None:
        self._sts = os.environ.get("AWS_ENDPOINT_URL_STS") or f"https://sts.{region}.{top}"
        self._keys, self._until = ("", "", ""), 0.0

    async def keys(self, fleet: CurlFleet, within: float) -> tuple[str, str, str]:
        """Id, secret and token; empty where the environment names no role. Raises CannotTell."""
        if time.time() < self._until:
            return self._keys
        try:
            request = self._request(within)
            if request is not None:
                self._keys, self._until = _read(await fleet.fetch(request))
        except OSError as error:
            raise CannotTell("config", f"the token of the role cannot be read: {error}") from None
        except FetchError as error:
            raise CannotTell(error.reason, f"no keys of the role: {error.detail}") from None
        return self._keys

    def _request(self, within: float) -> Request | None:
        asked = os.environ.get
        if asked("AWS_ROLE_ARN") and asked("AWS_WEB_IDENTITY_TOKEN_FILE"):
            form = {
                "Action": "AssumeRoleWithWebIdentity",
                "Version": "2011-06-15",
                "RoleArn": os.environ["AWS_ROLE_ARN"],
                "RoleSessionName": asked("AWS_ROLE_SESSION_NAME") or "watchtower",
                "WebIdentityToken": Path(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"])
                .read_text("utf-8")
                .strip(),
            }
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(form).encode()
            return Request(
                self._sts, method="POST", headers=kind, body=body, timeout=within, max_body_bytes=_MOST
            )
        path = asked("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        url = f"{_ECS}{path}" if path else asked("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if not url:
            return None
        file = asked("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        token = Path(file).read_text("utf-8").strip() if file else asked("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        headers = {"Authorization": token} if token else {}
        return Request(url, headers=headers, timeout=within, max_body_bytes=_MOST)


def _read(response: Response) -> tuple[tuple[str, str, str], float]:
    found: dict[str, str] = {}
    try:
        found |= dict(_FOUND.findall(body_text(response.body, response.headers, _MOST)))
        ends = datetime.strptime(found["Expiration"], _SECONDS).replace(tzinfo=UTC).timestamp()
        token = found.get("SessionToken") or found["Token"]
        return (found["AccessKeyId"], found["SecretAccessKey"], token), ends - _EARLY
    except BodyUnreadable as why:
        raise CannotTell(why.reason, f"no keys of the role: {why.detail}") from None
    except (KeyError, ValueError):
        said = (
            f"{found['Code']}: {found.get('Message', '')}" if "Code" in found else f"HTTP {response.status}"
        )
        raise CannotTell("credentials", f"no keys of the role: {said}") from None
