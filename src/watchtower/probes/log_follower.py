"""Follows a log file across rotation: whole lines only, each once, in bounded memory.

Both ways of rotating are understood: renamed and created anew (another inode: what is left of the old file
is read first, and once more at the next look, since its writer may lag), and copied and truncated (the file
is shorter than what was read of it, or begins otherwise).
"""

from __future__ import annotations

import os

_CHUNK = 1 << 18
_LONGEST_LINE = 1 << 20
_HEAD = 256
_LOOKS_AT_A_ROTATED_FILE = 2


class Follower:
    """`look` where the file is now, then `take` lines until there are no more. The first look starts at the end."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._tails: list[_Tail] = []
        """Oldest first; the last one is the file at `path`, if there is one."""
        self._looked = False

    @property
    def backlog(self) -> int:
        """Bytes that are written and not read."""
        return sum(tail.backlog for tail in self._tails)

    def look(self) -> bool:
        """Notice rotation; false when there is no file at `path`. Raises OSError when it cannot be read."""
        try:
            found = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            found = None
        for tail in self._tails[:-1]:
            tail.looks_left -= 1
            if tail.looks_left <= 0:
                tail.close()
        self._tails = [tail for tail in self._tails if not tail.closed]
        newest = self._tails[-1] if self._tails else None
        if found is not None and (newest is None or not newest.is_file(found)):
            # A file that comes up while we look is new from its first byte.
            self._tails.append(_Tail(self.path, at_end=not self._looked))
        elif newest is not None:
            newest.notice_truncation()
        self._looked = True
        return found is not None

    def take(self) -> list[bytes] | None:
        """Some more whole lines, without their ends, perhaps none yet; None when everything is read."""
        for tail in self._tails:
            lines = tail.take()
            if lines is not None:
                return lines
        return None

    def close(self) -> None:
        for tail in self._tails:
            tail.close()
        self._tails = []


class _Tail:
    """One open file, and how far it was read."""

    def __init__(self, path: str, at_end: bool) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self.closed = False
        self.looks_left = _LOOKS_AT_A_ROTATED_FILE
        self._offset = os.fstat(self._fd).st_size if at_end else 0
        self._rest = b""
        # Begun within a line: its other half is no line.
        self._skipping = self._offset > 0 and os.pread(self._fd, 1, self._offset - 1) != b"\n"
        self._head = os.pread(self._fd, _HEAD, 0)

    @property
    def backlog(self) -> int:
        return max(0, os.fstat(self._fd).st_size - self._offset)

    def is_file(self, found: os.stat_result) -> bool:
        return os.path.samestat(found, os.fstat(self._fd))

    def notice_truncation(self) -> None:
        head = os.pread(self._fd, _HEAD, 0)
        if os.fstat(self._fd).st_size < self._offset or not head.startswith(self._head):
            self._offset, self._rest, self._skipping = 0, b"", False
        self._head = head

    def take(self) -> list[bytes] | None:
        chunk = os.pread(self._fd, _CHUNK, self._offset)
        if not chunk:
            return None
        self._offset += len(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        if len(self._rest) > _LONGEST_LINE:
            self._rest, self._skipping = b"", True
        # Zero bytes: a writer that did not append went on at its old place after a truncation.
        return [line.strip(b"\0\r") for line in lines]

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._fd)
