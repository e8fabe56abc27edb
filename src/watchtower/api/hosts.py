"""Host names that the server answers to, against DNS rebinding by a foreign page."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from watchtower.values import Frozen

_LOOPBACK = ("localhost", "ip6-localhost")


class Hosts(Frozen):
    """`names` are in small letters. An address needs no name: no browser is led to one by its name service."""

    names: frozenset[str]

    @classmethod
    def of(cls, base_url: str, listen_host: str, more: Sequence[str]) -> Hosts:
        """The names of this machine, of where it listens and of how people reach it, and `more`."""
        named = (*_LOOPBACK, listen_host, socket.gethostname(), urlsplit(base_url).hostname or "", *more)
        return cls(frozenset(name.strip().lower().rstrip(".") for name in named) - {""})

    def known(self, headers: Sequence[str]) -> bool:
        """Whether a request with these Host headers is meant for this daemon. One without any comes from no browser."""
        if len(headers) != 1:
            return not headers
        try:
            parts = urlsplit(f"//{headers[0].strip()}")
            host = (parts.hostname or "").rstrip(".")
            if parts.port == 0 or parts.username is not None or parts.path or parts.query or parts.fragment:
                return False
        except ValueError:
            return False
        return host in self.names or _is_address(host)


def is_loopback(host: str) -> bool:
    """Whether this name or address leads to this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _LOOPBACK


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
