"""The plan that acceptance tests share: li is paged by webhook when a check is down."""

from __future__ import annotations

import json
from collections.abc import Sequence


def rules(
    url: str, *more: str, probe: str = "http", channels: Sequence[str] = ("webhook",), remind: str = "", timeout: str = ""
) -> str:  # fmt: skip
    """rules.toml. `more` is appended; `remind` and `timeout` are the product's where nothing is said."""
    return "\n".join(
        [
            '[[rule]]\nname = "down"',
            f'match = {{ probe = "{probe}" }}',
            'when = "outcome == \'down\'"\nseverity = "P1"\nsummary = { en = "down", zh = "不可用" }',
            f'[paging.P1]\nroles = ["oncall"]\nchannels = {json.dumps(list(channels))}',
            f'remind_every = "{remind}"' if remind else "",
            "[channel.webhook]",
            f'timeout = "{timeout}"' if timeout else "",
            responder("li", "webhook", url),
            *more,
        ]
    )


def responder(name: str, channel: str, address: str) -> str:
    return f'[[responder]]\nname = "{name}"\nrole = "oncall"\n{channel} = "{address}"\n'


def check(url: str, name: str = "bank", every: str = "500ms", timeout: str = "450ms") -> str:
    """A file of checks/: one http check."""
    return f'[[check]]\nname = "{name}"\nprobe = "http"\nurl = "{url}"\nevery = "{every}"\ntimeout = "{timeout}"\n'
