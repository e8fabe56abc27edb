"""Channels: the ways to reach a person. One kind, one file, its settings beside its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from watchtower.channels.contract import Channel
from watchtower.fields import Settings
from watchtower.model import ChannelName

CHANNELS: Mapping[ChannelName, str] = {
    ChannelName.EMAIL: "watchtower.channels.email:EmailChannel",
    ChannelName.SMS: "watchtower.channels.sms:SmsChannel",
    ChannelName.WEBHOOK: "watchtower.channels.webhook:WebhookChannel",
}
"""Every channel; its module is imported only where it is configured."""


def channel_class(name: ChannelName) -> Any:
    """The channel's class: its nested `Settings` is the table `[channel.NAME]`."""
    module, _, attribute = CHANNELS[name].partition(":")
    return getattr(import_module(module), attribute)


def problem_of_address(name: ChannelName, address: str) -> str | None:
    """Why this address cannot be one of this channel, as the end of a sentence; None when it can."""
    problem: str | None = channel_class(name).problem_of_address(address)
    return problem


def build(
    settings_by_channel: Mapping[ChannelName, Settings], redact: Callable[[str], str] = str
) -> dict[ChannelName, Channel]:
    """The configured channels. `redact` takes secrets out of what a far side echoes back (`Secrets.redact`).

    To be closed by whoever built them.
    """
    return {name: channel_class(name)(settings, redact) for name, settings in settings_by_channel.items()}
