"""Long answers are read in a thread of their own, so that the event loop goes on meanwhile.

Whatever is done there takes a time that grows with the length of the text, and gives the interpreter away every few
milliseconds: it is Python, or RE2, or a decoder of slices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SHORT = 8192
"""Bytes that are read at once: handing them over would cost more."""
_POOL = ThreadPoolExecutor(2, thread_name_prefix="read")


async def read_aside(size: int, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Returns the result of `read`, which processes about so many bytes."""
    if size <= _SHORT:
        return read(*args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: read(*args, **kwargs))
