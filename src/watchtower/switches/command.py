"""Executes a program: no shell, an empty environment; it is killed with all its children at its timeout."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from watchtower import programs
from watchtower.fields import Duration, Field, Secret, Settings
from watchtower.switches.contract import Order, SwitchError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs that are named without a folder are looked for."""
_KEPT = 4096
"""Bytes of output that are kept."""


class CommandAction(Settings):
    """A program that executes the plan; no shell reads its arguments."""

    run: tuple[str, ...] = Field(
        min_length=1, description="The program and its arguments, each a text of its own."
    )
    env: dict[str, Secret] = Field(default={}, description="Its environment, beyond PATH, LANG and TZ.")
    cwd: str = Field(default="/", description="The directory to run it in.")
    timeout: Duration = Field(default=30.0, gt=0, le=600.0, description="Then it is ended, and has failed.")


async def run(action: CommandAction, order: Order, redact: Callable[[str], str]) -> str:
    """Runs the program. Exit status 0 is success; returns the first line of output. Raises SwitchError."""
    queued = order.queued
    own = {name: value.get_secret_value() for name, value in action.env.items()}
    about = {
        "WATCHTOWER_KEY": queued.key, "WATCHTOWER_PLAN": queued.plan, "WATCHTOWER_PHASE": queued.phase,
        "WATCHTOWER_INCIDENT": order.incident, "WATCHTOWER_FLOW": order.flow,
        "WATCHTOWER_DRILL": "1" if queued.drill else "0",
    }  # fmt: skip
    zone = {"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}
    env = {"PATH": PATH, "LANG": "C.UTF-8", **zone, **about, **own}
    try:
        ended = await programs.run(action.run, env, action.cwd, action.timeout, _KEPT)
    except programs.CannotRun as why:
        raise SwitchError(redact(f"{action.run[0]}: {why}")) from None
    if ended.status is None:
        raise SwitchError(f"did not end within {action.timeout:g} s, and was killed")
    line = redact(ended.output.strip().partition("\n")[0])
    if ended.status != 0:
        raise SwitchError(f"exit status {ended.status}" + (f": {line}" if line else ""))
    return line or "exit status 0"


def program_found(program: str) -> bool:
    """Whether the program is on this machine."""
    return bool(shutil.which(program, path=PATH)) if os.sep not in program else os.access(program, os.X_OK)


def rehearse(action: CommandAction) -> str:
    """What would be done, without doing it. Raises SwitchError when the program cannot be found."""
    if not program_found(action.run[0]):
        raise SwitchError(f"there is no program {action.run[0]}")
    return f"would run {action.run[0]} with {len(action.run) - 1} arguments"
