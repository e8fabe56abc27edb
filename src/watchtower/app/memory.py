"""What was made at the start or by a reload stays: the garbage collector need not look at it again and again."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path

_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of glibc's malloc.h, which otherwise rises to the largest block that was ever freed."""
_ARENA_MAX = -8
"""M_ARENA_MAX of the same."""
_MADV_DONTNEED = 4
"""Of mman.h: drop these pages from the process."""
COME_TO_STAY = 60.0
"""Seconds after a start or a reload in which most checks have run and have met their series."""
TIDY = 60.0
"""Seconds between two looks at what has grown old."""
YOUNG = 10_000
OLD = 15_000
"""Young and old objects that may be looked at in one piece: five milliseconds' worth, thirty on a machine that is busy."""
FEW = 2_000
"""Checks whose plan may be looked at in one piece."""
HELD = 30_000
"""What the old ones may hold between them: a dict of thousands of incidents is one object, each of its entries is looked at."""
_CONTAINERS = {dict, list, set, tuple}
_THRESHOLDS = 100_000, 1_000_000, 1_000_000
"""Only a burst within a second is collected by itself. Python counts what is made less what ends: where new replaces old, a
"young" generation of 2,000 grew to 48,000, and collecting it stopped the loop for 90 ms, just when everything was due."""


def share_heaps() -> None:
    """Threads allocate from two heaps; call it before there are any. Left to itself glibc gives each of them one, and a dozen
    of them keep a megabyte each that none of the others may use."""
    _mallopt(_ARENA_MAX, 2)


def settle(checks: int = 0) -> None:
    """Collect once, then leave all that is alive out of later collections. Call it when a new plan is in force.

    A full collection stops the event loop: 70 ms with 3,000 checks, which delays every probe that is due then. With
    the plan, the probes and the modules left out it takes 1 ms. What an earlier plan has left behind is looked at
    again first, so nothing is kept for ever; of a plan with so many checks that is next to nothing, and is left.
    """
    gc.set_threshold(*_THRESHOLDS)
    if checks <= FEW:
        gc.unfreeze()
        gc.collect()
    gc.freeze()


def sweep() -> None:
    """Free what only the collector finds among the young, once a second. A storm's are left out, as `tidy` leaves them out."""
    if len(gc.get_objects(generation=0)) <= YOUNG:
        gc.collect(0)
    else:
        gc.freeze()


def tidy() -> None:
    """Free what only the collector finds among those that are no longer young, as long as that is little to look at. Much is
    a storm's incidents: they are left out of collections until the next `settle`, and go one by one as they are over."""
    old = gc.get_objects()
    if len(old) <= OLD and sum(len(one) for one in old if type(one) in _CONTAINERS) <= HELD:
        del old
        gc.collect()
    else:
        gc.freeze()


def keep() -> None:
    """Leave out of later collections what has come to stay since, without looking at it: with 10,000 series and their
    detectors a collection takes 200 ms, and one would come every few seconds.

    What was read to restore them is free by now, in pieces that the allocator keeps; it is handed back.
    """
    gc.freeze()
    _hand_back_what_only_the_start_read()
    _mallopt(_MMAP_THRESHOLD, 1 << 20)  # a page of metrics, once sent, goes back at once
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def _mallopt(which: int, value: int) -> None:
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):  # only glibc has it
        libc.mallopt(which, value)


def _hand_back_what_only_the_start_read() -> None:
    """Libraries' code and tables that the start went through once leave the process; what is needed again is mapped
    again from the page cache, in a microsecond. Never a page that was written to: those are no longer the file's."""
    with contextlib.suppress(OSError):  # Linux only
        for start, length in _clean(Path("/proc/self/smaps").read_text(encoding="utf-8")):
            ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _MADV_DONTNEED)


def _clean(smaps: str) -> Iterator[tuple[int, int]]:
    """Start and length of each mapping of a file that cannot be written to, and was not before it was protected."""
    start = length = 0
    for line in smaps.splitlines():
        name, *rest = line.split()
        if not name.endswith(":"):
            ends = [int(end, 16) for end in name.split("-")]
            start, length = ends[0], ends[1] - ends[0]
            if "w" in rest[0] or rest[0][3] != "p" or rest[3] == "0":
                length = 0
        elif name == "Anonymous:" and rest[0] == "0" and length:
            yield start, length
