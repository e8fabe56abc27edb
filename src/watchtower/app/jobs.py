"""Makes jobs that wait in the store, where WATCHTOWER_JOBS allows it: one process of its own at a time, while there are some."""

from __future__ import annotations

import asyncio
import os
import sys

from watchtower import __version__, programs
from watchtower.app.configuration import Configuration
from watchtower.logs import log
from watchtower.store import open_store

LOOK = 2.0
"""Seconds between two looks."""
LONGEST = 86400.0
"""Seconds for one process; each job has its own limit."""
_LAST_WORDS = 2000
_BEGIN = (
    "import sys; sys.path[:] = sys.argv[3:]; from watchtower.cli.spread import main; main(*sys.argv[1:3])"
)


def kind_with(plan_hash: str) -> str:
    """By which jobs of this version and these files of a configuration are known: no other process makes them."""
    return f"coverage {__version__} {plan_hash}"


async def make_jobs(configuration: Configuration) -> None:
    """Until it is cancelled; at once on a store that has none."""
    settings = configuration.settings
    if (jobs := open_store(settings.store).jobs()) is None:
        return
    files = str(settings.rules), str(settings.checks)
    said, loaded, own = "", None, ""
    while True:
        await asyncio.sleep(LOOK)
        try:
            waiting, wrong = await jobs.waiting(), ""
            if waiting and loaded is not configuration.loaded:
                loaded, own = (
                    configuration.loaded,
                    kind_with(await asyncio.to_thread(configuration.plan_hash)),
                )
            if own in waiting:
                ended = await programs.run(
                    [sys.executable, "-c", _BEGIN, *files, *sys.path], dict(os.environ), os.getcwd(), LONGEST, _LAST_WORDS
                )  # fmt: skip
                if ended.status != 0:
                    wrong = configuration.redact(ended.output) or f"status {ended.status}"
        except Exception as error:  # noqa: BLE001 - it is told, and hinders nothing else
            wrong = str(error)
        if wrong != said:
            (log.warning if wrong else log.info)("jobs_not_made" if wrong else "jobs_made_again", error=wrong)
        said = wrong
