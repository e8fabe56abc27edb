"""The answer of the process that reads the configuration: a frame of bytes on a pipe.

Pickle, because both are the same program, and what is in it was made by the one and is run by the other anyway.
A compiled expression goes as its text, and is compiled again once for all who have it.
"""

from __future__ import annotations

import copyreg
import gc
import io
import pickle
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from watchtower.collector import resting
from watchtower.config.environment import EnvironmentSettings
from watchtower.config.loaded import Loaded, Texts
from watchtower.config.secrets import Secrets
from watchtower.core.expressions import Expression, recompiled
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.errors import Problem
from watchtower.probes.registry import PROBES
from watchtower.values import Frozen, replace

_MARK = b"watchtower plan 1\n"
_LENGTH = 8


class HandoverAnswer(Frozen):
    """`loaded` is a packed `Loaded`, where there are neither `problems` nor a fault of `usage`.

    `secrets` are those of the environment's settings.
    """

    settings: EnvironmentSettings | None
    secrets: Secrets
    usage: str = ""
    problems: tuple[Problem, ...] = ()
    loaded: bytes = b""


class _Packer(pickle.Pickler):
    dispatch_table = {  # noqa: RUF012 - as pickle spells it
        **copyreg.dispatch_table,
        MappingProxyType: lambda mapping: (MappingProxyType, (dict(mapping),)),
        Expression: lambda expression: (recompiled, (expression.text, expression.names)),
    }


def packed(value: object) -> bytes:
    """Packs what was read. Raises whatever a value that cannot be handed over raises."""
    out = io.BytesIO()
    _Packer(out, pickle.HIGHEST_PROTOCOL).dump(value)
    return out.getvalue()


class _Frames:
    """Packed bytes that are read by calls of Python's: between two frames of 64 KiB other threads have their turn, so that
    30,000 checks keep the loop for 6 ms of processor at a time and not for 20."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)

    def readline(self) -> bytes:
        return self._file.readline()


def unpacked(data: bytes) -> Any:
    """Unpacks what was read. The probes' classes must have been imported. Raises whatever the making of a value raises."""
    with resting():
        found = pickle.Unpickler(_Frames(data)).load()  # noqa: S301 - from a process that we have started, by a pipe
        gc.freeze()  # a plan comes to stay, and no cycle holds it: to look at one of 100,000 checks stops everything for 2 s
    return found


def in_force(plan: Plan, texts: Texts) -> bytes:
    """The checks that need not be read again where their tables are as in these texts."""
    with resting():
        return packed(({name: check for name, check in plan.checks.items() if check.probe in PROBES}, texts))


def without_known(loaded: Loaded, known: Mapping[str, Check]) -> Loaded:
    """Of a check that the asker has, where it stands now is all that is handed over."""
    checks: Any = {
        name: check.source if check is known.get(name) else check
        for name, check in loaded.plan.checks.items()
    }
    return replace(loaded, plan=replace(loaded.plan, checks=checks))


def keep_known(plan: Plan, known: Plan) -> None:
    """Checks that are as they were become the same objects: a reload is then as much work as there are changes, and there are
    not two of each. One that only stands at another line of its file is told so."""
    checks: Any = plan.checks
    for name, check in checks.items():
        old = known.checks.get(name)
        if isinstance(check, str):
            object.__setattr__(old, "source", check)
            checks[name] = old
        elif old is not None:
            line = check.source
            object.__setattr__(check, "source", old.source)
            same = old == check
            object.__setattr__(old if same else check, "source", line)
            if same:
                checks[name] = old  # one by one: to drop 100,000 at once would stop everything for a while


def framed(answer: HandoverAnswer) -> bytes:
    body = packed(answer)
    return _MARK + len(body).to_bytes(_LENGTH) + body


def answer_of(frame: bytes) -> HandoverAnswer | None:
    """Reads the answer; None where these bytes are no whole one."""
    head = len(_MARK) + _LENGTH
    if not frame.startswith(_MARK) or len(frame) - head != int.from_bytes(frame[len(_MARK) : head]):
        return None
    try:
        answer = pickle.loads(frame[head:])  # noqa: S301 - as above
    except Exception:  # noqa: BLE001 - garbage may raise anything
        return None
    return answer if isinstance(answer, HandoverAnswer) else None


def not_portable(plan: Plan) -> Iterator[Problem]:
    """Returns the checks whose settings cannot be handed over."""
    for check in plan.checks.values():
        for what, value in (("settings", check.settings), ("detector's settings", check.detect)):
            if fault := _fault(lambda value=value: unpacked_again(value)):  # type: ignore[misc]
                file, _, line = check.source.rpartition(":")
                said = f"its {what} cannot be handed over to the daemon: {fault}"
                hint = (
                    "a validator must make something that pickle can write: no open file, no lock, no lambda"
                )
                yield Problem(file or check.source, int(line or 0), f'check "{check.name}"', said, hint)


def unpacked_again(value: object) -> Any:
    return pickle.loads(packed(value))  # noqa: S301 - our own bytes


def _fault(work: Callable[[], object]) -> str:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - a site's own class may raise anything
        return f"{type(error).__name__}: {error}"
    return ""
