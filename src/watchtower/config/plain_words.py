"""Validating one table, and saying what is wrong with it in the words of the file, never in pydantic's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json

from watchtower.config.lines import Loc
from watchtower.config.problems import Entry, did_you_mean
from watchtower.config.secrets import literal_secrets
from watchtower.fields import Settings, format_duration

Model = TypeVar("Model", bound=Settings)

_EXPECTED = {
    "string_type": "a text in quotes",
    "string_sub_type": "a text in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false, without quotes",
    "bool_parsing": "true or false, without quotes",
    "list_type": "a list [ … ]",
    "tuple_type": "a list [ … ]",
    "set_type": "a list [ … ]",
    "frozen_set_type": "a list [ … ]",
    "dict_type": "a table { … }",
    "mapping_type": "a table { … }",
    "model_type": "a table { … }",
    "model_attributes_type": "a table { … }",
    "dataclass_type": "a table { … }",
    "none_required": "left out",
    "url_type": "a URL",
    "url_parsing": "a URL, such as https://bank.example/health",
    "url_syntax_violation": "a URL, such as https://bank.example/health",
    "path_type": "a path in quotes",
}
"""pydantic's error types that are about the kind of value -> what the value must be."""
_VERB = re.compile(r"\b(is|are|does|has|needs|takes|ends|names)\b")
"""What tells a sentence from the name of a key."""

_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
    "multiple_of": ("a multiple of", "multiple_of"),
}


def validate(
    model: type[Model],
    entry: Entry,
    known: Iterable[str] = (),
    below: tuple[str, type[Settings]] | None = None,
) -> Model | None:
    """Read the entry's table into `model`; None when it is wrong, with every fault reported once.

    `known` are further keys that people may have meant (those of the table's other half). `below`: a table in this one, and
    what stands in it.
    """
    data = entry.raw
    quiet = set(entry.unset)
    for path in literal_secrets(model, data):
        if path not in entry.filled:
            quiet.add(path)
            name = _variable(entry.label, path)
            hint = f'write {path[-1]} = "${{{name}}}" and set {name}, or {name}_FILE, in the environment'
            entry.wrong(path, "a secret does not belong in a file", hint)
    written = to_json(data)
    if rb"\u0000" in written and (nul := list(_with_nul(data))):
        for path in nul:
            entry.wrong(path, "the text holds a NUL character, which no program can use", "take it out")
        return None
    try:
        found = model.model_validate_json(written)
    except ValidationError as error:
        details = error.errors(include_url=False)
        meant = _unknown_keys(details, entry, model, known, below)
        for path, what, hint in _explain(
            (one for one in details if one["type"] != "extra_forbidden"), data, model
        ):
            missing = (*path, what.split('"')[1]) if what.endswith('" is missing') else ()
            if missing not in meant and not any(path[: len(one)] == one for one in quiet):
                entry.wrong(path, what, hint)
        return None
    except Exception as error:  # noqa: BLE001 - a validator of a site's own probe may raise anything
        entry.wrong((), f"its settings cannot be read: {type(error).__name__}: {error}")
        return None
    return None if quiet else found


def _with_nul(data: Any, path: Loc = ()) -> Iterator[Loc]:
    if isinstance(data, str):
        if "\0" in data:
            yield path
    elif isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _with_nul(value, (*path, key))
            if isinstance(key, str) and "\0" in key:
                yield (*path, key)


def _variable(label: str, path: Loc) -> str:
    """Suggests a variable for this secret: `EMAIL_PASSWORD` for the password of channel.email."""
    owner = label.removeprefix("channel.") if label.startswith("channel.") else re.split(r"[ .]", label)[-1]
    words = re.sub(r"[^A-Za-z0-9]+", "_", f"{owner}_{path[-1]}").strip("_").upper()
    return words if words and not words[0].isdigit() else f"SECRET_{words}".rstrip("_")


def _unknown_keys(
    errors: Iterable[ErrorDetails], entry: Entry, model: type[Settings], known: Iterable[str],
    below: tuple[str, type[Settings]] | None,
) -> set[Loc]:  # fmt: skip
    """Report keys that mean nothing; the paths of the keys that were probably meant (they are not missing)."""
    meant: set[Loc] = set()
    for error in errors:
        if error["type"] != "extra_forbidden":
            continue
        path = _real_path(error, entry.raw)
        keys = {*keys_of(model, path[:-1]), *(known if len(path) == 1 else ())}
        free = keys - set(_value(entry.raw, path[:-1]) or ())
        hint = did_you_mean(str(path[-1]), free, "keys that can stand here", 40)
        if below and len(path) == 1 and path[0] in keys_of(below[1]):
            hint = f"it belongs into {below[0]} = {{ {path[0]} = … }}"
        entry.unknown(path, hint)
        if hint.startswith("did you mean"):
            meant.add((*path[:-1], hint.split('"')[1]))
    return meant


def _explain(
    errors: Iterable[ErrorDetails], data: Any, model: type[Settings]
) -> Iterator[tuple[Loc, str, str]]:
    """Returns one fault a place: the members of a union that did not fit are put together."""
    places: dict[Loc, list[ErrorDetails]] = {}
    for error in errors:
        places.setdefault(_real_path(error, data), []).append(error)
    for path, here in places.items():
        if any(len(other) > len(path) and other[: len(path)] == path for other in places):
            continue  # a member of the union got further than this one: its faults say more
        value = _value(data, path)
        expected = dict.fromkeys(_EXPECTED[error["type"]] for error in here if error["type"] in _EXPECTED)
        others = [error for error in here if error["type"] not in _EXPECTED]
        if expected and not others:
            hint = _description(model, path) if any("…" in kind for kind in expected) else ""
            yield path, f"must be {' or '.join(expected)}, not {_shown(value)}", hint
        elif others[0]["type"] == "missing":
            yield path[:-1], f'"{path[-1]}" is missing', _description(model, path)
        else:
            yield path, *in_plain_words(path, others[0], value, model)


def in_plain_words(path: Loc, error: ErrorDetails, value: Any, model: type[Settings]) -> tuple[str, str]:
    """Returns what is wrong with one value, and a hint."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, not {_shown(value)}", ""
    if kind in ("enum", "literal_error"):
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        if not isinstance(value, str):
            return f"must be one of {', '.join(allowed)}, not {_shown(value)}", ""
        return f'"{value}" is not one of {", ".join(allowed)}', did_you_mean(value, allowed)
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        limit: Any = context.get(key)
        timed = (
            isinstance(value, str) and isinstance(limit, (int, float)) and not value.lstrip("-").isdecimal()
        )
        shown = (format_duration(limit) if limit else "0s") if timed else limit
        return f"must be {word} {shown}, not {_shown(value)}", ""
    if kind in ("too_short", "string_too_short"):
        least = context.get("min_length", 1)
        unit = "characters" if isinstance(value, str) else "entries"
        return "must not be empty" if least == 1 else f"must have at least {least} {unit}", ""
    if kind in ("too_long", "string_too_long"):
        unit = "characters" if isinstance(value, str) else "entries"
        return f"is too long: at most {context.get('max_length')} {unit}", ""
    if kind == "string_pattern_mismatch":
        return f"{_shown(value)} does not have the right form", _description(model, path)
    if kind in ("value_error", "assertion_error"):
        return _with_hint(str(context.get("error", error["msg"])), value)
    message = re.sub(r"^(Value error, |Input should )", "", error["msg"])
    return f"must {message}" if message.startswith("be ") else message[:1].lower() + message[1:], ""


def _with_hint(said: str, value: Any) -> tuple[str, str]:
    """Splits what a validator says from what it says to write instead."""
    if said.startswith("write ") and isinstance(value, (str, int, float)):
        return f"{_shown(value)} cannot be read", said
    what, told, hint = said.partition(": write ")
    whole = told and ": write " not in hint and _VERB.search(what)
    return (what, f"write {hint}") if whole else (said, "")


def _real_path(error: ErrorDetails, data: Any) -> Loc:
    """Returns pydantic's location without the names of union members and the marks on keys."""
    path: list[str | int] = []
    value, steps = data, error["loc"]
    for index, step in enumerate(steps):
        last = index + 1 == len(steps)
        in_table = isinstance(value, dict) and step in value and not (step == "[key]" and last)
        in_list = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if in_table or in_list:
            value = value[step]
        elif not (last and error["type"] == "missing"):
            continue
        path.append(step)
    return tuple(path)


def _value(data: Any, path: Loc) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _shown(value: Any) -> str:
    """Names a wrong value so that it is recognised. The name is never long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}…"'
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, Mapping) else "nothing"


def _inner(model: type[Settings], path: Loc) -> type[Settings] | None:
    """Returns the model of the table at `path`, where it is a plain one."""
    here: Any = model
    for step in path:
        if isinstance(step, int):
            continue  # the field's annotation was taken apart already
        field = next((f for name, f in here.model_fields.items() if (f.alias or name) == step), None)
        here = field.annotation if field else None
        models = [one for one in get_args(here) if hasattr(one, "model_fields")]
        here = models[0] if len(models) == 1 else here  # a table that may be left out
        if not (hasattr(here, "model_fields")):
            return None
    return here  # type: ignore[no-any-return]


def keys_of(model: type[Settings], path: Loc = ()) -> set[str]:
    """Returns the keys that can stand in the table at `path`."""
    here = _inner(model, path)
    return {field.alias or name for name, field in here.model_fields.items()} if here else set()


def _description(model: type[Settings], path: Loc) -> str:
    here = _inner(model, path[:-1])
    for name, field in here.model_fields.items() if here else ():
        if (field.alias or name) == path[-1]:
            said = (field.description or "").removesuffix(".")
            return said[:1].lower() + said[1:] if said[1:2].islower() or said[1:2] == " " else said
    return ""
