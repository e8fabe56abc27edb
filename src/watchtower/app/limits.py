"""Limits that the system sets for one process."""

from __future__ import annotations

import resource


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
