"""Settings classes as pydantic models: the one module by which pydantic comes in.

Each class below `Settings` is run once more through pydantic's own metaclass, as it was written; what the model finds
good becomes an object of the class itself. Only a process that reads files or describes them needs this.
"""

from __future__ import annotations

import sys
from functools import cache, partial
from typing import Any

import pydantic
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from watchtower.declared import Declared, Declaring, Settings, Table, Unwritten, Validator


class _Root(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True
    )


@cache
def model_of(cls: Declaring) -> Any:
    """The model that checks tables for this class. Raises what pydantic raises where the class cannot be one."""
    if cls in (Settings, Table):
        return _Root
    written = {key: value for key, value in cls.declared_body.items() if not isinstance(value, Unwritten)}
    body = {key: _pydantics(value) for key, value in written.items() if key != "__classcell__"}
    nested = {name: value for name, value in vars(cls).items() if isinstance(value, type)}
    around = {**vars(sys.modules[cls.__module__]), **cls.declared_beside, **nested}
    kinds = cls.declared_body.get("__annotations__", {})
    body["__annotations__"] = {
        name: _resolved(kind, around)
        for name, kind in kinds.items()
        if name in body or name not in cls.declared_body
    }
    bases = tuple(model_of(one) if isinstance(one, Declaring) else one for one in cls.__bases__)
    metaclass: Any = type(BaseModel)
    return metaclass(cls.__name__, bases, body)


@cache
def adapter_of(cls: Declaring) -> TypeAdapter[Any]:
    """Reads tables into objects of this class."""
    return TypeAdapter(cls, config=ConfigDict(title=cls.__name__))


class _Quietly(GenerateJsonSchema):
    def emit_warning(self, kind: Any, detail: str) -> None:
        """None of them is about what editors are told."""


def described(cls: Declaring, **how: Any) -> Any:
    """JSON Schema, without complaints about defaults that JSON cannot say."""
    return model_of(cls).model_json_schema(schema_generator=_Quietly, **how)


def schema_of(cls: Declaring, handler: Any) -> Any:
    """How a field of this class is read. What is one already is taken as it is."""
    plain: Any = cls
    new = partial(made, cls)
    model = handler.generate_schema(model_of(cls))

    def taken(given: Any, read: Any) -> Any:
        return given if isinstance(given, plain) else new(read(given))

    return core_schema.json_or_python_schema(
        json_schema=core_schema.no_info_after_validator_function(new, model),
        python_schema=core_schema.no_info_wrap_validator_function(taken, model),
    )


_made_of_defaults: dict[tuple[Declaring, str], Any] = {}


def made(cls: Declaring, model: BaseModel) -> Any:
    """Holds what was given, and what a validator made of a default; other defaults are the class's."""
    plain: Any = cls
    new, defaults, given = object.__new__(plain), cls.declared_fields, model.model_fields_set
    kept = {}
    for name, value in vars(model).items():
        if name in given:
            kept[name] = value
        elif value is not (default := defaults[name]) and value != default:
            # What a validator makes of a default is made for each; all that have it share one.
            shared = _made_of_defaults.setdefault((cls, name), value)
            kept[name] = shared if shared == value else value
    vars(new).update(kept, **(model.__pydantic_extra__ or {}), **(model.__pydantic_private__ or {}))
    return new


def _pydantics(value: Any) -> Any:
    method: Any
    match value:
        case Declared(options=options):
            default = options.get("default")
            if isinstance(default, (dict, list)):  # settings never change: no copy for each
                others = {key: value for key, value in options.items() if key != "default"}
                return pydantic.Field(default_factory=lambda: default, **others)
            return pydantic.Field(**options)
        case Validator(func, (), "after"):
            return pydantic.model_validator(mode="after")(func)
        case Validator(func, (), "before"):
            method = classmethod(func)
            return pydantic.model_validator(mode="before")(method)
        case Validator(func, fields, mode):
            return pydantic.field_validator(*fields, mode=mode)(classmethod(func))
    return value


def _resolved(annotation: Any, around: dict[str, Any]) -> Any:
    """An annotation that is written as text, where all its names are known by now."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, around)  # noqa: S307 - the text of a class that was imported
    except NameError:
        return annotation
