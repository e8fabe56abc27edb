"""Values of named fields: a class of them inherits from `Frozen`, or from `Mutable`, and is a msgspec struct.

The dataclasses of the standard library write and compile the text of six functions for every frozen class: 0.6 ms each, two
fifths of what the daemon's imports took. A struct's are written in C, and making or changing a value costs a fifth as well.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

__all__ = ["Frozen", "Mutable", "field", "replace"]

if TYPE_CHECKING:
    # A type checker sees dataclasses: it knows the fields of each class, also in `replace`.
    from dataclasses import field, replace
    from typing import ClassVar, dataclass_transform

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    class Frozen:
        __dataclass_fields__: ClassVar[dict[str, Any]]

        def __init_subclass__(cls, *, kw_only: bool = False) -> None: ...

    @dataclass_transform(field_specifiers=(field,))
    class Mutable:
        __dataclass_fields__: ClassVar[dict[str, Any]]

        def __init_subclass__(cls, *, eq: bool = True) -> None: ...

else:
    field = msgspec.field

    def replace(value: Any, /, **changes: Any) -> Any:
        """As `dataclasses.replace`, of either."""
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **changes)
        return dataclasses.replace(value, **changes)

    class _Fields:
        """By this the functions of `dataclasses` take a struct, too; made where one of them asks."""

        def __get__(self, value: object, owner: type[msgspec.Struct]) -> dict[str, Any]:
            return _fields_of(owner)

    @cache
    def _fields_of(owner: type[msgspec.Struct]) -> dict[str, Any]:
        defaults = owner.__struct_defaults__
        without = len(owner.__struct_fields__) - len(defaults)
        declared: list[Any] = [(name, Any) for name in owner.__struct_fields__[:without]]
        for name, default in zip(owner.__struct_fields__[without:], defaults, strict=True):
            made = type(default) is _FACTORY
            given = {"default_factory": default.factory} if made else {"default": default}
            declared.append((name, Any, dataclasses.field(**given)))
        return dataclasses.make_dataclass(owner.__name__, declared, repr=False, eq=False).__dataclass_fields__

    _FACTORY = type(
        msgspec.defstruct("_", [("of", list, field(default_factory=list))]).__struct_defaults__[0]
    )

    class Frozen(msgspec.Struct, frozen=True):
        __dataclass_fields__ = _Fields()

    class Mutable(msgspec.Struct):
        __dataclass_fields__ = _Fields()
