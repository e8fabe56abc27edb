"""Reads the alerts of a post, one after the other, so that four megabytes hold neither the loop nor the interpreter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from watchtower.core.parse_time import parse_rfc3339
from watchtower.model import Instant
from watchtower.outside_text import clean
from watchtower.probes.held_alerts import PostedAlert
from watchtower.values import Mutable, field

LARGEST = 64 * 1024
"""Characters of one alert."""
MOST_LABELS, LONGEST_NAME, LONGEST_VALUE = 64, 200, 2000
MOST_ANNOTATIONS, LONGEST_TEXT = 32, 2000
"""Longer annotations are cut, because nobody reads them to the end; a longer label is another label."""
_SPACE = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r'[^\x00-\x20\x7f"{},=~!]+')
_DECODER = json.JSONDecoder()


class UnreadableError(ValueError):
    """Nothing of the post is taken. `status` is Alertmanager's: 400 for what is no JSON of this kind, 422 for a field."""

    def __init__(self, what: str, status: int = 400) -> None:
        super().__init__(what)
        self.status = status


class PostedAlerts(Mutable):
    """The alerts that can be taken, and what is wrong with the others."""

    taken: list[PostedAlert] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def posted_alerts(body: bytes, at: Instant) -> PostedAlerts:
    """Raises UnreadableError."""
    out = PostedAlerts()
    for number, raw in enumerate(_elements(body)):
        alert = _alert(raw, number)
        if why := wrong_with(alert, at):
            out.wrong.append(f"alert {number}: {why}")
        else:
            out.taken.append(alert)
    return out


def _elements(body: bytes) -> Iterator[Any]:
    """The elements of a JSON array."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise UnreadableError("the body is not UTF-8") from None
    at = _after_space(text, 0)
    if text[at : at + 1] != "[":
        raise UnreadableError("the body is no JSON array of alerts")
    at = _after_space(text, at + 1)
    if text[at : at + 1] == "]":
        return _must_end(text, at)
    while True:
        piece = text[at : at + LARGEST]
        try:
            element, length = _DECODER.raw_decode(piece)
        except (ValueError, RecursionError):
            long = len(piece) == LARGEST
            what = (
                f"an alert of more than {LARGEST} characters, or no JSON" if long else "the body is not JSON"
            )
            raise UnreadableError(what) from None
        yield element
        at = _after_space(text, at + length)
        mark = text[at : at + 1]
        if mark == "]":
            return _must_end(text, at)
        if mark != ",":
            raise UnreadableError("the body is not JSON")
        at = _after_space(text, at + 1)


def _must_end(text: str, at: int) -> None:
    if _after_space(text, at + 1) != len(text):
        raise UnreadableError("something follows the array of alerts")


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _alert(raw: Any, number: int) -> PostedAlert:
    if not isinstance(raw, dict):
        raise UnreadableError(f"alert {number} is no object")
    if raw.get("labels") is None:
        raise UnreadableError(f"alert {number}: labels is required", 422)
    url = raw.get("generatorURL") or ""
    if not isinstance(url, str) or not _is_url(url):
        raise UnreadableError(f"alert {number}: generatorURL must be a URI", 422)
    texts = {
        name: text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
        for name, text in list(_texts(raw.get("annotations") or {}, number, "annotations").items())[
            :MOST_ANNOTATIONS
        ]
    }
    return PostedAlert(
        _texts(raw["labels"], number, "labels"), texts, _time(raw.get("startsAt"), number),
        _time(raw.get("endsAt"), number), clean(url[:LONGEST_TEXT]),
    )  # fmt: skip


def _texts(given: Any, number: int, what: str) -> dict[str, str]:
    """Without those that are empty: a label that is empty is none."""
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise UnreadableError(f"alert {number}: {what} is no object of texts")
    return {clean(name): clean(value) for name, value in given.items() if value}


def _time(given: Any, number: int) -> Instant | None:
    """None where nothing is said, which the year 1 says too."""
    if given in (None, "") or str(given).startswith("0001-"):
        return None
    try:
        return parse_rfc3339(given)
    except ValueError as error:
        raise UnreadableError(f"alert {number}: {error}") from None


def _is_url(url: str) -> bool:
    try:
        return not url or bool(urlsplit(url).netloc or url.startswith("/"))
    except ValueError:
        return False


def wrong_with(alert: PostedAlert, at: Instant) -> str:
    """Why this alert is refused, while the others are taken."""
    if not alert.labels:
        return "at least one label pair required"
    if len(alert.labels) > MOST_LABELS:
        return f"more than {MOST_LABELS} labels"
    bad = _bad_label(alert.labels)
    if bad:
        return bad
    end = alert.ends_at
    start = alert.starts_at if alert.starts_at is not None else min(at, end or at)
    return "start time must be before end time" if end is not None and start > end else ""


def _bad_label(labels: Mapping[str, str]) -> str:
    for name, value in labels.items():
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
            return f"invalid label name {name[:100]!r}"
        if len(value) > LONGEST_VALUE:
            return f"the label {name} is longer than {LONGEST_VALUE} characters"
    return ""
