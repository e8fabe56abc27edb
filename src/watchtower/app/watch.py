"""Detects changed configuration files. A file that is still being written is waited for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from math import inf
from pathlib import Path

Signature = frozenset[tuple[str, int, int, int]]


class Watch:
    """`changed` is true once after the files have changed and then stayed the same for one look."""

    def __init__(self, files: Iterable[Path], folder: Path, read_at: float = inf) -> None:
        """They were read first at `read_at`, in seconds since the epoch: one that was saved later has changed."""
        self._folder = folder
        self._settled: Signature
        self.take(files)
        self._settled = frozenset(each for each in self._settled if each[1] < read_at * 1e9)

    def take(self, files: Iterable[Path], read_at: Signature | None = None) -> None:
        """From now on, these; the folder is looked at for new files too.

        `read_at` is how the files looked before they were read: one that was saved meanwhile has changed.
        """
        self._files = tuple(files)
        now = self.look()
        self._seen = now
        if read_at is None:
            self._settled = now
        else:
            known = {each[0] for each in read_at}
            self._settled = frozenset(each for each in now if each[0] not in known or each in read_at)

    def changed(self) -> bool:
        now = self.look()
        still, self._seen = now == self._seen, now
        if still and now != self._settled:
            self._settled = now
            return True
        return False

    def look(self) -> Signature:
        """Lists the files with their state on disk."""
        found, out = set(self._files), set()
        try:
            names = os.listdir(self._folder)
        except OSError as error:  # a mount that is gone or forbidden: reading says what that means
            names = []
            out.add((str(self._folder), 0, 0, error.errno or 0))
        found.update(self._folder / name for name in names if name.endswith((".toml", ".py")))
        for file in found:
            try:
                stat = file.stat()
            except OSError:
                continue  # gone, or about to be put back by an editor: that too is a change
            out.add((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return frozenset(out)
