"""What the contract suite must be told of a kind of probe: its settings for a place, and what it says of each.

The places, all on loopback:

refused      nobody listens
hang         connections are taken, and nothing is ever said
garbage      random bytes come, whatever is asked
closed       connections are taken and closed at once
expired      a TLS server whose certificate has ended

Further places of a kind's own (`credentials`, `well`, ...) are context managers that it brings with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.parts.certificates import Certificates

TOKEN = "tok-5f0c9a-never-shown"
"""Every entry puts it wherever its settings may hold a secret; no text may show it."""
TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What a place may be built from: certificates and a directory of the test's own."""

    certificates: Certificates
    directory: Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where the probe is pointed: `address` is host:port, or whatever the entry's own place gives."""

    name: str
    address: str
    stage: Stage


OwnPlace = Callable[[Stage], AbstractContextManager[str]]
"""Sets a place up and gives its address."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind. `says` maps a place to `"outcome reason"`, or `"up"`; `polls` is how often it must run for that."""

    kind: str
    settings: Callable[[Place], dict[str, Any]]
    says: Mapping[str, str]
    places: Mapping[str, OwnPlace] = field(default_factory=dict)
    polls: int = 1
