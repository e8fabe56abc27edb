"""The kinds of log entries about checklists."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from watchtower.core.incident.payload import Payload, kinds
from watchtower.model import Instant, Text


class NewStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step of a checklist that was opened."""

    en: str
    zh: str
    role: str = ""
    due: Instant | None = None
    auto: str = ""


class ChecklistOpened(Payload):
    """The steps of a procedure joined the incident's checklist."""

    kind = "sop.opened"
    sop: str
    severity: str
    steps: Sequence[NewStep]
    title: Text | None = None
    url: str | msgspec.UnsetType = msgspec.UNSET


class StepAdded(Payload):
    """A person added a step."""

    kind = "sop.added"
    en: str
    zh: str = ""
    via: str = ""
    owner: str = ""
    role: str = ""
    due: Instant | None = None


class _OfStep(Payload):
    n: int
    step: str = ""
    via: str = ""


class StepDone(_OfStep):
    """A step was ticked, by a person or by what happened (`auto`)."""

    kind = "sop.done"
    auto: str = ""


class StepSkipped(_OfStep):
    """A step was left out, with a reason."""

    kind = "sop.skipped"


class StepReopened(_OfStep):
    """A step was unticked."""

    kind = "sop.undone"


class StepsReminded(Payload):
    """People were reminded of steps that are overdue."""

    kind = "sop.nudged"
    steps: Sequence[int]
    roles: Sequence[str] = ()


KINDS = kinds(ChecklistOpened, StepAdded, StepDone, StepSkipped, StepReopened, StepsReminded)
