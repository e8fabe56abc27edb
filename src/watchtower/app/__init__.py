"""The daemon: wiring, start, reload, and stop in reverse order."""

from watchtower.app.daemon import Daemon

__all__ = ["Daemon"]
