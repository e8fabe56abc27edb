"""Values of named fields: declared as dataclasses, and made as msgspec structs.

The standard library writes and compiles the text of six functions for every frozen class: 0.6 ms each, two fifths of what the
daemon's imports took. A struct's are written in C, and making or changing a value costs a fifth as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    # A type checker sees what stands there: it knows the fields of each class, also in `replace`.
    from dataclasses import dataclass, field, replace
else:
    field = msgspec.field

    def dataclass(
        *, slots: bool, frozen: bool = False, eq: bool = True, kw_only: bool = False
    ) -> Callable[[type], type]:
        """As `dataclasses.dataclass`. What needs more of a field than its default is declared by the standard library's."""
        if not slots:
            raise TypeError("a struct has no __dict__")

        def made(cls: type) -> type:
            if issubclass(cls, msgspec.Struct):  # It inherits from one, and is one by that.
                cls.__dataclass_fields__ = _Fields()
                return cls
            body = {key: value for key, value in vars(cls).items() if key not in ("__dict__", "__weakref__")}
            body["__dataclass_fields__"] = _Fields()
            bases = (msgspec.Struct, *(base for base in cls.__bases__ if base is not object))
            return type(msgspec.Struct)(cls.__name__, bases, body, frozen=frozen, eq=eq, kw_only=kw_only)

        return made

    def replace(value: Any, /, **changes: Any) -> Any:
        """As `dataclasses.replace`, of either."""
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **changes)
        return dataclasses.replace(value, **changes)


class _Fields:
    """By this the functions of `dataclasses` take a struct, too; made where one of them asks."""

    def __get__(self, value: object, owner: type[msgspec.Struct]) -> dict[str, Any]:
        defaults = owner.__struct_defaults__
        without = len(owner.__struct_fields__) - len(defaults)
        declared: list[Any] = [(name, Any) for name in owner.__struct_fields__[:without]]
        for name, default in zip(owner.__struct_fields__[without:], defaults, strict=True):
            kind = "default_factory" if type(default) is _FACTORY else "default"
            given = default.factory if type(default) is _FACTORY else default
            declared.append((name, Any, dataclasses.field(**{kind: given})))
        made: Any = dataclasses.make_dataclass(owner.__name__, declared, repr=False, eq=False)
        owner.__dataclass_fields__ = made.__dataclass_fields__  # type: ignore[attr-defined]
        return made.__dataclass_fields__  # type: ignore[no-any-return]


_FACTORY = type(
    msgspec.defstruct("_", [("of", list, msgspec.field(default_factory=list))]).__struct_defaults__[0]
)
