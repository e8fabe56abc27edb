"""What the engine decides over recorded days and seeded lives, as lines of text.

Lives are drawn by `random.Random(seed)`: unlike Hypothesis' examples they are the same under every version of it.
"""

from __future__ import annotations

import csv
import dataclasses
import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.core.test_history_properties import FITTING, PEOPLE, Course
from tests.core.turmoil import SERIES, Life, Op, plans
from tests.scenarios.stage import written
from tests.scenarios.test_controls import LOW
from tests.scenarios.test_silent_zero import CHECKS, RULES
from watchtower.brief.mail import with_briefs
from watchtower.core.actions.action import Field, FieldKind
from watchtower.core.events import Decision
from watchtower.core.pipeline.features import ACTIONS
from watchtower.model import Observation, Outcome, Reading, Severity
from watchtower.replay import Replay

PIECE = 50
"""Lines under one digest: a difference is found within so many."""
TRACE = Path(__file__).with_name("nasa.csv.gz")
"""Requests a minute from 27 July to 3 August 1995: a part of the NASA-HTTP trace of the Internet Traffic Archive."""

TEXTS = (
    *PEOPLE, "commander", "product", "loss", "affected_users", "data_breach", "yes", "0", "120", "2000000 CNY",
    "certificate", "30m", "回滚到 4.1",
)  # fmt: skip


def told(value: Any, *, names: bool) -> Any:
    """A value as JSON, without the names of classes and of modules: a field that is not its default counts.

    With `names` each field under its name, to read and to compare; without, the fields' values alone, in the order of their
    texts: the same whatever the fields and the classes are called.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        said = {
            f.name: told(getattr(value, f.name), names=names)
            for f in dataclasses.fields(value)
            if _says(value, f)
        }
        return said if names else sorted(said.values(), key=_text)
    if isinstance(value, Enum):
        return told(value.value, names=names)
    if isinstance(value, Mapping):
        said = {
            k if isinstance(k, str) else _text(told(k, names=names)): told(v, names=names)
            for k, v in value.items()
        }
        return dict(sorted(said.items()))
    if isinstance(value, (set, frozenset)):
        return sorted((told(each, names=names) for each in value), key=_text)
    if isinstance(value, (list, tuple)):
        return [told(each, names=names) for each in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _says(value: Any, field: dataclasses.Field[Any]) -> bool:
    """Not its default: a field that is new, and not used yet, changes no stream."""
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return default is dataclasses.MISSING or getattr(value, field.name) != default


def lines(stream: Iterable[Decision], *, names: bool = False) -> list[str]:
    """What is decided, one line of JSON for each decision."""
    return [_text(told(decision, names=names)) for decision in with_briefs(stream)]


def digests(stream: Iterable[Decision], *, whole: bool = False) -> list[str]:
    """One short digest for each piece of the stream, or one for all of it."""
    found = lines(stream)
    piece = len(found) + 1 if whole else PIECE
    return [
        hashlib.sha256("\n".join(found[at : at + piece]).encode()).hexdigest()[:12]
        for at in range(0, len(found) + whole, piece)
    ]


def differs(stream: Sequence[Decision], kept: Sequence[str]) -> str:
    """Empty, or what is decided within the first piece that is not as it was kept."""
    found = digests(stream)
    if found == list(kept):
        return ""
    piece = next(
        (at for at, (a, b) in enumerate(zip(found, kept, strict=False)) if a != b), min(len(found), len(kept))
    )
    return "\n".join(
        ["decided otherwise within:", *lines(stream[piece * PIECE : (piece + 1) * PIECE], names=True)]
    )


def life(seed: int) -> list[Decision]:
    """Checks, deliveries that fail, people, reloads, restarts, clocks that are set: fixed severities."""
    draw = random.Random(seed)
    lived = Life(plans(draw.choice([10.0, 60.0]))).live([_op(draw) for _ in range(draw.randint(15, 80))])
    lived.end_well()
    return [decision for decisions in lived.decided for decision in decisions]


def team_life(seed: int) -> list[Decision]:
    """A team that uses everything, on traffic that the matrix grades."""
    draw = random.Random(seed)
    ops: list[Op] = [
        ("traffic", "checkout-requests", 0.0, 6),
        *(_act(draw) for _ in range(draw.randint(2, 5))),
    ]
    ops += [_team_op(draw) for _ in range(draw.randint(4, 25))]
    return Course().live(ops).decided


def trace(_: int) -> list[Decision]:
    """Eight recorded days: learning, three days without data, two days without a request, a slow return."""
    with TemporaryDirectory() as folder, gzip.open(TRACE, "rt") as text:
        plan = written(Path(folder), CHECKS, RULES + LOW)
        rows = [(float(row["time"]), float(row["requests"])) for row in csv.DictReader(text)]
    heard: list[Decision] = []
    replay = Replay(plan, rows[0][0] - 60, tick_every=60.0, heard=lambda decision, _: heard.append(decision))
    for at, requests in rows:
        replay.feed(
            Observation("agents-requests", at, Reading(Outcome.UP, {"requests": requests}, covers=60.0))
        )
    return heard


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
        case FieldKind.SEVERITY:
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
