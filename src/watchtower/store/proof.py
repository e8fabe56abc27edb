"""Whether a log is as it was written: a store's, or one that was exported to a file. Nothing is asked over the network.

An exported log is text: the daily roots, then the entries, one a line, each with its hash before it; at the end the hash
of all lines before.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path

from watchtower.errors import StoreError
from watchtower.store.chain import LogRoot, digest, link
from watchtower.store.store import Store
from watchtower.values import Mutable, field

EXPORTED = "watchtower log 1"
"""The first line of an exported log."""
_END = "end"


class Proof(Mutable):
    """What was found so far. Roots are given first, then the entries of one log after the other."""

    entries: int = 0
    logs: int = 0
    roots: list[LogRoot] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What is not as it was written, one line each."""
    _last: tuple[str, int, str] = ("", 0, "")
    _rooted: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """Heads of the roots that were not met yet: their chain, and the day."""
    _seen: set[str] = field(default_factory=set)

    def root(self, root: LogRoot) -> None:
        before = self.roots[-1] if self.roots else None
        self.roots.append(root)
        if (before and before.day >= root.day) or root.root != link(
            before.root if before else "", digest(f"{root.day} {root.heads}")
        ):
            self.faults.append(f"the root of {root.day} was changed, or one before it is missing")
            return
        for incident, seq, chain in json.loads(root.heads):
            self._rooted[incident, seq] = chain, root.day

    def entry(self, incident: str, seq: int, text: str, chain: str) -> None:
        last, number, before = self._last
        if incident != last:
            number, before = 0, ""
            self.logs += 1
            self._seen.add(incident)
        if seq != number + 1:
            self.faults.append(f"{incident}: entry {number + 1} is missing")
        elif chain != link(before, digest(text)):
            self.faults.append(f"{incident}: entry {seq} was changed, or the one before it")
        rooted, day = self._rooted.pop((incident, seq), (chain, ""))
        if rooted != chain:
            self.faults.append(f"{incident}: entry {seq} is another than in the root of {day}")
        self._last = incident, seq, chain
        self.entries += 1

    def gone(self) -> list[str]:
        """Ends it: entries at the end of a log that a root knows are missed now. Returns the incidents of which there is
        no log any more, as after the retention; each with the last day on which it grew."""
        gone = {}
        for (incident, seq), (_, day) in self._rooted.items():
            if incident in self._seen:
                self.faults.append(f"{incident}: entry {seq}, which the root of {day} knows, is missing")
            else:
                gone[incident] = day
        return [f"{incident} ({day})" for incident, day in gone.items()]


async def prove_store(store: Store, proof: Proof) -> None:
    """Reads a store that is open. Raises StoreError where it cannot be read."""
    for fault in await store.damages():
        proof.faults.append(f"the file is damaged: {fault}")
    for root in await store.roots():
        proof.root(root)
    async with aclosing(store.whole_log()) as log:
        async for incident, seq, text, chain in log:
            proof.entry(incident, seq, text, chain)


async def exported(store: Store) -> AsyncGenerator[str, None]:
    """The lines of the exported log, each with its end."""
    lines, whole = _lines(store), sha256()
    async with aclosing(lines):
        async for line in lines:
            whole.update(line.encode())
            yield line
    yield f"{whole.hexdigest()} {_END}\n"


async def _lines(store: Store) -> AsyncGenerator[str, None]:
    yield f"{EXPORTED}\n"
    for root in await store.roots():
        yield f"{root.root} {root.day} {root.heads}\n"
    async with aclosing(store.whole_log()) as log:
        async for _, seq, text, chain in log:
            yield f"{chain} {seq} {text}\n"


def prove_exported(file: Path, proof: Proof) -> None:
    """Reads an exported log. Raises StoreError where it is none."""
    whole, ended = sha256(), False
    try:
        for number, line in enumerate(_whole_lines(file), 1):
            if number == 1:
                if line != EXPORTED:
                    raise StoreError(
                        f'{file} is neither a store nor an exported log, which begins with "{EXPORTED}"'
                    )
            elif ended:
                raise ValueError("something follows its end")
            else:
                chain, name, *text = line.split(" ", 2)
                ended = name == _END
                if ended and (text or chain != whole.hexdigest()):
                    raise ValueError("its end does not fit what stands before")
                if text and name.isascii() and name.isdigit():
                    proof.entry(json.loads(text[0])[0], int(name), text[0], chain)
                elif text:
                    proof.root(LogRoot(name, text[0], chain))
            whole.update(f"{line}\n".encode())
        if not ended:
            raise ValueError("its end is missing")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        said = str(error) if type(error) is ValueError else "a line is none of a log"
        proof.faults.append(f"the file was changed: {said}")


def _whole_lines(file: Path) -> Iterator[str]:
    """Lines without their ends. Raises ValueError for what is no UTF-8, or for a last line without an end."""
    with file.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                raise ValueError("its last line is cut off")
            yield line[:-1].decode()
