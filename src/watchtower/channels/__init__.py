"""Channels: the ways to reach a person. Each is one file in kinds/, or an installed package's (entry points, GROUP).

Where several vendors serve one kind of address, the kind is a folder, and each provider a file in it. Everything else
about a kind is asked of its class: the table `[channel.KIND]`, the responder's key, `[paging]`, schemas, metrics, pages.
No other file names it.
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
"""The entry point group by which an installed package adds a kind, "pager", or a provider of one, "sms.acme"."""

_OWN = frozenset(module.name for module in iter_modules(_ours.__path__))


@cache
def _packaged() -> tuple[Mapping[str, Any], Sequence[Problem]]:
    """The classes that packages bring, by the entry point's name, and what is wrong with those that cannot be used."""
    from importlib.metadata import (
        entry_points,  # slow, and needed where somebody reads the configuration only
    )

    found: dict[str, Any] = {}
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


def _fault(made: Any, name: str) -> str:
    kind, _, provider = name.partition(".")
    if kind in _OWN and (not provider or provider in _own_providers(kind)):
        return "the name is taken by watchtower itself"
    if provider and not _own_providers(kind):
        return f"{kind} has no providers"
    needed = ["Settings", *(name for name in (*Channel.__annotations__, *vars(Channel)) if name[0] != "_")]
    lacks = [name for name in needed if not hasattr(made, name)]
    if not lacks and (made.name, getattr(made, "provider", "")) != (kind, provider):
        lacks = [f"name = {kind!r}" + (f" and provider = {provider!r}" if provider else "")]
    return f"{getattr(made, '__name__', made)} is no channel: it lacks {', '.join(lacks)}" if lacks else ""


def problems() -> Sequence[Problem]:
    """What is wrong with the kinds that packages bring; those are not among `kinds`."""
    return _packaged()[1]


@cache
def kinds() -> tuple[ChannelName, ...]:
    """All of them, sorted."""
    return tuple(sorted({*_OWN, *(name for name in _packaged()[0] if "." not in name)}))


def _module(kind: ChannelName, provider: str = "") -> Any:
    return import_module(".".join(filter(None, (_ours.__name__, kind, provider))))


@cache
def _own_providers(kind: ChannelName) -> frozenset[str]:
    folder = getattr(_module(kind), "__path__", ()) if kind in _OWN else ()
    return frozenset(module.name for module in iter_modules(folder))


@cache
def providers(kind: ChannelName) -> tuple[str, ...]:
    """Who serves this kind of address, sorted; ("",) where the kind is a vendor of its own."""
    own = _own_providers(kind)
    packaged = {name.partition(".")[2] for name in _packaged()[0] if kind_of(name) == kind} if own else set()
    return tuple(sorted({*own, *packaged})) or ("",)


@cache
def channel_class(kind: ChannelName, provider: str = "") -> Any:
    """The channel's class: its nested `Settings` is the table `[channel.KIND]`. KeyError for none.

    Of a kind with providers it is that provider's, without one the usual provider's. A kind in which none is usual
    has only what all its providers have.
    """
    name = f"{kind}.{provider}" if provider else kind
    if kind not in _OWN or (provider and provider not in _own_providers(kind)):
        return _packaged()[0][name]
    if provider:
        return _class_of(_module(kind, provider), "provider", provider)
    found = _class_of(_module(kind), "name", kind)
    usual: str = getattr(found, "usual", "")
    return channel_class(kind, usual) if usual else found


def _class_of(module: Any, mark: str, value: str) -> Any:
    """The class of this module, not of one that it imports, whose `mark` is this."""
    own = (one for one in vars(module).values() if getattr(one, "__module__", "") == module.__name__)
    return next(one for one in own if getattr(one, mark, None) == value)


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


def way_title(configured: str) -> Text:
    """What people call a configured channel, as "sms.cn"."""
    kind, dot, vendor = configured.partition(".")
    title = channel_title(kind)
    return Text(f"{title.en} {vendor}", f"{title.zh} {vendor}") if dot else title


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
        name: channel_class(kind_of(name), getattr(settings, "provider", ""))(settings, redact)
        for name, settings in settings_by_channel.items()
    }
