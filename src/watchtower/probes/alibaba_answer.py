"""Reads an answer of Alibaba Cloud's RPC APIs: its data, or who must act and whether to try again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.bodies import BodyUnreadable, body_text, json_of
from watchtower.probes.traffic import CannotTell

_CREDENTIALS = ("InvalidAccessKey", "SignatureDoesNotMatch", "IncompleteSignature", "NotAuthorized", "Forbidden",
                "NoPermission", "InvalidSecurityToken", "MissingSecurityToken", "SecurityTokenExpired")  # fmt: skip
_CLOCK = ("InvalidTimeStamp", "IllegalTimestamp")
_PASSING = ("Throttling", "InternalError", "UndefinedError", "ServiceUnavailable", "SystemError")
"""InternalError comes with HTTP 400: the code decides, never the status."""


class MayPass(CannotTell):
    """A failure that another attempt may cure."""


def data_of(status: int, body: bytes, content_type: str = "") -> Mapping[str, Any]:
    """Returns the answer's Data. `Success` decides, because errors come with HTTP 200 too."""
    try:
        answer = json_of(body_text(body, {"content-type": content_type}), exact=True)
    except BodyUnreadable:
        answer = None
    if not isinstance(answer, dict):
        if status == 200:
            raise CannotTell("garbage", "the answer is no JSON object")
        raise (MayPass if status >= 500 else CannotTell)("status", f"HTTP {status}")
    data = answer.get("Data")
    if str(answer.get("Success")).lower() == "true" and isinstance(data, dict):
        return data
    code, said = str(answer.get("Code", "")), f"{answer.get('Code')}: {answer.get('Message')}"
    if code.startswith(_PASSING):
        raise MayPass("throttled" if code.startswith("Throttling") else "vendor", said)
    if code.startswith(_CLOCK):
        raise CannotTell("clock", f"this machine's clock is off: {said}")
    if code.startswith(_CREDENTIALS):
        raise CannotTell("credentials", said)
    raise (MayPass if status >= 500 else CannotTell)("vendor", said)
