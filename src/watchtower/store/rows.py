"""Alerts, incidents and pages as JSON and back, the same for every database.

What a later version added is ignored, what an earlier one did not write yet takes its default: so one may go
back a version without losing a page. JSON rather than a column per field, for the same reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident, Page, PageState
from watchtower.core.reviews.record import Record
from watchtower.errors import StoreError
from watchtower.values import Frozen, replace

T = TypeVar("T")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def encode_alert(alert: Alert) -> str:
    return _quickly(alert)


def decode_alert(data: str) -> Alert:
    return _decode(Alert, from_json(data, "an alert"), "an alert")


def encode_page(page: Page) -> str:
    return _quickly(page)


def decode_page(data: str, state: str) -> Page:
    """The page with the state of its row; `data` keeps the first one."""
    value = from_json(data, "a page")
    page = _decode(Page, value, f"page {value.get('id', '?')}")
    return replace(page, state=PageState(state))


def encode_incident(incident: Incident) -> str:
    """`notified` becomes a list of [responder, channel, notified], because JSON's keys are plain text."""
    value = _quickly(replace(incident, notified={}))
    told = [[name, channel, known] for (name, channel), known in incident.notified.items()]
    return f'{value[:-1]},"notified":{to_json(msgspec.to_builtins(told))}}}'


def decode_incident(data: str) -> Incident:
    value = from_json(data, "an incident")
    what = f"incident {value.get('id', '?')}"
    try:
        notified = {(name, channel): state for name, channel, state in value.pop("notified", ())}
    except (TypeError, ValueError):
        raise StoreError(
            f"{what} in the store cannot be read: notified: not a list of responder, channel, state"
        ) from None
    return _decode(Incident, {**value, "notified": notified}, what)


def encode_record(record: Record) -> str:
    return to_json(msgspec.to_builtins(record))


def decode_record(data: str) -> Record:
    """Decodes a record quickly, because thousands are read at once. Infinity and errors take the slow way."""
    try:
        return msgspec.json.decode(data, type=Record, strict=False)
    except msgspec.MsgspecError:
        pass
    value = from_json(data, "a record")
    return _decode(Record, value, f"record of {value.get('incident', '?')}")


def _quickly(value: Frozen) -> str:
    """As `to_json`, in a third of the time where that can be read back: Infinity cannot, nor half a character."""
    with suppress(UnicodeEncodeError, msgspec.ValidationError):
        out = msgspec.json.encode(value)
        if msgspec.json.decode(out, type=type(value)) == value:
            return out.decode()
    return to_json(msgspec.to_builtins(value))


def to_json(value: Mapping[str, Any]) -> str:
    """Compact JSON with readable Unicode. `from_json` restores Infinity and NaN."""
    return _without_halves(_encode(value))


def from_json(data: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise StoreError(f"{what} in the store cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise StoreError(f"{what} in the store cannot be read: not an object")
    return value


def plain(text: str) -> str:
    """Text that every database takes into a column. PostgreSQL refuses NUL, and nobody stores half a character:
    a target that answers with garbage must not keep the page about it from being written."""
    return _without_halves(text.replace("\0", "\ufffd"))


def _without_halves(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _decode(kind: type[T], value: Mapping[str, Any], what: str) -> T:
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$")
        place = f"{where.strip('.`')}: " if where else ""
        raise StoreError(f"{what} in the store cannot be read: {place}{said}") from None
