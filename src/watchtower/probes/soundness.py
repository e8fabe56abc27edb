"""Validates probe classes: those that people write, and in a test the built-in ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from watchtower.core.plan.checks import BASE_FACTS
from watchtower.detectors import DETECTORS
from watchtower.fields import Settings, parse_duration
from watchtower.model import Fact
from watchtower.probes.contract import Probe

_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Fault = tuple[str, str]
"""What is wrong, and a hint."""


def faults(probe: type[Probe]) -> Iterator[Fault]:
    """Everything wrong with this class; nothing when it is valid."""
    kind: object = probe.__dict__.get("kind")
    settings: object = probe.Settings
    if kind is None:
        yield (
            "has no kind",
            'write kind = "…", the name that checks use; a class that is only a base of others is named _…',
        )
    elif not isinstance(kind, str) or not _KIND.fullmatch(kind):
        yield (
            f"kind {kind!r} is not a name",
            'write lower-case letters, digits and _, such as "queue" or "balance.acme"',
        )
    if probe.probe is Probe.probe:
        yield (
            "does not define probe()",
            "define `def probe(self)` (plain or async) that returns up(…), down(…) or unknown(…)",
        )
    yield from _facts(probe)
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        yield "Settings is not a subclass of Probe.Settings", "write `class Settings(Probe.Settings):`"
    if probe.detector not in ("", *DETECTORS):
        yield f"there is no detector {probe.detector!r}", f"detectors: {', '.join(DETECTORS)}, or none"
    for name in ("every", "timeout"):
        try:
            parse_duration(getattr(probe, name))
        except (ValueError, TypeError):
            yield f"{name} = {getattr(probe, name)!r} is not a duration", 'write a text such as "15s" or "5m"'


def _facts(probe: type[Probe]) -> Iterator[Fault]:
    declared: object = probe.facts
    if declared is Probe.facts:
        yield (
            "declares no facts",
            'write facts = {"name": Fact.number("what it is")}, or facts = {} when it only says up or down',
        )
        return
    if not isinstance(declared, Mapping):
        yield "facts is not a table of names", 'write facts = {"name": Fact.number("what it is")}'
        return
    for name, fact in declared.items():
        if not isinstance(fact, Fact):
            yield f"fact {name!r} is not a Fact", "write Fact.number(…), Fact.bool(…) or Fact.string(…)"
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield f"fact {name!r} is not a name that rules can use", "write lower-case letters, digits and _"
        elif name in BASE_FACTS:
            yield f"fact {name!r} is a name that every check has already", "choose another name"
