"""What the engine knows of a kind of channel, without how it sends."""

from __future__ import annotations

from watchtower.model import Severity, Text
from watchtower.values import Frozen


class ChannelTraits(Frozen):
    """`address` says what a responder writes under the kind's name, `example` is such an address."""

    title: Text
    address: str
    example: str
    down_to: Severity = Severity.P2
    """The mildest severity that is paged by it, where `[paging]` does not say."""
    quiet: bool = False
    """It wakes nobody: those who are only informed are told by it."""
    rings: bool = False
    """It takes a person out of sleep and is over with its last word: it carries what asks somebody to act. Who is told by
    another channel as well gets nothing else by it."""
    machine: bool = False
    """Programs read it: they hear of the end of an incident that was merged into another."""
    brief: bool = False
    """Its messages have room for the brief."""
    secret: bool = False
    """Whoever has an address of it can send there: it stands in the environment, not in a file."""
    vouches: bool = True
    """That it took a page counts as a delivery at P0 and P1."""
    idempotent: bool = False
    """Its far side tells a repetition by the page's id: who gets it twice sees it once."""
    at_once: int = 8
    """Attempts under way at one far side."""
