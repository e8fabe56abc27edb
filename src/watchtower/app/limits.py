"""What the system lets one process have."""

from __future__ import annotations

import resource


def raise_open_files() -> tuple[int, int]:
    """Raise the soft limit of open files to the hard one; what it was and what it is now.

    Two thousand targets that hang are two thousand sockets, and the usual soft limit is 1,024.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return soft, soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # a kernel with a lower ceiling of its own
        return soft, soft
    return soft, hard
