"""Imports without their optional parts: libraries try what is installed, and a sidecar pays for it in memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

UVICORN = ("click", "configparser", "logging.config", "multiprocessing", "uvicorn.main")
"""For `hollow`: what uvicorn brings for its command line and its own processes and logs, 1 MB."""

SERVERS = ("gzip", "http.server", "socketserver", "urllib.error", "urllib.request", "wsgiref.simple_server")
"""For `hollow`: what prometheus_client brings to serve and to push by itself, 0.8 MB."""


NO_PLUGINS = ModuleType("importlib.metadata")
"""For `instead`: APScheduler looks three times through every installed package for plug-ins that nobody names here, 40 ms."""
vars(NO_PLUGINS).update(entry_points=lambda **_: (), version=lambda _: "0")


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Within this, importing these modules fails as if they were not installed; one that is loaded already stays so.

    Only for what a library itself treats as optional. Its complaints that they are missing are not shown.
    """
    # None is the import system's own word for "not there".
    with instead(dict.fromkeys(names)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def hollow(*names: str) -> Iterator[None]:
    """Within this, these modules hold an empty class under every name that is asked for, unless they are loaded already.

    For what a library imports and we never call.
    """
    with instead({name: _Hollow(name) for name in names}):
        yield


@contextmanager
def instead(modules: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """Within this, these stand in for the modules of their names that are not loaded yet; afterwards the real ones are there."""
    put = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(put)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in put:
            del sys.modules[name]


class _Hollow(ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})
