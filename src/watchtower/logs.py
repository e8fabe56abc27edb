"""How the daemon logs: one JSON object a line, or coloured lines for a person at a terminal.

Everything goes to standard error: our own events (`log.info("alert_firing", rule=…)`) directly, and what
libraries say by the standard library's logging, in the same shape. The last thing that happens to an event before
it is written is that known secrets are taken out of every text in it, tracebacks included. Under the daemon a thread
writes (log_writer.py), so that saying something neither waits nor fails.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TextIO

from watchtower.imports import without
from watchtower.log_writer import LogWriter
from watchtower.outside_text import clean, fit

# For tracebacks that we do not use: 4.6 MB of a sidecar's memory.
with without("rich"):
    import structlog

Event = MutableMapping[str, Any]
Redact = Callable[[str], str]

log: structlog.stdlib.BoundLogger = structlog.get_logger("watchtower")
"""The daemon's own logger: `log.info("event_word", name=value, …)`. Usable before `configure`."""


class LogFormat(StrEnum):
    """`auto` is `console` when standard error is a terminal, else `json`."""

    AUTO = "auto"
    JSON = "json"
    CONSOLE = "console"


LONGEST = 8000
"""Characters of one text in the log; a traceback is shorter."""
LEVELS = ("debug", "info", "warning", "error")


def configure(
    format: LogFormat | str = LogFormat.AUTO,
    level: str = "info",
    redact: Redact | None = None,
    stream: TextIO | None = None,
) -> None:
    """Send everything to `stream` (standard error) in `format`, from `level` up; may be called again.

    `redact` is given every text of every event and answers with the text to write. Libraries are heard from
    WARNING up, and from `level` up when it is `debug`. Raises ValueError for an unknown format or level.
    """
    if level not in LEVELS:
        raise ValueError(f'"{level}" is not a log level: {", ".join(LEVELS)}')
    out = stream or sys.stderr
    chosen = LogFormat(format)
    terminal = out.isatty()
    console = chosen is LogFormat.CONSOLE or (chosen is LogFormat.AUTO and terminal)
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
    ]
    ending: list[Any] = [
        structlog.processors.format_exc_info,
        _Redacting(redact),
        _console(terminal) if console else structlog.processors.JSONRenderer(_json),
    ]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # Not by the standard library's logging: 42 µs a line instead of 28, and a page waits for its lines.
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    vars(log).pop("bind", None)  # what it has cached is of an earlier call
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number if level == "debug" else max(number, logging.WARNING))
    logging.getLogger("watchtower").setLevel(number)
    logging.captureWarnings(True)
    if isinstance(out, LogWriter):
        out.on_loss = _lost


_encode = json.JSONEncoder(ensure_ascii=False, default=repr).encode


def _json(event: Event, **_: object) -> str:
    return _encode(event)


def _lost(count: int, since: float) -> None:
    log.error("log_lines_dropped", count=count, since=datetime.fromtimestamp(since, UTC).isoformat())


def dropped() -> int:
    """Lines of this process that could not be written, since its start."""
    return sum(stream.dropped for stream in {sys.stdout, sys.stderr} if isinstance(stream, LogWriter))


def failing() -> bool:
    """Whether the log cannot be written at the moment."""
    return isinstance(sys.stderr, LogWriter) and sys.stderr.failing


def _console(terminal: bool) -> Any:
    return structlog.dev.ConsoleRenderer(colors=terminal, timestamp_key="ts", sort_keys=False)


class _Redacting:
    """The last processor before the renderer: plain values only, without secrets, `ts level event` first."""

    def __init__(self, redact: Redact | None) -> None:
        self.redact = redact or (lambda text: text)

    def __call__(self, logger: Any, method: str, event: Event) -> dict[str, Any]:
        head = {name: event.pop(name) for name in ("ts", "level", "event") if name in event}
        try:
            whole = head | dict(event)
            texts = [value for value in whole.values() if isinstance(value, str)]
            # A line's texts are looked through at once, where each of them is short and says nothing secret.
            joined = "\0".join(texts)
            if (
                len(joined) <= LONGEST
                and joined.count("\0") == len(texts) - 1
                and fit(joined.replace("\0", " "))
            ):
                safe = self.redact(joined) == joined
                return {
                    name: value if safe and type(value) is str else self._plain(value)
                    for name, value in whole.items()
                }
            return {name: self._plain(value) for name, value in whole.items()}
        except Exception as error:  # noqa: BLE001 - a value's own repr may do anything, and whoever logs must live on
            return {name: self.redact(str(value)) for name, value in head.items()} | {
                "unreadable": type(error).__name__
            }

    def _plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._said(value)
        if value is None or isinstance(value, (bool, int)):
            return value
        if isinstance(value, float):
            # Neither NaN nor Infinity is JSON.
            return value if math.isfinite(value) else str(value)
        if isinstance(value, Mapping):
            return {self._said(name): self._plain(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._plain(inner) for inner in value]
        return self._said(value)

    def _said(self, value: object) -> str:
        """Without secrets, without what a terminal would obey, and not a whole megabyte."""
        whole = str(value)
        text = self.redact(clean(whole[: 2 * LONGEST]))
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(whole)} characters)"
