"""Imports without their optional parts: libraries try what is installed, and a sidecar pays for it in memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

UVICORN = ("click", "logging.config", "multiprocessing", "uvicorn.main")
"""For `hollow`: what uvicorn brings for its command line and its own processes and logs, 1 MB."""

SERVERS = ("http.server", "urllib.request", "wsgiref.simple_server")
"""For `hollow`: what prometheus_client brings to serve and to push by itself, 0.8 MB."""


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


@contextmanager
def hollow(*names: str) -> Iterator[None]:
    """Within this, these modules hold an empty class under every name that is asked for, unless they are loaded already.

    For what a library imports and we never call. Whoever imports such a module afterwards gets the real one.
    """
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = _Hollow(name)
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


class _Hollow(ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})
