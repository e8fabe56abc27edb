"""What WeCom takes and answers, by an app or a robot: a text of 2,048 bytes, and an errcode."""

from __future__ import annotations

from watchtower.channels.chat_body import chat_body, fitted
from watchtower.channels.contract import Letter
from watchtower.channels.vendor_answer import FaultTable
from watchtower.errors import DeliveryFault

_MOST = 2048
"""Bytes in UTF-8; more is refused (robot), or cut without a word (app)."""
_ADDRESS, _OURS, _RETRY = DeliveryFault.ADDRESS, DeliveryFault.OURS, DeliveryFault.RETRY
VOID = ("40014", "42001")
"""The token is none any more."""
FAULTS: FaultTable = {
    **dict.fromkeys(VOID, _RETRY),
    "-1": _RETRY,
    "45009": DeliveryFault.OTHER_CHANNEL,  # too many a minute
    "45033": _RETRY,  # too many at once
    "81013": _ADDRESS,  # nobody of those named
    "60111": _ADDRESS,  # no such userid
    "60011": _ADDRESS,  # not visible to the app
    "40003": _ADDRESS,
    "invaliduser": _ADDRESS,
    "unlicenseduser": _ADDRESS,
    "93000": _ADDRESS,  # the robot's key is none, or it was put out of the group
    "93004": _ADDRESS,  # the robot is switched off
    "93008": _ADDRESS,  # not in the group
    "60020": _OURS,  # our IP address is not on the app's list
    "4*": _OURS,  # secret, agentid, text
    "3010*": _OURS,
    "48002": _OURS,
}
"""By `errcode`, inside an HTTP 200; or by the list of the answer in which the person stands."""


def wecom_text(letter: Letter) -> str:
    """The page in as many whole lines as fit; links come before steps."""
    body = chat_body(letter)
    links = [f"{label}: {url}" for label, url in body.links]
    return fitted([body.headline, *links, *body.lines], _MOST, lambda text: len(text.encode()))
