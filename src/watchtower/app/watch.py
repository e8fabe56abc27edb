"""Have the configuration files changed? Asked every few seconds; an editor in the middle of saving is waited for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Signature = frozenset[tuple[str, int, int, int]]


class Watch:
    """`changed` is true once after the files have changed and then stayed the same for one look."""

    def __init__(self, files: Iterable[Path], folder: Path) -> None:
        self._folder = folder
        self.take(files)

    def take(self, files: Iterable[Path]) -> None:
        """From now on, these; the folder is looked at for new files too."""
        self._files = tuple(files)
        self._settled = self._seen = self._look()

    def changed(self) -> bool:
        now = self._look()
        still, self._seen = now == self._seen, now
        if still and now != self._settled:
            self._settled = now
            return True
        return False

    def _look(self) -> Signature:
        found = set(self._files)
        if self._folder.is_dir():
            found.update(p for p in self._folder.iterdir() if p.suffix in (".toml", ".py"))
        out = set()
        for file in found:
            try:
                stat = file.stat()
            except OSError:
                continue  # gone, or about to be put back by an editor: that too is a change
            out.add((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return frozenset(out)
