"""Channels: the ways to reach a person. Each is one file in kinds/, or an installed package's (entry points, GROUP).

Everything else about a kind is asked of its class: the table `[channel.KIND]`, the responder's key, `[paging]`, schemas,
metrics, pages. No other file names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from watchtower.channels import kinds as _ours
from watchtower.channels.contract import Channel
from watchtower.core.notify.channel_choice import kind_of
from watchtower.core.plan.channels import ChannelTraits
from watchtower.errors import Problem
from watchtower.fields import Settings
from watchtower.model import ChannelName, Text

GROUP = "watchtower.channels"
"""The entry point group by which an installed package adds a kind."""

_OWN = frozenset(module.name for module in iter_modules(_ours.__path__))


@cache
def _packaged() -> tuple[Mapping[ChannelName, Any], Sequence[Problem]]:
    """The classes that packages bring, and what is wrong with those that cannot be used."""
    from importlib.metadata import (
        entry_points,  # slow, and needed where somebody reads the configuration only
    )

    found: dict[ChannelName, Any] = {}
    problems = []
    for entry in entry_points(group=GROUP):
        package = f"package {entry.dist.name if entry.dist else entry.module}"
        try:
            made, wrong = entry.load(), ""
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever another package does at import
            made, wrong = None, f"cannot be imported: {type(error).__name__}: {str(error)[:300]}"
        wrong = wrong or _fault(made, entry.name)
        if wrong:
            problems.append(Problem(package, 0, f'channel "{entry.name}"', wrong))
        else:
            found[entry.name] = made
    return found, problems


def _fault(made: Any, kind: ChannelName) -> str:
    if kind in _OWN:
        return "the kind is taken by watchtower itself"
    needed = ["Settings", *(name for name in (*Channel.__annotations__, *vars(Channel)) if name[0] != "_")]
    lacks = [name for name in needed if not hasattr(made, name)]
    if not lacks and made.name != kind:
        lacks = [f"name = {kind!r}"]
    return f"{getattr(made, '__name__', made)} is no channel: it lacks {', '.join(lacks)}" if lacks else ""


def problems() -> Sequence[Problem]:
    """What is wrong with the kinds that packages bring; those are not among `kinds`."""
    return _packaged()[1]


@cache
def kinds() -> tuple[ChannelName, ...]:
    """All of them, sorted."""
    return tuple(sorted({*_OWN, *_packaged()[0]}))


@cache
def channel_class(kind: ChannelName) -> Any:
    """The channel's class: its nested `Settings` is the table `[channel.KIND]`. KeyError for none."""
    if kind not in _OWN:
        return _packaged()[0][kind]
    module = import_module(f"{_ours.__name__}.{kind}")
    return next(one for one in vars(module).values() if getattr(one, "name", None) == kind)


@cache
def traits() -> Mapping[ChannelName, ChannelTraits]:
    """Of every kind."""
    return {kind: channel_class(kind).traits for kind in kinds()}


def channel_title(kind: ChannelName) -> Text:
    """What people call it; its name, where the package that brought it is gone."""
    try:
        title: Text = channel_class(kind).traits.title
    except KeyError:
        return Text(kind, kind)
    return title


def problem_of_address(kind: ChannelName, address: str) -> str | None:
    """Why this address cannot be one of this channel, as the end of a sentence; None when it can."""
    problem: str | None = channel_class(kind).problem_of_address(address)
    return problem


def build(
    settings_by_channel: Mapping[str, Settings], redact: Callable[[str], str] = str
) -> dict[str, Channel]:
    """The configured channels by name, as "sms.cn". `redact` takes secrets out of what a far side echoes back (`Secrets.redact`).

    To be closed by whoever built them.
    """
    return {
        name: channel_class(kind_of(name))(settings, redact) for name, settings in settings_by_channel.items()
    }
