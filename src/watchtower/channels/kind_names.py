"""The kinds of channels as a type, for tables that name one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from watchtower.channels import kinds

if TYPE_CHECKING:
    ChannelKind = str
else:
    ChannelKind = Literal[*kinds()]
