"""The process that reads the configuration for the daemon: it has pydantic and the tables, and ends when it has answered.

Asked by JSON on its standard input, and answers by a frame on its standard output. What a site's own file prints goes
to standard error. It offers itself to the kernel first, should memory end: the plan in force is worth more.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from watchtower.config.environment import EnvironmentSettings
from watchtower.config.handover import HandoverAnswer, framed, not_portable, packed, unpacked, without_known
from watchtower.config.load import load
from watchtower.config.secrets import Secrets
from watchtower.config.settings import doubts, read, secrets_of
from watchtower.config.unchanged import Unchanged
from watchtower.errors import ConfigError, Problem, UsageError
from watchtower.probes.registry import Registry
from watchtower.values import replace


def main() -> None:
    """Answers what standard input asks, and ends the process."""
    gc.disable()  # it ends before garbage matters
    out = os.dup(1)
    os.dup2(2, 1)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    question = json.loads(sys.stdin.buffer.readline())
    signal.alarm(question["seconds"])  # should nobody be there any more who ends it
    with open(out, "wb") as answer:
        answer.write(framed(answered(question, os.environ, sys.stdin.buffer.read())))
    os._exit(0)


def answered(
    question: Mapping[str, Any], environ: Mapping[str, str], in_force: bytes = b""
) -> HandoverAnswer:
    """`rules` and `checks` are paths, or None for the environment's. `in_force`: what the asker has already."""
    secrets = Secrets()
    given = {name: Path(question[name]) for name in ("rules", "checks") if question.get(name)}
    try:
        settings = read(environ, secrets, **given)
    except UsageError as error:
        return HandoverAnswer(None, secrets, usage=str(error))
    try:
        return _loaded(settings, environ, secrets, question.get("made_at"), in_force)
    except ConfigError as error:
        return HandoverAnswer(settings, secrets, problems=error.problems)
    except BaseException as error:  # noqa: BLE001 - a site's probe file may raise anything, SystemExit too
        what = secrets.redact(f"cannot be read: {type(error).__name__}: {error}")
        return HandoverAnswer(settings, secrets, problems=(Problem(str(settings.rules), 1, "", what),))


def _loaded(
    settings: EnvironmentSettings, environ: Mapping[str, str], secrets: Secrets, made_at: str | None, in_force: bytes
) -> HandoverAnswer:  # fmt: skip
    elsewhere = None if made_at is None else _elsewhere(made_at or settings.location, settings.location)
    registry = Registry.load(settings.checks)
    known = Unchanged(settings.checks, *unpacked(in_force)) if in_force else None
    loaded = load(settings.rules, settings.checks, environ, registry, elsewhere=elsewhere, unchanged=known)
    for secret in secrets_of("tokens", settings.tokens.get_secret_value()) if settings.tokens else ():
        loaded.secrets.add(secret)
    file = Path(environ.get("WATCHTOWER_TOKENS_FILE", ""))
    loaded = replace(
        loaded, warnings=(*loaded.warnings, *doubts(settings, environ, loaded)), tokens=settings.tokens,
        files=(*loaded.files, file) if file in secrets.files else loaded.files,
    )  # fmt: skip
    try:
        return HandoverAnswer(
            settings, secrets, loaded=packed(loaded if known is None else without_known(loaded, known.checks))
        )
    except Exception as error:
        if problems := [*not_portable(loaded.plan)]:
            raise ConfigError(problems) from error
        raise


def _elsewhere(location: str, home: str) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a check's table is of no concern at this location."""
    return lambda raw: location not in named if (named := raw.get("locations")) else location != home


if __name__ == "__main__":
    main()
