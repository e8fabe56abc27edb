"""HTML from Jinja2 templates: every value is escaped, and a name without a value is an error.

Import it where a page is made: a process that makes none does without Jinja2.
"""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from watchtower.model import Text


def environment(*packages: str) -> Environment:
    """The templates of these packages, each from its folder `templates`. Rendering needs a `language`: what a template
    puts out that is a Text is said in it."""
    return Environment(
        loader=FileSystemLoader([str(files(package) / "templates") for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_in_language,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@pass_context
def _in_language(context: Context, value: object) -> object:
    return value.in_(context["language"]) if isinstance(value, Text) else value
