"""What docs/incidents.md shows of the incident table: `python -m tests.docs.incident_page` draws it anew."""

from __future__ import annotations

import re
from pathlib import Path

from watchtower.core.incident.transitions import CLEARS, STAMPS, START, TABLE, IncidentSignal
from watchtower.model import IncidentState

PAGE = Path(__file__).parents[2] / "docs" / "incidents.md"
BLOCK = re.compile(r"(<!-- (\w+): begin -->\n).*?(<!-- \2: end -->)", re.DOTALL)


def diagram() -> str:
    """A Mermaid state diagram; signals that lead from one state to the same other one share an arrow."""
    arrows: dict[tuple[IncidentState, IncidentState], list[IncidentSignal]] = {}
    for (state, signal), after in TABLE.items():
        if after is not None and after is not state:
            arrows.setdefault((state, after), []).append(signal)
    lines = [
        f"    {state} --> {after}: {', '.join(signals)}"
        for state in IncidentState
        for after in IncidentState
        if (signals := arrows.get((state, after)))
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {START}", *lines, "```", ""])


def table() -> str:
    """Every signal times every state, then the fields that the signal changes."""
    head = ["Signal", *IncidentState, "Time kept in", "Cleared"]
    rows = [
        [
            f"`{signal}`",
            *(TABLE[state, signal] or "" for state in IncidentState),
            f"`{STAMPS[signal]}`" if signal in STAMPS else "",
            ", ".join(f"`{field}`" for field in CLEARS[signal]),
        ]
        for signal in IncidentSignal
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *rows])


def drawn(page: str) -> str:
    """The page with its two blocks as the table says."""
    blocks = {"diagram": diagram(), "table": table()}
    return BLOCK.sub(lambda block: block[1] + blocks[block[2]] + block[3], page)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
