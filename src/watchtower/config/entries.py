"""Splits files into tables: each `[[rule]]`, `[sop.x]`, `[[check]]`, … is an entry that knows its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from watchtower.config.lines import Step
from watchtower.config.problems import Entry, Report, did_you_mean
from watchtower.config.secrets import Secrets, fill
from watchtower.config.sources import SourceFile
from watchtower.errors import Problem
from watchtower.fields import Settings
from watchtower.values import Frozen, field


class Context(Frozen):
    """Reading needs this beside the files."""

    environ: Mapping[str, str]
    secrets: Secrets
    report: Report
    elsewhere: Callable[[Mapping[str, Any]], bool] = lambda _: False
    """Whether a table is of no concern here: its secrets are then looked for in `stand_ins`."""
    stand_ins: Mapping[str, str] = field(default_factory=dict)


def refuse_unknown(source: SourceFile, model: type[Settings], context: Context) -> None:
    """Reports top-level keys that mean nothing."""
    known = set(model.model_fields)
    for key, value in source.data.items():
        if key not in known:
            bracket = (
                f"[[{key}]]"
                if isinstance(value, list)
                else f"[{key}]"
                if isinstance(value, dict)
                else f'key "{key}"'
            )
            hint = did_you_mean(key, known, "what can stand here")
            context.report.problem(
                Problem(source.name, source.lines.line((key,)), "", f"unknown {bracket}", hint)
            )


def listed(
    source: SourceFile, key: str, context: Context, plain: frozenset[str] | None = None
) -> Iterator[Entry]:
    """Returns each table of `[[key]]`. `${…}` is not filled in in the keys `plain`; None: in no key."""
    found = source.data.get(key, [])
    if not isinstance(found, list):
        _misshapen(source, key, f"[[{key}]]", "two brackets: there can be many", context)
        return
    for index, raw in enumerate(found):
        name = raw.get("name") if isinstance(raw, dict) else None
        label = f'{key} "{name}"' if isinstance(name, str) and name.isprintable() else f"{key} {index + 1}"
        if isinstance(raw, dict):
            yield entry(source, (key, index), label, raw, context, plain)
        else:
            _misshapen(source, key, f"[[{key}]]", "its keys stand below that line", context, index)


def named(
    source: SourceFile, key: str, context: Context, plain: frozenset[str] | None = None
) -> Iterator[tuple[str, Entry]]:
    """Returns each table `[key.NAME]` with its name."""
    found = source.data.get(key, {})
    if not isinstance(found, dict):
        _misshapen(source, key, f"[{key}.NAME]", "the name stands after the dot", context)
        return
    for name, raw in found.items():
        if isinstance(raw, dict):
            yield name, entry(source, (key, name), f"{key}.{name}", raw, context, plain)
        else:
            _misshapen(source, key, f"[{key}.NAME]", "the name stands after the dot", context, name)


def single(
    source: SourceFile, key: str, context: Context, plain: frozenset[str] | None = None
) -> Entry | None:
    """Returns the table `[key]`, where there is one."""
    if key not in source.data:
        return None
    raw = source.data[key]
    if not isinstance(raw, dict):
        _misshapen(source, key, f"[{key}]", "one bracket: there is only one", context)
        return None
    return entry(source, (key,), key, raw, context, plain)


def entry(
    source: SourceFile,
    loc: tuple[Step, ...],
    label: str,
    raw: Mapping[str, Any],
    context: Context,
    plain: frozenset[str] | None,
) -> Entry:
    if plain is None or not source.refers:
        return Entry(source.name, source.lines, loc, label, raw, context.report)
    environ = context.stand_ins if loc[0] == "check" and context.elsewhere(raw) else context.environ
    filled = fill(raw, environ, context.secrets, plain)
    unset = frozenset(path for path, _, _ in filled.faults)
    touched = frozenset(filled.touched)
    made = Entry(source.name, source.lines, loc, label, filled.data, context.report, unset, touched)
    for path, what, hint in filled.faults:
        made.wrong(path, what, hint)
    return made


def once(entries: Iterable[tuple[str, Entry]], noun: str) -> dict[str, Entry]:
    """Returns the entries by name. A name that is used twice is a problem that names both places."""
    first: dict[str, Entry] = {}
    for name, here in entries:
        if name in first:
            key = ("name",) if isinstance(here.loc[-1], int) else ()
            place = f"{first[name].file}:{first[name].line(*key)}"
            here.wrong(
                key,
                f"this {noun} is already at {place}",
                "give one of them another name" if key else "keep one",
            )
        else:
            first[name] = here
    return first


def _misshapen(source: SourceFile, key: str, form: str, hint: str, context: Context, *path: Step) -> None:
    line = source.lines.line((key, *path))
    context.report.problem(Problem(source.name, line, key, f"must be written {form}", hint))
