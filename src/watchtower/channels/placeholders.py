"""`{{ name }}` in a gateway's request. Values are put into strings of the parsed structure, never into JSON or
XML text, so that no title can break out of its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from watchtower.core.expressions import suggest

_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """The same structure with every placeholder replaced; keys are left alone."""
    if isinstance(template, str):
        return _PLACE.sub(lambda found: values[found[1]], template)
    if isinstance(template, Mapping):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill(value, values) for value in template]
    return template


def fill_text(template: str, content_type: str, values: Mapping[str, str]) -> str:
    """A text with placeholders, each value escaped as the content type demands."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("json"):
        safe = {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in values.items()}
    elif kind.endswith("xml"):
        safe = {name: escape(value) for name, value in values.items()}
    elif kind == "application/x-www-form-urlencoded":
        safe = {name: quote(value, safe="") for name, value in values.items()}
    else:
        safe = dict(values)
    return str(fill(template, safe))


def as_form(template: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """Form fields. A table or a list as a value becomes JSON text, as vendors of templates want it."""
    filled = fill(template, values)
    return {
        name: value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        for name, value in filled.items()
    }


def problem_of_names(template: Any, known: Mapping[str, object]) -> str | None:
    """The first placeholder that nothing fills, with a hint; None when all are known."""
    for text in _strings(template):
        for name in _PLACE.findall(text):
            if name not in known:
                return f'nothing fills "{{{{ {name} }}}}": {suggest(name, known, "the template")}'
    return None


def names(template: Any) -> set[str]:
    """The placeholders in it."""
    return {name for text in _strings(template) for name in _PLACE.findall(text)}


def _strings(template: Any) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, Mapping):
        for value in template.values():
            yield from _strings(value)
    elif isinstance(template, (list, tuple)):
        for value in template:
            yield from _strings(value)
