"""Carrying out what degradation plans owe: a call, a program, a file. Recorded first, at least once, under one key."""

from watchtower.switches.executor import Executor

__all__ = ["Executor"]
