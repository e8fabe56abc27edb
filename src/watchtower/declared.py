"""What a settings class declares, apart from what checks it.

A class below `Settings` looks like a pydantic model and is a plain frozen one: its values are attributes. pydantic
comes in only where something is validated or described (`watchtower.validation`), so that a process that is handed
settings that were read elsewhere need not load it.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Self, TypeVar, dataclass_transform

F = TypeVar("F")

_BOUNDS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
_SAID = ("description", "examples", "title")


class Declared:
    """What `Field` was told; of a field, or inside `Annotated` of a value."""

    __slots__ = ("options",)

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = options

    def is_required(self) -> bool:
        return self.options.get("default", ...) is ... and self.options.get("default_factory") is None

    def get_default(self, *, call_default_factory: bool = False) -> Any:
        factory = self.options.get("default_factory")
        return factory() if factory is not None else self.options["default"]

    __is_annotated_types_grouped_metadata__ = True

    def __iter__(self) -> Iterator[Any]:
        """As pydantic takes apart what stands in `Annotated`: a bound holds of what a validator before it has made."""
        bounds = {key: self.options[key] for key in _BOUNDS if key in self.options}
        yield from importlib.import_module("pydantic").Field(**bounds).metadata if bounds else ()
        yield self

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        said = {key: self.options[key] for key in _SAID if key in self.options}
        return {**handler(schema), **said, **self.options.get("json_schema_extra", {})}


class Unwritten(Declared):
    """A field of the class that is no key of the file."""

    __slots__ = ()

    def __init__(self, default: Any) -> None:
        super().__init__({"default": default})


def Field(  # noqa: N802 - as pydantic spells it
    default: Any = ...,
    *,
    default_factory: Callable[[], Any] | None = None,
    alias: str | None = None,
    description: str | None = None,
    written: bool = True,
    **options: Any,
) -> Any:
    """A field's default and what is asked of its value, in pydantic's words; the default `...` must be given.

    What is not `written` is no key of the file: whoever reads the file sets it, such as the table's name.
    """
    if not written:
        return Unwritten(default)
    known = {"default_factory": default_factory, "alias": alias, "description": description}
    given = {key: value for key, value in known.items() if value is not None}
    return Declared({**({} if default_factory else {"default": default}), **given, **options})


@dataclass(frozen=True, slots=True)
class BeforeValidator:
    """In `Annotated`: `func` makes the value from what was written. It raises ValueError."""

    func: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        core = importlib.import_module("pydantic_core").core_schema
        return core.no_info_before_validator_function(self.func, handler(source))


@dataclass(frozen=True, slots=True)
class AfterValidator:
    """In `Annotated`: `func` is shown the value and gives it back, or raises ValueError."""

    func: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        core = importlib.import_module("pydantic_core").core_schema
        return core.no_info_after_validator_function(self.func, handler(source))


@dataclass(frozen=True, slots=True)
class WithJsonSchema:
    """In `Annotated`: how the value is described to editors."""

    json_schema: Mapping[str, Any]

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return dict(self.json_schema)

    def __hash__(self) -> int:
        return id(self)


@dataclass(frozen=True, slots=True)
class Written:
    """In `Annotated`: a file says it by a value of this kind, from which whoever reads the file makes the other."""

    kind: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return handler.generate_schema(self.kind)


@dataclass(frozen=True, slots=True)
class Validator:
    """A function of a settings class that looks at one field, or at all of them (`fields` is empty)."""

    func: Callable[..., Any]
    fields: tuple[str, ...]
    mode: Literal["after", "before"]


def field_validator(*fields: str, mode: Literal["after", "before"] = "after") -> Callable[[Any], Any]:
    """Below it stands a class method that is shown the value of these fields and gives it back, or raises ValueError."""
    return lambda method: Validator(getattr(method, "__func__", method), fields, mode)


def model_validator(*, mode: Literal["after", "before"]) -> Callable[[Any], Any]:
    """After: a method that gives `self` back, or raises ValueError. Before: a class method that is shown the table."""
    return lambda method: Validator(getattr(method, "__func__", method), (), mode)


def _is_field(name: str, annotation: Any) -> bool:
    said = annotation if isinstance(annotation, str) else str(annotation)
    return not name.startswith("_") and name != "model_config" and "ClassVar" not in said.split("[")[0]


def _default(value: Any) -> Any:
    """Of what stands after the `=`; `...` where nothing does. pydantic's own Field may stand there, too."""
    if hasattr(value, "is_required") and hasattr(value, "get_default"):
        return ... if value.is_required() else value.get_default(call_default_factory=True)
    return value


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(Field,))
class Declaring(type):
    """Makes settings classes. `declared_body` is the class as it was written, `declared_fields` name -> default."""

    declared_body: Mapping[str, Any]
    declared_fields: Mapping[str, Any]
    declared_beside: Mapping[str, Any]
    """The names around a class that stands in a function."""

    def __new__(mcls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Declaring:
        made = super().__new__(mcls, name, bases, body)
        own = [one for one, kind in inspect.get_annotations(made).items() if _is_field(one, kind)]
        inherited = [getattr(base, "declared_fields", {}) for base in reversed(bases)]
        fields = {key: value for one in inherited for key, value in one.items()}
        for one in own:
            fields[one] = _default(body.get(one, ...))
            if fields[one] is not ...:
                setattr(made, one, fields[one])
            elif one in body:
                delattr(made, one)
        made.declared_body, made.declared_fields = dict(body), fields
        local = "<locals>" in made.__qualname__
        made.declared_beside = dict(sys._getframe(1).f_locals) if local else {}
        return made

    @property
    def written_fields(cls) -> frozenset[str]:
        """The fields that are keys of a file."""
        bodies = {
            key: value
            for one in reversed(cls.__mro__)
            for key, value in getattr(one, "declared_body", {}).items()
        }
        return frozenset(name for name in cls.declared_fields if not isinstance(bodies.get(name), Unwritten))

    @property
    def needs_validation(cls) -> bool:
        """False where defaults alone are sure to be right."""
        bodies = [getattr(one, "declared_body", {}) for one in cls.__mro__]
        values = [value for body in bodies for value in body.values()]
        judged = any(
            isinstance(value, Validator) or type(value).__module__.startswith("pydantic") for value in values
        )
        return judged or ... in cls.declared_fields.values()

    @property
    def model_fields(cls) -> Mapping[str, Any]:
        """As pydantic knows them: name -> FieldInfo."""
        fields: Mapping[str, Any] = _validation().model_of(cls).model_fields
        return fields


class Settings(metaclass=Declaring):
    """Base of everything that a TOML table is read into: strict, without unknown keys, and never changed.

    It answers to the names of a pydantic model that are needed here. Made by hand, it is validated as well.
    """

    def __init__(self, /, **given: Any) -> None:
        if given or type(self).needs_validation:
            vars(self).update(vars(_validation().adapter_of(type(self)).validate_python(given)))

    @classmethod
    def model_validate(cls, data: Any) -> Self:
        """From Python's values. Raises pydantic.ValidationError, as the next one does."""
        found: Self = _validation().adapter_of(cls).validate_python(data)
        return found

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        found: Self = _validation().adapter_of(cls).validate_json(text)
        return found

    @classmethod
    def model_construct(cls, given: Iterable[str] | None = None, /, **values: Any) -> Self:
        """With these values, unseen."""
        new = object.__new__(cls)
        vars(new).update(values)
        return new

    @classmethod
    def model_json_schema(cls, **how: Any) -> dict[str, Any]:
        schema: dict[str, Any] = _validation().described(cls, **how)
        return schema

    @property
    def model_fields_set(self) -> set[str]:
        """The fields that were given."""
        return set(vars(self)) & set(type(self).declared_fields)

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Another one with these values, unseen."""
        return self.model_construct(None, **{**vars(self), **update})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return _validation().schema_of(cls, handler)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise AttributeError(f"{type(self).__qualname__} is frozen: {name} cannot be set")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__qualname__} is frozen: {name} cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        """Without a dict: pickle would keep that of each until the last is read, 1 KiB a check."""
        names = tuple(vars(self))
        return revived, (type(self), _NAMES.setdefault(names, names), tuple(vars(self).values()))

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name, None) for name in type(self).declared_fields])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Settings) or type(other) is not type(self):
            return False
        return vars(self) == vars(other) or self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), *map(_hash, self._values())))

    def __repr__(self) -> str:
        bodies = [getattr(one, "declared_body", {}) for one in type(self).__mro__]
        quiet = {name for body in bodies for name, value in body.items() if _quiet(value)}
        shown = [f"{name}={value!r}" for name, value in vars(self).items() if name not in quiet]
        return f"{type(self).__name__}({', '.join(shown)})"


class Table(Settings):
    """A table of the configuration that the engine holds as it is: the one declaration of its keys and defaults.

    Made in code, its values are taken as they are (spans are seconds); only what a file says is validated.
    """

    def __init__(self, /, **given: Any) -> None:
        vars(self).update(given)


_NAMES: dict[tuple[str, ...], tuple[str, ...]] = {}
"""The names of values that stand together, once each."""


def revived(cls: type[Any], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    new = object.__new__(cls)
    for name, value in zip(names, values, strict=True):
        object.__setattr__(new, name, value)
    return new


def _hash(value: Any) -> int:
    """Also of a list or a table, by how much is in it."""
    return hash((type(value), len(value))) if isinstance(value, (dict, list, set)) else hash(value)


def _quiet(value: Any) -> bool:
    options = value.options if isinstance(value, Declared) else {"repr": getattr(value, "repr", True)}
    return options.get("repr", True) is False


@cache
def _validation() -> Any:
    return importlib.import_module("watchtower.validation")


class Secret:
    """A value that never shows in a text; comes from `${NAME}` or `${NAME}_FILE` of the environment."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        return self._value

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret, (self._value,)

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __str__(self) -> str:
        return "**********" if self._value else ""

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        core = importlib.import_module("pydantic_core").core_schema
        plain = core.no_info_before_validator_function(
            lambda given: given.get_secret_value() if isinstance(given, Secret) else given, core.str_schema()
        )
        return core.no_info_after_validator_function(cls, plain)
