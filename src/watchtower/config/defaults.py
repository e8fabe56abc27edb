"""The defaults of rules.toml as rules.toml, read from the tables' own fields.

A key without a # may be written as it is and changes nothing. `#key = …` depends on a team's own people and words, or
switches something on by being there. `# Words` are for the reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from watchtower.channels import channel_class, kinds, providers
from watchtower.config.paging import Reachable, policy
from watchtower.config.rules_file import RulesFile
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan.paging import PagingPolicy
from watchtower.core.plan.targets import Targets
from watchtower.fields import OFF, Settings, SpanOrOff, WithJsonSchema, format_duration
from watchtower.model import Severity, Text

_UNITS = "(ms|s|m|h|d|w)"
"""Part of the pattern of every duration."""
_WIDE = 110
_WIDTH = 44


def tables() -> dict[str, str]:
    """Returns the tables that can stand in rules.toml, each with a sentence on what it is."""
    return {
        name: _sentence(field, _model(field.annotation)) for name, field in RulesFile.model_fields.items()
    }


def defaults(name: str) -> str:
    """Writes one table of rules.toml with all its keys, their defaults and what they mean. Raises KeyError."""
    field = RulesFile.model_fields[name]
    model = _model(field.annotation)
    title = f"# --- {_bracket(name, field)}: {_sentence(field, model)}"
    return "\n".join([title, "", *_body(name, field, model)]).rstrip() + "\n"


def _body(name: str, field: FieldInfo, model: type[Settings] | None) -> Iterator[str]:
    if name == "paging":
        for level in Severity:
            yield from _commented(_table(f"paging.{level}", _paging(level)))
    elif name == "targets":
        yield from _commented(_table(name, Targets()))
    elif name == "channel":
        for channel in kinds():
            for provider in providers(channel):
                found = channel_class(channel, provider)
                # One table for each provider: it may bear any name, and here bears the provider's.
                name = channel if found is channel_class(channel) else f"{channel}.{provider}"
                yield from _skeleton(f"[channel.{name}]", found.Settings)
    elif model is None:
        yield from _commented([f"{name} = {_value(field.default, field.annotation)}"])
    elif field.default is None and not any(one.is_required() for one in model.model_fields.values()):
        yield from _table(name, model())
    else:
        yield from _skeleton(_bracket(name, field), model)


def _bracket(name: str, field: FieldInfo) -> str:
    origin = get_origin(field.annotation)
    if origin is tuple and _model(field.annotation):
        return f"[[{name}]]"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"[{name}.P0] … [{name}.P4]" if name == "paging" else f"[{name}.NAME]"
    return f"[{name}]" if _model(field.annotation) else name


def _sentence(field: FieldInfo, model: type[Settings] | None) -> str:
    text = (model.__doc__ if model else None) or field.description or ""
    return " ".join(text.strip().split("\n\n")[0].split())


def _paging(level: Severity) -> PagingPolicy:
    """Writes the paging that holds where every role is filled and every channel is there."""
    every = frozenset(kinds())
    people = [Reachable(one, one, every, frozenset({one})) for one in ("oncall", "backup", *DUTIES)]
    return policy(level, None, kinds(), people)


def _table(name: str, table: Settings) -> Iterator[str]:
    """Writes `[name]` with its plain keys, then the tables in it."""
    inner: list[tuple[str, Settings]] = []
    yield f"[{name}]"
    for key, field in type(table).model_fields.items():
        value = getattr(table, key)
        if isinstance(value, Settings) and not _optional(field):
            inner.append((field.alias or key, value))
        elif isinstance(value, Settings):
            yield from _line(field.alias or key, _inline(value), field)
        elif _off(field) and value is None:
            yield from _line(field.alias or key, json.dumps(OFF), field)
        elif value is None:
            yield from _commented(_line(field.alias or key, "", field))
        else:
            yield from _line(field.alias or key, _value(value, field.annotation, field.metadata), field)
    yield ""
    for key, one in inner:
        yield from _table(f"{name}.{key}", one)


def _skeleton(head: str, model: type[Settings]) -> Iterator[str]:
    """Writes all keys of a table that people write themselves."""
    yield f"#{head}"
    for key, field in model.model_fields.items():
        said = field.description or ""
        if field.is_required():
            value = ""
        else:
            default = field.get_default(call_default_factory=True)
            nothing = default in (None, ()) or not str(default) or isinstance(default, Settings)
            value = "" if nothing else _value(default, field.annotation, field.metadata)
        note = f"{said} (must be given)" if field.is_required() else said
        yield from _commented(_line(field.alias or key, value, field, note))
    yield ""


def _line(key: str, value: str, field: FieldInfo, said: str | None = None) -> Iterator[str]:
    left = f"{key} = {value}".rstrip()
    comment = field.description or "" if said is None else said
    if len(left) <= _WIDTH and len(comment) + _WIDTH + 4 <= _WIDE:
        yield f"{left:<{_WIDTH}}  # {comment}" if comment else left
    else:
        yield from (f"# {comment}", left) if comment else (left,)


def _commented(lines: Any) -> Iterator[str]:
    for line in lines:
        yield f"#{line}" if line and not line.startswith("#") else line


def _value(value: Any, annotation: Any, metadata: Any = ()) -> str:
    """Writes a value as TOML."""
    match value:
        case bool():
            return str(value).lower()
        case Enum() | str():
            return json.dumps(str(value), ensure_ascii=False)
        case int() | float() if _is_duration(annotation, metadata):
            return f'"{format_duration(value) if value else "0s"}"'
        case int() | float():
            return f"{int(value):_}" if value == int(value) else repr(value)
        case Text():
            return f"{{ en = {json.dumps(value.en)}, zh = {json.dumps(value.zh, ensure_ascii=False)} }}"
        case Mapping():
            of = (get_args(annotation) or (Any, Any))[-1]
            inner = ", ".join(f"{key} = {_value(one, of)}" for key, one in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case Settings():
            return _inline(value)
        case tuple() | list():
            return f"[{', '.join(_value(one, Any) for one in value)}]"
    start, end = getattr(value, "start", None), getattr(value, "end", None)
    if isinstance(start, int) and isinstance(end, int):
        return f'"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"'
    return json.dumps(str(value), ensure_ascii=False)


def _inline(table: Settings) -> str:
    fields = type(table).model_fields
    known = {name: getattr(table, name) for name in fields}
    inner = (
        f"{fields[name].alias or name} = {_value(one, fields[name].annotation, fields[name].metadata)}"
        for name, one in known.items()
        if one is not None and one != ()
    )
    return f"{{ {', '.join(inner)} }}"


def _is_duration(annotation: Any, metadata: Any) -> bool:
    """Returns whether the file has it as a text with a unit."""
    return _UNITS in repr([one for one in metadata if isinstance(one, WithJsonSchema)]) or _UNITS in repr(
        annotation
    )


def _off(field: FieldInfo) -> bool:
    return any(one in field.metadata for one in get_args(SpanOrOff)[1:])


def _optional(field: FieldInfo) -> bool:
    return type(None) in get_args(field.annotation)


def _model(annotation: Any) -> type[Settings] | None:
    """Returns the table that this key holds: one, a list of them, or some by name."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return annotation
    if get_origin(annotation) is Union or get_args(annotation):
        return next((found for one in get_args(annotation) if (found := _model(one))), None)
    return None
