"""Imports without their optional parts: libraries try what is installed, and a sidecar pays for it in memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Within this, importing these modules fails as if they were not installed; one that is loaded already stays so.

    Only for what a library itself treats as optional. Its complaints that they are missing are not shown.
    """
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        # The import system's own word for "not there".
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in hidden:
            del sys.modules[name]
