"""The daemon: wiring, start, reload, and stop in reverse order; and who of several leads."""

from watchtower.app.leadership import Leadership

__all__ = ["Leadership"]
