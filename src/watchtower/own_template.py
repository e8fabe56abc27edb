"""A text from a site's own Jinja2 template: in a sandbox, for a bounded time and of a bounded size.

Import it where a text is made: a process that makes none does without Jinja2.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from watchtower.texts.markdown import escaped

SECONDS, LARGEST = 2.0, 1_000_000
"""A template that takes longer, or gives more characters, has failed."""
_NAME = "<template>"
_READING = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)
_NO_FILES = "one file is the whole template: write it out here"


class TemplateFault(ValueError):
    """What is wrong with the template, on which line, and how to mend it."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        self.line, self.what, self.hint = line, what, hint
        super().__init__(f"line {line}: {what}")


class _Late(Exception):
    """The time is over."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """A mistake in a template must not keep the daemon: each look and each call asks for the time."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, finalize=_put_out, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
        )  # fmt: skip
        self.globals = {name: self.globals[name] for name in ("dict", "namespace")}
        self.end = time.monotonic() + SECONDS

    def in_time(self) -> None:
        if time.monotonic() > self.end:
            raise _Late

    def getattr(self, obj: Any, attribute: str) -> Any:
        self.in_time()
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        self.in_time()
        return super().getitem(obj, argument)

    def call(self, context: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.in_time()
        return super().call(context, function, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
            raise ValueError(f"{operator} is for numbers only, and ** for none")
        return super().call_binop(context, operator, left, right)


def _put_out(value: object) -> object:
    if value is None:
        return ""
    return escaped(value) if type(value) is str else value


def filled(text: str, values: Mapping[str, Any]) -> str:
    """The template with these values. Raises TemplateFault."""
    made = _Sandbox()
    try:
        tree = made.parse(text)
        for node in tree.find_all(_READING):
            raise TemplateFault(node.lineno, "a template reads no other files", _NO_FILES)
        unknown = find_undeclared_variables(tree) - values.keys() - made.globals.keys()
        for name in tree.find_all(nodes.Name):
            if name.name in unknown:
                raise TemplateFault(
                    name.lineno, f'there is no variable "{name.name}"', f"one of {', '.join(values)}"
                )
        return _bounded(made, text, values)
    except TemplateFault:
        raise
    except TemplateSyntaxError as error:
        raise TemplateFault(error.lineno, error.message or "cannot be read") from None
    except _Late:
        raise TemplateFault(1, f"takes longer than {SECONDS:g} s", "take a loop out") from None
    except Exception as error:  # noqa: BLE001 - a template may raise anything
        raise TemplateFault(_line(error.__traceback__), str(error) or type(error).__name__) from None


def _bounded(made: _Sandbox, text: str, values: Mapping[str, Any]) -> str:
    made.end = time.monotonic() + SECONDS
    out, size = [], 0
    for piece in made.from_string(text).generate(dict(values)):
        made.in_time()
        out.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise TemplateFault(1, f"gives more than {LARGEST:,} characters", "take a loop out")
    return "".join(out)


def _line(trace: TracebackType | None) -> int:
    """The line of the template that raised; 1 where none can be told."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
