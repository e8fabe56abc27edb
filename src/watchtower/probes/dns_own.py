"""Whose the answers of name servers are: ours, or somebody else's.

Behind a CDN every resolver gives other addresses, so answers are not compared with each other but with what is declared
to be ours. Where nothing is declared, an address that no user could reach is foreign when another resolver knows better.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from watchtower.fields import BeforeValidator, Field, WithJsonSchema
from watchtower.values import Frozen

_MOST_NAMED = 5


class Own(Frozen):
    """A network of ours, or a name in whose zone an alias of ours ends."""

    spelled: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None

    def holds(self, record: str, aliases: Iterable[str]) -> bool:
        if self.network is None:
            names = (record, *aliases)
            return any(name == self.spelled or name.endswith(f".{self.spelled}") for name in names)
        address = _address(record)
        return address is not None and address.version == self.network.version and address in self.network


def _own(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    spelled = value.strip().lower().removesuffix(".").removeprefix("*.")
    try:
        return Own(spelled, ipaddress.ip_network(spelled, strict=False))
    except ValueError:
        if "/" in spelled or not spelled.strip(".") or " " in spelled or spelled.replace(".", "").isdigit():
            raise ValueError(
                f'"{value}" is neither a network nor a name: write 203.0.113.0/24, or the name that your CDN gave you'
            ) from None
        return Own(spelled, None)


OwnText = Annotated[
    Own,
    BeforeValidator(_own),
    Field(),
    WithJsonSchema({"type": "string", "examples": ["203.0.113.0/24", "shop.cdn.example"]}),
]


class ServerAnswer(Frozen):
    """What one name server said: the records, and the names of the aliases that lead to them."""

    server: str
    rcode: str
    records: Sequence[str]
    aliases: Sequence[str]


def foreign(answers: Sequence[ServerAnswer], own: Sequence[Own]) -> list[str]:
    """The answers that are not ours, each with who gave it; empty where all are."""
    resolve = any(one.records for one in answers)
    reachable = any(_public(record) for one in answers for record in one.records)
    found = []
    for one in answers:
        if one.rcode == "NXDOMAIN" and resolve:
            found.append(f"no such name by {one.server}")
        for record in one.records:
            ours = any(place.holds(record, one.aliases) for place in own)
            if not ours and (own or (reachable and _public(record) is False)):
                found.append(f"{record} by {one.server}")
    return found


def named(found: Sequence[str]) -> str:
    """`203.0.113.9 by 223.5.5.5, …`; at most five."""
    more = len(found) - _MOST_NAMED
    return ", ".join(found[:_MOST_NAMED]) + (f", {more} more" if more > 0 else "")


def _public(record: str) -> bool | None:
    """Whether everybody can reach it; None for what is no address."""
    address = _address(record)
    return None if address is None else address.is_global


def _address(record: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(record)
    except ValueError:
        return None
