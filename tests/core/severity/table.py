"""The rows of docs/severity.md as the indicators are declared: `python -m tests.core.severity.table` prints them."""

from __future__ import annotations

from watchtower.core.plan.indicators import INDICATORS
from watchtower.model import Severity


def lines() -> list[str]:
    return [
        f"| `{name}` |{''.join(f' {one.row[at]:,} |' if at in one.row else ' |' for at in (*Severity,)[:4])}"
        f" {one.description.en} |"
        for name, one in INDICATORS.items()
    ]


if __name__ == "__main__":
    print(*lines(), sep="\n")
