"""Libraries that only some kinds of probe need, and that are optional dependencies."""

from __future__ import annotations

import importlib.util

from watchtower.errors import install


def need(module: str, extra: str) -> None:
    """Raises ValueError, which becomes a problem of the file, when `module` is not installed."""
    if importlib.util.find_spec(module) is None:
        raise ValueError(f"this probe needs {module}, which is not installed: {install(extra)}")
