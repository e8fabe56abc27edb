"""Runs a program to its end: no shell, a pipe of our own, and all that it has started is killed with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence

from watchtower.values import Frozen


class CannotRun(Exception):
    """The program could not be started; the text says why."""


class Ended(Frozen):
    """`status` is the exit status, None where its time was over; `output` the first bytes of what it wrote."""

    status: int | None
    output: str
    seconds: float


async def run(command: Sequence[str], env: Mapping[str, str], cwd: str, within: float, most: int) -> Ended:
    """Its end, after so many seconds at the latest; at most so many bytes of its output are kept. Raises CannotRun."""
    started = time.monotonic()
    # A pipe of our own: with asyncio's, wait() lasts until every child left behind has closed it too.
    ours, theirs = os.pipe()
    output = await _Output.of(ours, most)
    try:
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=env, cwd=cwd,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "cannot be run"
            raise CannotRun(said) from None
        finally:
            os.close(theirs)
        status = await _ended(process, within - (time.monotonic() - started))
        seconds = time.monotonic() - started
        if status is not None:
            await output.end(within=0.5)
        return Ended(status, bytes(output.kept).decode("utf-8", "replace"), seconds)
    finally:
        output.close()


async def _ended(process: asyncio.subprocess.Process, within: float) -> int | None:
    try:
        async with asyncio.timeout(within):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        # Also after a good end: a child left behind would hold the output open.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


class _Output(asyncio.Protocol):
    """A program's output. What is beyond `most` bytes is let go, so that the program does not stand still."""

    def __init__(self, most: int) -> None:
        self.kept, self._most = bytearray(), most
        self._ended = asyncio.Event()
        self._transport: asyncio.BaseTransport | None = None

    @classmethod
    async def of(cls, descriptor: int, most: int) -> _Output:
        """Reads a pipe and closes it at the end."""
        pipe = os.fdopen(descriptor, "rb", buffering=0)
        _, output = await asyncio.get_running_loop().connect_read_pipe(lambda: cls(most), pipe)
        return output

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.kept += data[: self._most - len(self.kept)]

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended.set()

    async def end(self, within: float) -> None:
        """Returns when all has been read, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._ended.wait()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
