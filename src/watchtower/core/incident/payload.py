"""What a log entry says beside when, by whom and its sentence: a payload, declared once for each kind of entry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import msgspec

from watchtower.core.incident.entry import LogEntry
from watchtower.model import Instant

Json = Mapping[str, Any]
"""Plain JSON inside a payload."""


class Payload(msgspec.Struct, omit_defaults=True):
    """The fields of one kind. A field that has its default is left out of what is stored."""

    kind: ClassVar[str]

    def entry(self, at: Instant, detail: str = "", by: str = "watchtower") -> LogEntry:
        """The entry that carries this; its data is plain JSON."""
        return LogEntry(at, self.kind, by, detail, msgspec.to_builtins(self))


S = TypeVar("S", bound=msgspec.Struct)
_FIELD = re.compile(r"`\$\.(\w+)")
"""The field of which a ValidationError speaks."""
Kinds = Mapping[str, type[Payload]]
"""Kinds of entries by name."""


def kinds(*payloads: type[Payload]) -> Kinds:
    """These kinds by their names."""
    return {payload.kind: payload for payload in payloads}


def read(entry: LogEntry, known: Kinds) -> Payload | None:
    """What this entry says. None where it is of no such kind, or of a version that wrote what this one cannot read."""
    payload = known.get(entry.kind)
    return None if payload is None else read_as(entry, payload)


def read_as(entry: LogEntry, payload: type[S]) -> S | None:
    """What this entry says, read as this. A field that cannot be read has its default; None where it has none."""
    data = entry.data
    while True:
        try:
            return msgspec.convert(data, payload, strict=False)
        except msgspec.ValidationError as error:
            garbled = _FIELD.search(str(error))
            if garbled is None or garbled[1] not in data:
                return None
            data = {name: value for name, value in data.items() if name != garbled[1]}
