"""What the vendors' own SDKs sent to a server on loopback, as `make oracles` wrote it down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

_FOLDER = Path(__file__).parent / "vectors"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request; names of `headers` are in lower case."""

    name: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


def recorded(vendor: str, name: str = "") -> list[Recorded]:
    """The requests of this vendor's SDK; those of one `name`."""
    made = json.loads((_FOLDER / f"{vendor}.json").read_text(encoding="utf-8"))
    return [Recorded(**one) for one in made["requests"] if not name or one["name"] == name]
