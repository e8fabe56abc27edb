"""The console script's entry point. `watchtower ack` does not wait for the daemon's imports, and the daemon
does not carry what only commands need."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from watchtower.cli.signals import hung_up, until_started

if sys.argv[1:2] in (["run"], ["work"]):
    until_started()  # before the first import that takes long


def main() -> None:
    """The console script. Exit status 0: done; 1: refused; 2: bad usage or configuration."""
    if sys.argv[1:2] == ["run"] and (paths := given_paths(sys.argv[2:])) is not None:
        from watchtower.app.serving import serve

        serve(paths.get("--rules"), paths.get("--checks"), hung_up)
    from watchtower.cli.commands import group
    from watchtower.cli.terminal import guard_terminal

    if sys.argv[1:2] not in (["run"], ["demo"]):  # they write lines of their own, and a moving picture
        guard_terminal()
    sys.exit(group(prog_name="watchtower", standalone_mode=True))


def given_paths(words: Sequence[str]) -> Mapping[str, str] | None:
    """Returns the arguments after `run` if they are only its two options, else None: then click parses them.
    click takes 2.4 MB that a daemon would never free."""
    names, values = words[::2], words[1::2]
    if (
        len(names) != len(values)
        or len(set(names)) != len(names)
        or any(one.startswith("-") for one in values)
    ):
        return None
    return dict(zip(names, values, strict=True)) if {*names} <= {"--rules", "--checks"} else None
