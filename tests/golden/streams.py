"""What the engine decides over recorded days and seeded lives, as lines of text.

Lives are drawn by `random.Random(seed)`: unlike Hypothesis' examples they are the same under every version of it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from tests.core.test_story_properties import FITTING, PEOPLE, Course
from tests.core.turmoil import SERIES, Life, Op, plans
from watchtower.core.actions import Field, FieldKind
from watchtower.core.acts import ACTIONS
from watchtower.core.events import Decision
from watchtower.model import Severity

PIECE = 50
"""Lines under one digest: a difference is found within so many."""

TEXTS = (
    *PEOPLE, "commander", "product", "loss", "affected_users", "data_breach", "yes", "0", "120", "2000000 CNY",
    "certificate", "30m", "回滚到 4.1",
)  # fmt: skip


def canonical(value: Any) -> str:
    """A text that depends on what a value says, and on no hash and no memory address."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        told = (
            f"{f.name}={canonical(getattr(value, f.name))}"
            for f in dataclasses.fields(value)
            if _says(value, f)
        )
        return f"{type(value).__name__}({', '.join(told)})"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{canonical(k)}: {canonical(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(canonical, value))) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(canonical, value)) + "]"
    return repr(value)


def _says(value: Any, field: dataclasses.Field[Any]) -> bool:
    """Not its default: a field that is new, and not used yet, changes no stream."""
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return default is dataclasses.MISSING or getattr(value, field.name) != default


def digests(lines: Sequence[str]) -> list[str]:
    """One short digest for each piece of the stream."""
    return [
        hashlib.sha256("\n".join(lines[at : at + PIECE]).encode()).hexdigest()[:12]
        for at in range(0, len(lines), PIECE)
    ]


def decided(decisions: Iterable[Decision]) -> Iterator[str]:
    return map(canonical, decisions)


def life(seed: int) -> list[str]:
    """Checks, deliveries that fail, people, reloads, restarts, clocks that are set: fixed severities."""
    draw = random.Random(seed)
    lived = Life(plans(draw.choice([10.0, 60.0]))).live([_op(draw) for _ in range(draw.randint(15, 80))])
    lived.end_well()
    return [line for decisions in lived.decided for line in decided(decisions)]


def team_life(seed: int) -> list[str]:
    """A team that uses everything, on traffic that the matrix grades."""
    draw = random.Random(seed)
    ops: list[Op] = [
        ("traffic", "checkout-requests", 0.0, 6),
        *(_act(draw) for _ in range(draw.randint(2, 5))),
    ]
    ops += [_team_op(draw) for _ in range(draw.randint(4, 25))]
    return list(decided(Course().live(ops).decided))


def _op(draw: random.Random) -> Op:
    number = draw.randint(0, 30)
    checks = [(check, series) for check, every in SERIES.items() for series in every]
    kinds: Sequence[Callable[[], Op]] = (
        lambda: (
            "see",
            draw.choice(checks),
            draw.choice(["up", "down", "unknown"]),
            draw.choice([0.0, 1.0, 5.0]),
        ),
        lambda: ("see", draw.choice(checks), draw.choice(["up", "down"]), draw.choice([0.0, 5.0])),
        lambda: ("wait", draw.choice([0.0, 1.0, 10.0, 31.0, 70.0])),
        lambda: ("page", number, draw.choice(["delivered", "failing", "failed", "failed"])),
        lambda: ("page", number, "delivered"),
        lambda: ("ack", number),
        lambda: ("resolve", number),
        lambda: ("step", draw.choice([-3600.0, 3600.0])),
        lambda: ("plan", draw.randint(0, 6)),
        lambda: ("restart",),
    )
    return draw.choice(kinds)()


def _team_op(draw: random.Random) -> Op:
    flow = draw.choice(["checkout-requests", "refund-requests"])
    share = draw.choice([0.0, 0.0, 0.0, 0.5, 1.0, 1.0, None])
    kinds: Sequence[Callable[[], Op]] = (
        lambda: ("traffic", flow, share, draw.choice([3, 12, 40])),
        lambda: ("traffic", flow, share, draw.choice([3, 12, 40])),
        lambda: ("bank", draw.choice(["up", "down", "down", "unknown"])),
        lambda: ("wait", draw.choice([10.0, 60.0, 300.0, 1800.0, 7200.0])),
        lambda: ("ack", draw.choice([1, 2]), draw.choice(PEOPLE)),
        lambda: _act(draw),
        lambda: _act(draw),
        lambda: ("restart",),
    )
    return draw.choice(kinds)()


def _act(draw: random.Random) -> Op:
    name = draw.choice(sorted(ACTIONS))
    data = {
        key: _value(draw, key, field)
        for key, field in ACTIONS[name].fields.items()
        if field.required or draw.random() < 0.5
    }
    return "do", draw.choice([1, 1, 1, 2]), name, draw.choice(PEOPLE), data


def _value(draw: random.Random, key: str, field: Field) -> Any:
    if key in FITTING and draw.random() < 0.7:
        return draw.choice(FITTING[key])
    match field.kind:
        case FieldKind.CHOICE:
            return draw.choice(list(field.choices))
        case FieldKind.LEVEL:
            return draw.choice([str(level) for level in Severity])
        case FieldKind.NUMBER:
            return draw.choice([0, 1, 2, 3, 7, 30, 1200, -1])
        case FieldKind.BOOL:
            return draw.random() < 0.5
        case FieldKind.AMOUNT:
            return draw.choice(["0 CNY", "1200.50 CNY", "5000000 CNY", "3 USD"])
        case FieldKind.INSTANT:
            return draw.choice([1_767_607_800.0, 1_767_614_400.0, 1_767_866_400.0])
        case _:
            return draw.choice(TEXTS)
