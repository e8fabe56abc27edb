"""What one line of an access log says: nginx's and Apache's combined format, JSON, or a pattern of one's own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

Role = Literal["method", "path", "status", "user", "latency", "amount"]

COMBINED = re.compile(
    r"(?:\S+ (?=\S+ \S+ \S+ \[))?"  # a virtual host before it all
    r"(?P<user>\S+) [^\[]*\[[^\]]*\] "
    r'"(?:(?P<method>[A-Z]+) (?P<path>\S+)[^"]*|(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3})(?: |$)'
)
"""The common and the combined format, also with more fields after them."""

_STATUS = re.compile(r"[1-9][0-9]{2}")
_DIGITS = 18
"""No amount and no time in a log is longer; a number like 1e999999999 is somebody's joke."""
_LONGEST = 16_384
"""Bytes of a line that a regular expression is run over: request lines are limited to half of that."""

JSON_FIELDS: Mapping[Role, Sequence[str]] = {
    "method": ("request_method", "method"),
    "path": ("request_uri", "uri", "path", "url"),
    "status": ("status", "status_code"),
    "user": ("remote_addr", "client_ip", "remote_ip", "client"),
    "latency": ("request_time", "duration", "latency"),
    "amount": (),
}
"""Where a JSON log has what, unless the check says otherwise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. Empty or None: the line does not say."""

    method: str
    path: str
    """Without the query string."""
    status: int
    user: str
    latency: float | None
    amount: Decimal | None


Reader = Callable[[bytes], Entry | None]


def by_pattern(pattern: re.Pattern[str]) -> Reader:
    """Reads by the pattern's named groups, each named for its role."""
    match = pattern.match if pattern is COMBINED else pattern.search

    def read(line: bytes) -> Entry | None:
        found = match(line[:_LONGEST].decode("utf-8", "replace"))
        return _entry(found.groupdict()) if found else None

    return read


def by_json(fields: Mapping[str, str]) -> Reader:
    """Reads a JSON object a line; `fields` names the place of a role, with dots between levels."""
    places = {role: [fields[role]] if role in fields else list(usual) for role, usual in JSON_FIELDS.items()}

    def read(line: bytes) -> Entry | None:
        try:
            # Money is read as it is written: a float would have rounded it already.
            record = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        return _entry({role: _first(record, names) for role, names in places.items()})

    return read


def by_itself(fields: Mapping[str, str]) -> Reader:
    """JSON where the line begins with `{`, else the combined format."""
    as_json, as_combined = by_json(fields), by_pattern(COMBINED)
    return lambda line: as_json(line) if line.startswith(b"{") else as_combined(line)


def _first(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        value: Any = record
        for part in [name] if name in record else name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _entry(found: Mapping[str, Any]) -> Entry | None:
    status = str(found.get("status"))
    if not _STATUS.fullmatch(status):
        return None
    path = str(found.get("path") or "")
    latency, amount = _decimal(found.get("latency")), _decimal(found.get("amount"))
    return Entry(
        method=str(found.get("method") or ""),
        path=path.partition("?")[0],
        status=int(status),
        user="" if (user := found.get("user")) is None else str(user),
        latency=None if latency is None or latency < 0 else float(latency),
        amount=amount,
    )


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None  # nginx writes "-" for what it does not know
    return number if number.is_finite() and number.adjusted() < _DIGITS else None
