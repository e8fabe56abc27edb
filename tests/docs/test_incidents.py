"""docs/incidents.md shows the incident table that runs."""

from __future__ import annotations

import re

from tests.docs.incident_page import PAGE, drawn
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.incident.transitions import IncidentSignal

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_is_drawn_from_the_table() -> None:
    assert drawn(TEXT) == TEXT, "run: python -m tests.docs.incident_page"


def test_every_signal_and_every_kind_is_explained() -> None:
    words = re.findall(r"^\| `(\w+)(?::NAME)?` \| [^|]+ \|$", TEXT, re.MULTILINE)
    assert words == [*IncidentSignal, *IncidentKind]
