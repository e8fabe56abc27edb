"""Where a check asks, by its probe's settings: whose health it watches, and whether our own network is between."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

from watchtower.channels import build
from watchtower.channels.urls import netloc_of
from watchtower.core.notify.channel_choice import kind_of, vendor_of
from watchtower.core.plan.paging import Responder
from watchtower.fields import Settings

_CLOUDS = ("balance.alibaba", "balance.huawei", "balance.tencent", "balance.volcengine", "quota.aws")
_BEFORE_PATH = re.compile(r"[^/?#]*://[^/?#]*")
_OUTWARD = ("push", "dns", "icmp", "domain", *_CLOUDS)
"""Probes that need it whatever their settings name: a name server at this machine asks others."""


def far_sides(settings: object) -> set[str]:
    """Where these settings of a probe say to ask, as `sms.example:443`; empty where they name no address."""
    return {where for key, value in vars(settings).items() if key != "proxy" for where in _named(value)}


def vendors_by_place(channels: Mapping[str, Any], responders: Iterable[Responder]) -> dict[str, str]:
    """The vendor of the channel that sends there, by the place, as `sms.example:443`."""
    out = {}
    people = list(responders)
    for name, channel in build({name: one for name, one in channels.items() if one is not None}).items():
        for responder in people:
            if address := responder.addresses.get(kind_of(name)):
                where = channel.receiver(address)
                out[netloc_of(where) if "://" in where else where] = vendor_of(name, channels[name])
    return out


def _named(value: object) -> Iterator[str]:
    for one in value if isinstance(value, (list, tuple)) else (value,):
        text = getattr(one, "get_secret_value", lambda one=one: one)()
        if isinstance(one, Settings):
            yield from far_sides(one)
        elif isinstance(text, str) and (found := _BEFORE_PATH.match(text)) and (place := _place(found[0])):
            yield place
        elif hasattr(one, "host") and hasattr(one, "port"):
            yield f"{one.host}:{one.port}"


@lru_cache(maxsize=4096)
def _place(address: str) -> str:
    """Of an address without its path, which a thousand checks may share."""
    return netloc_of(address) if urlsplit(address).hostname else ""


def by_network(probe: str, asked: set[str]) -> bool:
    """Whether a check of this probe is asked over this machine's network: by an address that is not this machine's."""
    hosts = [where.rpartition(":")[0] for where in asked]
    return probe in _OUTWARD or not all(map(_here, hosts))


@cache
def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
