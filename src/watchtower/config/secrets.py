"""Secrets come from the environment: `${NAME}` in a file is filled in, and its value never shows in a text again.

`${NAME}` is the variable NAME, or the content of the file that NAME_FILE names (as container secrets are
mounted). `$${` is a literal `${`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

from watchtower.redaction import SHORTEST, Redaction

if TYPE_CHECKING:
    from watchtower.config.lines import Loc

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}]*)\}?")
HALF = re.compile("[\ud800-\udfff]")
"""How Python keeps bytes of the environment that are no UTF-8; nothing can be sent or written that holds them."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Fault: TypeAlias = "tuple[Loc, str, str]"
"""It says where in the table, what, and a hint."""


@dataclass(slots=True)
class Secrets:
    """Every secret value that is known, to be kept out of all texts."""

    names: set[str] = field(default_factory=set)
    """The files refer to these variables."""
    files: set[Path] = field(default_factory=set)
    """`*_FILE` variables name these files; a changed file means a changed secret."""
    _values: set[str] = field(default_factory=set, repr=False)
    _redaction: Redaction | None = field(default=None, repr=False)

    def add(self, value: str) -> None:
        """Remember a secret, to be struck out in whatever spelling it turns up."""
        if len(value) >= SHORTEST and value not in self._values:
            self._values.add(value)
            self._redaction = None

    def redact(self, text: str) -> str:
        """Returns the text with every known secret as `***`."""
        if not self._values:
            return text
        if self._redaction is None:
            self._redaction = Redaction(self._values)
        return self._redaction(text)

    def __reduce__(self) -> tuple[Any, ...]:
        """Leaves out the table, which is made again where it is needed."""
        return Secrets, (self.names, self.files, self._values)


@dataclass(slots=True)
class Filled:
    """A table with its references filled in; `touched` are the paths that held one, `faults` what failed."""

    data: Any
    touched: set[Loc] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)


def fill(
    data: Any, environ: Mapping[str, str], secrets: Secrets, skip: frozenset[str] = frozenset()
) -> Filled:
    """Fill in every `${NAME}` of a table, but in its keys named in `skip`: texts for people and expressions."""
    filled = Filled(None)

    def walk(value: Any, path: Loc) -> Any:
        if isinstance(value, dict):
            return {k: v if not path and k in skip else walk(v, (*path, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(inner, (*path, index)) for index, inner in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        return _fill_text(value, path, environ, secrets, filled)

    filled.data = walk(data, ())
    return filled


def _fill_text(text: str, path: Loc, environ: Mapping[str, str], secrets: Secrets, filled: Filled) -> str:
    def replace(found: re.Match[str]) -> str:
        name = found.group(1)
        if name is None:
            return "${"
        filled.touched.add(path)
        if not _NAME.fullmatch(name) or not found.group().endswith("}"):
            hint = "write ${NAME} with letters, digits and _; write $${ where you mean ${ itself"
            filled.faults.append((path, f'"{found.group()}" is no name of an environment variable', hint))
            return found.group()
        secrets.names.add(name)
        value, what, hint = lookup(name, environ, secrets)
        if what:
            filled.faults.append((path, what, hint))
            return found.group()
        secrets.add(value)
        return value

    return _REFERENCE.sub(replace, text)


def lookup(name: str, environ: Mapping[str, str], secrets: Secrets) -> tuple[str, str, str]:
    """Returns the value, or what is wrong and a hint. A line's end at the end (`echo secret | base64`) is no part of it."""
    hint = f"set {name}, or set {name}_FILE to a file that holds the value"
    value = environ.get(name)
    if value is not None:
        value = value.rstrip("\r\n")
    if value and HALF.search(value):
        return "", f"the environment variable {name} is not UTF-8 text", ""
    if value:
        return value, "", ""
    file = environ.get(f"{name}_FILE")
    if file:
        secrets.files.add(Path(file))
        try:
            value = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8 text"
            return "", f"the file {file} of {name}_FILE cannot be read: {reason.lower()}", ""
        return (value, "", "") if value else ("", f"the file {file} of {name}_FILE is empty", hint)
    if value == "":
        return "", f"the environment variable {name} is empty", hint
    return "", f"the environment variable {name} is not set", hint


_PLACE = re.compile(r"\{\{\s*\w+\s*\}\}")
"""Where a probe fills in what an answer gave: that is in no file."""
_AROUND = re.compile(r"[A-Za-z_-]{0,20}[ =]?")
"""What may stand beside it: `Bearer `, `session=`."""
_SENSITIVE = re.compile(r"auth|cookie|key|pass|secret|sign|token", re.IGNORECASE)


_ADDRESSES = ("url", "endpoint", "proxy", "dsn")
"""Ends of keys whose value is an address, also when somebody forgot its https://: that is what is to be said then."""


def literal_secrets(annotation: Any, data: Any, path: Loc = (), listed: bool = False) -> Iterator[Loc]:
    """Where a value stands in `data` that `annotation` (a model, or a field's type) declares secret, and that is one.

    A field that only *may* hold a secret is let alone: a URL without password and key, and in a table whose
    names people choose (`listed`: headers) a value whose name says nothing of secrets.
    """
    if isinstance(data, dict) and hasattr(annotation, "model_fields"):
        for key, kind in secret_keys(annotation).items():
            if key in data:
                yield from literal_secrets(kind, data[key], (*path, key))
        return
    origin, inner = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "get_secret_value"):
        if isinstance(data, str) and data and _is_secret(str(path[-1]), data, listed):
            yield path
    elif origin is Annotated:
        yield from literal_secrets(inner[0], data, path, listed)
    elif origin is Union or origin is UnionType:
        yield from dict.fromkeys(found for one in inner for found in literal_secrets(one, data, path, listed))
    elif isinstance(data, dict) and len(inner) == 2:
        for key, value in data.items():
            yield from literal_secrets(inner[1], value, (*path, key), listed=True)
    elif isinstance(data, list) and inner:
        for index, value in enumerate(data):
            yield from literal_secrets(inner[0], value, (*path, index), listed)


@cache
def secret_keys(model: Any) -> Mapping[str, Any]:
    """Returns the keys of a table that may hold a secret, however deep, with what they hold."""
    kinds = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    return {key: kind for key, kind in kinds.items() if _may_hold(kind, (model,))}


def _may_hold(annotation: Any, within: tuple[Any, ...]) -> bool:
    if hasattr(annotation, "model_fields"):
        fields = () if annotation in within else annotation.model_fields.values()
        return any(_may_hold(field.annotation, (*within, annotation)) for field in fields)
    return hasattr(annotation, "get_secret_value") or any(
        _may_hold(one, within) for one in get_args(annotation)
    )


def _is_secret(key: str, value: str, listed: bool) -> bool:
    written = _PLACE.sub("", value)
    if written != value and _AROUND.fullmatch(written):
        return False
    value = written
    if "://" not in value and key.endswith(_ADDRESSES) and "@" not in value:
        return any(_SENSITIVE.search(name) for name, _ in parse_qsl(value.partition("?")[2]))
    if "://" not in value:
        return not listed or bool(_SENSITIVE.search(key))
    if "@" not in value and "?" not in value:
        return False  # neither a password nor a query
    try:
        parts = urlsplit(value)
        return bool(parts.password) or any(_SENSITIVE.search(name) for name, _ in parse_qsl(parts.query))
    except ValueError:
        return True
