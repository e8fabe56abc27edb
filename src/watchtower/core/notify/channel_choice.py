"""Which of the configured channels of a kind carries a page: `sms.cn` before `sms.abroad`, and what follows when it fails.

A channel is named by its table: `[channel.sms]` is "sms", `[channel.sms.cn]` is "sms.cn"; the kind is "sms" in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from watchtower.core.plan.paging import Responder
from watchtower.model import ChannelName, Text
from watchtower.values import Frozen


class Choice(Frozen):
    """One of several channels of a kind, and why it may carry the page."""

    name: str
    why: Text


ONLY = Text("the only one", "唯一渠道")
NAMED = Text("named by the responder", "响应人指定")
ANY_NUMBER = Text("for any number", "不限号段")
NO_OTHER = Text("no other serves this number", "无渠道覆盖该号段")


def kind_of(name: str) -> ChannelName:
    """`sms` of "sms.cn"."""
    return name.partition(".")[0]


def vendor_of(name: str, settings: Any) -> str:
    """Whose account carries what this channel sends: as its table or its provider says, else its kind."""
    return getattr(settings, "vendor", "") or kind_of(name)


def prefix_of(settings: Any, address: str) -> str | None:
    """The longest of the channel's `numbers` that this number begins with; "" when it takes all; None when it does not.

    Where providers of one kind take addresses of other forms, their settings have a method `serves`.
    """
    if (serves := getattr(settings, "serves", None)) is not None:
        return "" if serves(address) else None
    numbers = getattr(settings, "numbers", ())
    # Of two beginnings of one number the longer is the greater text.
    return max((one for one in numbers if address.startswith(one)), default=None if numbers else "")


def rank_of(settings: Any, prefix: str) -> tuple[int, int]:
    """What the channels that serve an address are sorted by: the longest beginning, then their `order`."""
    return -len(prefix), getattr(settings, "order", 0)


def choices(
    settings: Mapping[str, Any], responder: Responder, kind: ChannelName, names: Iterable[str] | None = None
) -> list[Choice]:
    """The channels of this kind for a responder, in the order in which they are tried; `names`: out of these.

    Those that the responder names. Else those whose `numbers` fit, the longest beginning first, then those without
    `numbers`, among equals by `order`. Where none fits, all of the kind: a page is tried rather than lost.
    """
    every = [name for name in (settings if names is None else names) if kind_of(name) == kind]
    if len(every) < 2:
        return [Choice(name, ONLY) for name in every]
    if named := [name for name in responder.channels if name in every]:
        return [Choice(name, NAMED) for name in named]
    address = responder.addresses.get(kind, "")
    fits = [
        (rank_of(settings.get(name), prefix), Choice(name, _for(prefix)))
        for name in every
        if (prefix := prefix_of(settings.get(name), address)) is not None
    ]
    return [one for _, one in sorted(fits, key=lambda fit: fit[0])] or [Choice(n, NO_OTHER) for n in every]


def chosen(
    settings: Mapping[str, Any], responder: Responder, kind: ChannelName, names: Iterable[str] | None = None
) -> list[str]:
    """The names of `choices`."""
    return [one.name for one in choices(settings, responder, kind, names)]


def _for(prefix: str) -> Text:
    return Text(f"for {prefix}", f"号段 {prefix}") if prefix else ANY_NUMBER
