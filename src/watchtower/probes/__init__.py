"""Probes, and the names for writing your own:

    from watchtower.probes import Fact, Probe, Reading, Settings, down, unknown, up

See docs/probes/your-own.md. The kinds that watchtower brings are listed in `registry.py`.
"""

from watchtower.fields import Duration, Field, Secret, Settings
from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.probes.contract import Probe, Services, Target, down, unknown, up

__all__ = [
    "Duration",
    "Fact",
    "Facts",
    "Field",
    "Outcome",
    "Probe",
    "Reading",
    "Secret",
    "Services",
    "Settings",
    "Target",
    "Unit",
    "down",
    "unknown",
    "up",
]
