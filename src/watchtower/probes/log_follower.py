"""Follows a log file across rotation: whole lines only, each once, in bounded memory.

Renamed and created anew: the old file is read on, since its writer may lag, or never have been told. Copied and
truncated: what was written last is read from the copy. Rotated several times between two looks: files that came up
beside it meanwhile are read from their beginning, and one that grows though nobody should write to it is followed.
Where lines are gone (cut off without a copy, or packed before we looked), `lost` says so: nobody knows how many.
"""

from __future__ import annotations

import os
import re
import stat

from watchtower.values import Frozen

_CHUNK = 1 << 18
_LONGEST_LINE = 1 << 20
_HEAD, _ANCHOR = 256, 64
_MOST_TAILS = 3
_IDLE_LOOKS, _IDLE_LOOKS_ONCE_DELETED = 60, 2
"""Looks without a new line after which an old file is let go, once the new one is written to."""
_ROTATED = re.compile(r"[.-][0-9][0-9T._-]{0,30}")
_PACKED = re.compile(r"[.-][0-9][0-9T._-]{0,30}\.(gz|xz|zst|bz2|lz4|Z)")

_Inode = tuple[int, int]


class Follower:
    """Call `look` for rotation, then `take` lines until there are no more. The first look starts at the
    file's end."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lost = False
        """Lines that were written before the last look cannot be found any more."""
        self._tails: list[_Tail] = []
        """Oldest first; the last one is the file at `path`, if there is one."""
        self._beside: dict[_Inode, tuple[str, int]] | None = None
        """Rotated files by inode, with path and size, as they were at the last look; packed ones at -1."""

    @property
    def backlog(self) -> int:
        """Bytes that were written and not read yet."""
        return sum(tail.backlog for tail in self._tails)

    def look(self) -> bool:
        """Detects rotation. Returns false when there is no file at `path`. Raises OSError when it cannot be
        read."""
        self.lost = False
        try:
            found = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            found = None
        beside, first = self._rotated(), self._beside is None
        newest = self._tails[-1] if self._tails else None
        appeared = None
        if found is not None and (newest is None or newest.inode != _inode(found)):
            # A file that comes up while we look is new from its first byte.
            appeared = _Tail(self.path, at=None if first else 0)
        elif newest is not None and (cut := newest.noticed_truncation()):
            self._read_the_copy(newest, cut, beside)
        if not first:
            self._follow_others(beside, newest, rotated=appeared is not None and newest is not None)
        if appeared is not None:
            self._tails.append(appeared)
        self._beside = beside
        self._let_go()
        return found is not None

    def take(self) -> list[bytes] | None:
        """Returns more whole lines without their ends, perhaps none yet; None when everything is read."""
        for tail in self._tails:
            lines = tail.take()
            if lines is not None:
                return lines
        return None

    def close(self) -> None:
        for tail in self._tails:
            tail.close()
        self._tails = []

    def _rotated(self) -> dict[_Inode, tuple[str, int]]:
        """The rotated files beside it, recognised by a number or a date after the name, or before its ending."""
        directory, name = os.path.split(os.path.realpath(self.path))  # container engines put a link there
        stem, ending = os.path.splitext(name)
        found: dict[_Inode, tuple[str, int]] = {}
        try:
            with os.scandir(directory or ".") as entries:
                for entry in entries:
                    rest = entry.name[len(name) :] if entry.name.startswith(name) else ""
                    if not rest and entry.name.startswith(stem) and entry.name.endswith(ending):
                        rest = entry.name[len(stem) : len(entry.name) - len(ending)]
                    packed = _PACKED.fullmatch(rest) is not None
                    if packed or _ROTATED.fullmatch(rest):
                        seen = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(seen.st_mode):
                            found[_inode(seen)] = (entry.path, -1 if packed else seen.st_size)
        except OSError:
            pass  # it may be forbidden to list what may be read
        return found

    def _follow_others(
        self, beside: dict[_Inode, tuple[str, int]], newest: _Tail | None, *, rotated: bool
    ) -> None:
        """Follows rotated files that are still written to."""
        before, ours, packed = self._beside or {}, {tail.inode for tail in self._tails}, 0
        for inode, (path, size) in beside.items():
            at = before.get(inode, (path, 0))[1]
            if inode in ours or size == at:
                continue
            if size < 0:
                packed += 1
                continue
            try:
                other = _Tail(path, at=min(at, size))
            except OSError:
                self.lost = True
                continue
            if inode not in before and newest is not None and newest.is_copied_in(other):
                other.close()
            else:
                self._tails.insert(len(self._tails) - (0 if rotated else 1), other)
        gone = newest is not None and newest.deleted
        self.lost = self.lost or (rotated and packed > gone)

    def _read_the_copy(self, newest: _Tail, cut: _Known, beside: dict[_Inode, tuple[str, int]]) -> None:
        """Reads the lines between the last look and the truncation from the copy."""
        for path, size in beside.values():
            if size >= cut.offset:
                try:
                    copy = _Tail(path, at=cut.offset)
                except OSError:
                    continue
                if copy.goes_on_from(cut):
                    self._tails.insert(len(self._tails) - 1, copy)
                    return
                copy.close()
        self.lost = True

    def _let_go(self) -> None:
        """Closes old files once the new one is written to, because a deleted file that is open still fills
        the disk."""
        old, newest = self._tails[:-1], self._tails[-1:]
        for tail in old:
            limit = _IDLE_LOOKS_ONCE_DELETED if tail.deleted else _IDLE_LOOKS
            tail.idle_looks += 1
            if tail.idle_looks > limit and newest and newest[0].size:
                tail.close()
        idlest = sorted((tail for tail in old if not tail.closed), key=lambda tail: -tail.idle_looks)
        for tail in idlest[: max(0, len(idlest) + 1 - _MOST_TAILS)]:
            tail.close()
        self._tails = [tail for tail in self._tails if not tail.closed]


class _Known(Frozen):
    """How far a file was read, and the marks by which it is recognised."""

    head: bytes
    anchor: bytes
    offset: int
    rest: bytes
    skipping: bool


class _Tail:
    """An open file, and how far it was read. `at`: where to begin; None for its end."""

    def __init__(self, path: str, at: int | None) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self.closed = False
        self.idle_looks = 0
        self.inode = _inode(os.fstat(self._fd))
        self.offset = self.size if at is None else at
        self._head, self._anchor, self._rest = b"", b"", b""
        # Begun within a line: its other half is no line.
        self._skipping = self.offset > 0 and os.pread(self._fd, 1, self.offset - 1) != b"\n"
        self._remember()

    @property
    def size(self) -> int:
        return os.fstat(self._fd).st_size

    @property
    def deleted(self) -> bool:
        return os.fstat(self._fd).st_nlink == 0

    @property
    def backlog(self) -> int:
        return max(0, self.size - self.offset)

    def noticed_truncation(self) -> _Known | None:
        """What was known of the file before a truncation, even when it has outgrown its old size."""
        head, anchor = self._marks(self.offset)
        if self.size >= self.offset and head.startswith(self._head) and anchor == self._anchor:
            self._head = head
            return None
        before = _Known(self._head, self._anchor, self.offset, self._rest, self._skipping)
        self.offset, self._rest, self._skipping = 0, b"", False
        self._remember()
        return before

    def goes_on_from(self, before: _Known) -> bool:
        """Whether this is a copy of it, so that reading continues there."""
        head, anchor = self._marks(before.offset)
        if not head.startswith(before.head) or anchor != before.anchor:
            return False
        self.offset, self._rest, self._skipping = before.offset, before.rest, before.skipping
        return True

    def is_copied_in(self, other: _Tail) -> bool:
        """Whether the other file begins with the same content, so that this is its copy."""
        return self.offset > 0 and os.pread(other._fd, len(self._head), 0) == self._head

    def take(self) -> list[bytes] | None:
        chunk = os.pread(self._fd, _CHUNK, self.offset)
        if not chunk:
            return None
        self.offset += len(chunk)
        self.idle_looks = 0
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        if len(self._rest) > _LONGEST_LINE:
            self._rest, self._skipping = b"", True
        self._remember()
        # Zero bytes: a writer that did not append went on at its old place after a truncation.
        return [line.strip(b"\0\r") for line in lines]

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            os.close(self._fd)

    def _remember(self) -> None:
        self._head, self._anchor = self._marks(self.offset)

    def _marks(self, offset: int) -> tuple[bytes, bytes]:
        """The beginning of the file, and the bytes before the position that was read to."""
        start = max(0, offset - _ANCHOR)
        return os.pread(self._fd, min(_HEAD, max(offset, 1)), 0), os.pread(self._fd, offset - start, start)


def _inode(found: os.stat_result) -> _Inode:
    return found.st_dev, found.st_ino
