"""Alerts, incidents and pages as JSON and back, the same for every database.

What a later version added is ignored, what an earlier one did not write yet takes its default: so one may go
back a version without losing a page. JSON rather than a column per field, for the same reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from watchtower.core.alerts import Alert
from watchtower.core.incidents import Incident, Page, PageState, Told
from watchtower.core.review.record import Record
from watchtower.errors import StoreError

T = TypeVar("T")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ALERT = TypeAdapter(Alert)
_INCIDENT = TypeAdapter(Incident)
_PAGE = TypeAdapter(Page)
_TOLD = TypeAdapter(Told)
_RECORD = TypeAdapter(Record)


def encode_alert(alert: Alert) -> str:
    return to_json(_ALERT.dump_python(alert, mode="json"))


def decode_alert(data: str) -> Alert:
    return _decode(_ALERT, from_json(data, "an alert"), "an alert")


def encode_page(page: Page) -> str:
    return to_json(_PAGE.dump_python(page, mode="json"))


def decode_page(data: str, state: str) -> Page:
    """The page with the state that its row has now; `data` keeps the one it was born with."""
    value = from_json(data, "a page")
    page = _decode(_PAGE, value, f"page {value.get('id', '?')}")
    return replace(page, state=PageState(state))


def encode_incident(incident: Incident) -> str:
    """`told` becomes a list of [responder, channel, told], because JSON's keys are plain text."""
    value = _INCIDENT.dump_python(replace(incident, told={}), mode="json")
    value["told"] = [
        [name, str(channel), _TOLD.dump_python(told, mode="json")]
        for (name, channel), told in incident.told.items()
    ]
    return to_json(value)


def decode_incident(data: str) -> Incident:
    value = from_json(data, "an incident")
    what = f"incident {value.get('id', '?')}"
    try:
        told = {(name, channel): state for name, channel, state in value.pop("told", ())}
    except (TypeError, ValueError):
        raise StoreError(
            f"{what} in the store cannot be read: told: not a list of responder, channel, state"
        ) from None
    return _decode(_INCIDENT, {**value, "told": told}, what)


def encode_record(record: Record) -> str:
    return to_json(_RECORD.dump_python(record, mode="json"))


def decode_record(data: str) -> Record:
    value = from_json(data, "a record")
    return _decode(_RECORD, value, f"record of {value.get('incident', '?')}")


def to_json(value: Mapping[str, Any]) -> str:
    """Compact, with people's own letters readable. Infinity and NaN stay what they are for `from_json`."""
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


def _decode(adapter: TypeAdapter[T], value: Mapping[str, Any], what: str) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(f"{what} in the store cannot be read: {where}: {first['msg']}") from None
