"""`budget` of a channel: how many pages it sends to one address, as its provider and the carriers allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from watchtower.fields import (
    DURATION_PATTERN,
    BeforeValidator,
    WithJsonSchema,
    format_duration,
    parse_duration,
)
from watchtower.model import Instant
from watchtower.values import Frozen

_WITH_FAILED = " with failed"
_LIMIT = re.compile(rf"([1-9][0-9]{{0,5}})/({DURATION_PATTERN[1:-1]})({_WITH_FAILED})?")
LONGEST = 31 * 86400.0
"""Seconds that a limit looks back at most."""


class BudgetLimit(Frozen):
    """At most `most` pages to one address in any `per` seconds. `failed`: those that failed count too."""

    most: int
    per: float
    failed: bool = False

    def __str__(self) -> str:
        return f"{self.most}/{format_duration(self.per)}{_WITH_FAILED if self.failed else ''}"

    def since(self, at: Instant) -> Instant:
        """What was sent after this moment counts at `at`."""
        return at - self.per


PRESETS: Mapping[str, tuple[str, ...]] = {
    "tencent-sms": ("2/24h",),
    "cn-carriers": ("10/24h",),
    "alibaba-sms": ("50/24h",),
    "alibaba-voice": ("1/1m with failed", "5/1h with failed", "20/24h with failed"),
}
"""What providers and carriers allow to one number, as they document it. Their day is one of the calendar: any 24 hours hold
no more."""


def _limits(value: object) -> Iterator[BudgetLimit]:
    for one in [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [None]:
        if isinstance(one, BudgetLimit):
            yield one
        elif isinstance(one, str) and one in PRESETS:
            yield from _limits(PRESETS[one])
        elif isinstance(one, str) and (found := _LIMIT.fullmatch(one)):
            per = parse_duration(found[2])
            if not 1.0 <= per <= LONGEST:
                raise ValueError(f'"{one}": a limit looks back at least 1s, and at most 31d')
            yield BudgetLimit(int(found[1]), per, bool(found.groups()[-1]))
        else:
            known = ", ".join(PRESETS)
            raise ValueError(
                f'{one!r} is no limit: write pages per time, as "10/24h" or "20/24h with failed", or one of {known}'
            )


def preset(name: str) -> tuple[BudgetLimit, ...]:
    """What a provider allows, as a default. Raises KeyError."""
    return tuple(_limits(PRESETS[name]))


def _budget(value: Any) -> tuple[BudgetLimit, ...]:
    return tuple(dict.fromkeys(_limits(value)))


_ONE = {"type": "string", "examples": ["10/24h", "20/24h with failed", *PRESETS]}
Budget = Annotated[
    tuple[BudgetLimit, ...],
    BeforeValidator(_budget),
    WithJsonSchema({"anyOf": [_ONE, {"type": "array", "items": _ONE}]}),
]
"""All limits that hold at once; none: no limit."""
