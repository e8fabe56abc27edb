"""webhook under contract: it asks nobody, but is told."""

from __future__ import annotations

from dataclasses import replace

from tests.probes.contract.entries.alertmanager import ENTRY as ALERTMANAGER

ENTRY = replace(ALERTMANAGER, kind="webhook")
