"""Work in a thread of its own: it waits for no place in a pool, and nobody waits for it when the daemon ends.

For what blocks and has its own deadline. The event loop's pool is for work that ends by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def own_thread(work: Callable[[], Result], name: str, within: float) -> Result:
    """What `work` returns or raises. Raises TimeoutError after `within` seconds: the thread is then left to its end;
    OSError (EAGAIN) when there is no thread to be had."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(set_it: Callable[[Any], None], what: Any) -> None:
        if not done.done():
            set_it(what)

    def run() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = done.set_result, work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, whoever waits is to hear it
            outcome = done.set_exception, error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, *outcome)

    try:
        threading.Thread(target=run, name=name, daemon=True).start()
    except RuntimeError as error:  # the container may have no more threads
        raise OSError(errno.EAGAIN, str(error)) from None
    async with asyncio.timeout(within):
        return await done
