"""Tags of causes: one spelling, so that they can be counted."""

from __future__ import annotations

import re


def tag_of(text: str) -> str:
    """`Bad Deploy` -> `bad-deploy`; empty when nothing of it can be in a tag."""
    return re.sub(r"[^\w]+", "-", text.strip().lower()).strip("-_")[:60]
