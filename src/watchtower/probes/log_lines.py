"""Parses a line of an access log: nginx's and Apache's combined format, JSON, or a custom pattern."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from watchtower.numbers import parse_number
from watchtower.patterns import Pattern
from watchtower.values import Frozen

Role = Literal["method", "path", "status", "user", "latency", "amount"]

COMBINED = re.compile(
    r"(?:\S+ (?=\S+ \S+ \S+ \[))?"  # a virtual host before it all
    r"(?P<user>\S+) [^\[]*\[[^\]]*\] "
    # Each character can be read in one way only: else a long line without its closing quote takes seconds.
    r'"(?:(?P<method>[A-Z]+) (?P<path>(?:[^\s"\\]|\\.)+)(?:\s(?:[^"\\]|\\.)*)?|(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3})(?: |$)'
)
"""The common and the combined format, also with more fields after them."""

_STATUS = re.compile(r"[1-9][0-9]{2}")
_DIGITS = 18
"""No amount and no time in a log is longer; a number like 1e999999999 is somebody's joke."""
_LONGEST_JSON = 1 << 18
_BYTES = re.compile(r"\\\\|((?:\\x[0-9A-Fa-f]{2})+)")
"""nginx without `escape=json` writes a quote as `\\x22` and Chinese as `\\xE4\\xB8\\xAD`: no JSON, but clear enough."""
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


class LoggedRequest(Frozen):
    """One request. Empty or None: the line does not contain it."""

    method: str
    path: str
    """Without the query string."""
    status: int
    user: str
    latency: float | None
    amount: Decimal | None
    garbled: bool = False
    """There is an amount, and it cannot be read."""


Reader = Callable[[bytes], LoggedRequest | None]


def by_pattern(pattern: Pattern) -> Reader:
    """Reads by the pattern's named groups, each named for its role."""

    def read(line: bytes) -> LoggedRequest | None:
        found = pattern.named(_text(line))
        return None if found is None else _entry(found)

    return read


def combined(line: bytes) -> LoggedRequest | None:
    """Reads the common and the combined format."""
    found = COMBINED.match(_text(line))
    return _entry(found.groupdict()) if found else None


def by_json(fields: Mapping[str, str]) -> Reader:
    """Reads a JSON object a line; `fields` names the place of a role, with dots between levels."""
    places = {role: [fields[role]] if role in fields else list(usual) for role, usual in JSON_FIELDS.items()}

    def read(line: bytes) -> LoggedRequest | None:
        record = _record(line)
        if not isinstance(record, dict):
            return None
        return _entry({role: _first(record, names) for role, names in places.items()})

    return read


def by_itself(fields: Mapping[str, str]) -> Reader:
    """Reads JSON where the line begins with `{`, else the combined format."""
    as_json = by_json(fields)
    return lambda line: as_json(line) if line.startswith(b"{") else combined(line)


def _text(line: bytes, longest: int = _LONGEST) -> str:
    """The beginning of the line, in UTF-8 or else in GB18030, which includes GBK and GB2312."""
    head = line[:longest]
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        cut_off = error.start >= longest - 4 and len(line) > longest
        return head.decode("utf-8" if cut_off else "gb18030", "replace")


def _record(line: bytes) -> Any:
    """The JSON of a line; None when there is none, or when it is too long to parse at once."""
    if len(line) > _LONGEST_JSON:
        return None
    text = _text(line, _LONGEST_JSON)
    for spelled in (text, _BYTES.sub(_escaped, text)):
        try:
            # Money is read as it is written: a float would have rounded it already.
            return json.loads(spelled, parse_float=Decimal)
        except (ValueError, RecursionError):
            continue
    return None


def _escaped(found: re.Match[str]) -> str:
    if not found[1]:
        return found[0]
    return json.dumps(_text(bytes.fromhex(found[1].replace("\\x", ""))))[1:-1]


def _first(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        value: Any = record
        for part in [name] if name in record else name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _entry(found: Mapping[str, Any]) -> LoggedRequest | None:
    status = str(found.get("status"))
    if not _STATUS.fullmatch(status):
        return None
    path = str(found.get("path") or "")
    latency, amount = _decimal(found.get("latency")), _decimal(found.get("amount"))
    garbled = amount is None and found.get("amount") not in (None, "", "-")
    return LoggedRequest(
        method=str(found.get("method") or ""),
        path=path.partition("?")[0],
        status=int(status),
        user="" if (user := found.get("user")) is None else str(user),
        latency=None if latency is None or latency < 0 else float(latency),
        amount=amount,
        garbled=garbled,
    )


def _decimal(value: Any) -> Decimal | None:
    try:
        number = parse_number(value)
    except ValueError:
        return None  # nginx writes "-" for what it does not know
    return number if number.adjusted() < _DIGITS else None
