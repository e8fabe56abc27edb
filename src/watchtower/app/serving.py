"""The daemon as a process: start, run, exit status."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, NoReturn

import uvloop

from watchtower import log_writer, logs
from watchtower.app.configuration import Configuration
from watchtower.app.memory import share_heaps
from watchtower.app.service_manager import live
from watchtower.config.environment import EnvironmentSettings
from watchtower.errors import ConfigError, WatchtowerError
from watchtower.outside_text import clean

_NO_WAY = (
    "a worker hands what it measures to the daemon's PostgreSQL: set WATCHTOWER_STORE=postgresql://…, or --to"
)
_UNSIGNED = "--to needs WATCHTOWER_WORK_TOKEN: a token of the daemon's WATCHTOWER_TOKENS with the scope probe:LOCATION"
ASIDE = 6
"""Calls that may wait for a disk at once, beside the loop."""


class Working(NamedTuple):
    """What a worker gets at its start. An empty location is that of WATCHTOWER_LOCATION."""

    location: str
    name: str
    url: str
    """Of a daemon, where the database is out of reach."""


def serve(
    rules: str | None, checks: str | None, hung_up: Callable[[], bool], working: Working | None = None
) -> NoReturn:
    """Until a signal to stop. A wrong configuration is reported as a whole, and nothing starts (exit status 2).

    `hung_up` says whether SIGHUP has come so far.
    """
    share_heaps()
    log_writer.take_over()
    # The other process takes as long to read the configuration as this one to import what the daemon is made of.
    threading.Thread(
        target=import_module, args=(f"watchtower.app.{'worker' if working else 'leadership'}",), daemon=True
    ).start()
    try:
        configuration = Configuration.first(
            os.environ,
            Path(rules) if rules else None,
            Path(checks) if checks else None,
            working and working.location,
        )
    except ConfigError as error:
        _end(2, f"{error}\n\n{len(error.problems)} problem(s); nothing was started")
    except WatchtowerError as error:
        _end(2, str(error))
    if working and (wrong := _no_way(configuration.settings, working)):
        _end(2, wrong)
    for warning in () if working else configuration.loaded.warnings:
        sys.stderr.write(clean(f"warning: {warning}\n"))
    _end(_served(configuration, hung_up, working))


def _no_way(settings: EnvironmentSettings, working: Working) -> str:
    """Why what this worker measures could reach nobody; empty where it can."""
    if working.url:
        return "" if settings.work_token else _UNSIGNED
    return "" if settings.store.startswith("postgres") else _NO_WAY


def _served(configuration: Configuration, hung_up: Callable[[], bool], working: Working | None) -> int:
    settings = configuration.settings
    logs.configure(settings.log_format, settings.log_level, configuration.redact)
    raise_open_files()

    async def serve() -> None:
        stop, reload = _on_signals(hung_up)
        await _start_threads()
        aside = [asyncio.create_task(live())]
        if settings.jobs:
            from watchtower.app.jobs import make_jobs

            aside.append(asyncio.create_task(make_jobs(configuration)))
        if working is None:
            from watchtower.app.leadership import Leadership

            await Leadership(configuration, stop, reload).run()
        else:
            from watchtower.app.worker import Worker

            await Worker(configuration, working, stop, reload).run()
        for task in aside:
            task.cancel()

    try:
        uvloop.new_event_loop().run_until_complete(serve())
    except WatchtowerError as error:
        logs.log.critical("daemon_ended", error=str(error))
        return 1
    except Exception as error:  # noqa: BLE001 - the last word before the end belongs in the log
        logs.log.critical("daemon_died", exc_info=error)
        return 1
    return 0


def _on_signals(hung_up: Callable[[], bool]) -> tuple[asyncio.Event, asyncio.Event]:
    """What SIGTERM and SIGINT set, and what SIGHUP does, also one that came before there was a loop."""
    stop, reload, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        logs.log.info("stopping", signal=number.name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    if hung_up():
        reload.set()
    return stop, reload


async def _start_threads() -> None:
    """Starts all threads for calls aside. Left to itself the loop starts one when two calls meet for the first time, and a
    daemon that idles would seem to leak for days."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(ASIDE, "aside"))
    together = threading.Barrier(ASIDE)
    await asyncio.gather(*(asyncio.to_thread(together.wait) for _ in range(ASIDE)))


def _end(status: int, said: str = "") -> NoReturn:
    """Exits at once. Everything is on disk, and no thread that waits for a receiver may delay the end."""
    if said:
        sys.stderr.write(clean(f"{said}\n"))
    logging.shutdown()
    log_writer.last_words()
    os._exit(status)


def raise_open_files() -> tuple[int, int]:
    """Raises the soft limit of open files to the hard one and returns both values. Two thousand targets that
    hang need two thousand sockets; the usual soft limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return soft, soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # a kernel with a lower ceiling of its own
        return soft, soft
    return soft, hard
