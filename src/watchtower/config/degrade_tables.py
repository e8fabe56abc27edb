"""`[degrade.NAME]` with the kinds of actions that execute it."""

from __future__ import annotations

from typing import Any

from watchtower.core.plan.degrade import DegradePlan
from watchtower.fields import Field, Settings, model_validator
from watchtower.switches.command import CommandAction
from watchtower.switches.flag import FlagAction
from watchtower.switches.webhook import WebhookAction


class ActionTable(Settings):
    """An action is written in exactly one of three ways."""

    webhook: WebhookAction | None = Field(default=None, description="A call.")
    command: CommandAction | None = Field(default=None, description="A program.")
    flag: FlagAction | None = Field(default=None, description="A file with a value.")

    @model_validator(mode="after")
    def _one(self) -> ActionTable:
        if sum(one is not None for one in (self.webhook, self.command, self.flag)) != 1:
            raise ValueError("write exactly one of webhook, command, flag")
        return self

    @property
    def way(self) -> WebhookAction | CommandAction | FlagAction:
        way = self.webhook or self.command or self.flag
        assert way is not None
        return way


class DegradeTable(DegradePlan):
    """A degradation plan: a switch that makes an incident smaller."""

    action: ActionTable | None = Field(default=None, description="What throws the switch.")
    rollback: ActionTable | None = Field(
        default=None, description="What takes it back. Default, for a flag: what the file held before."
    )


DEGRADE_PLAIN = frozenset(DegradeTable.written_fields) - {"action", "rollback"}
"""In these keys `${…}` is a text like any other."""


def plan_of(name: str, table: DegradeTable, program: Any, source: str) -> DegradePlan:
    """Returns the plan as the engine knows it. `program` is its compiled `verify.when`."""
    flag = table.action.flag if table.action else None
    made = {
        "name": name,
        "source": source,
        "verify": table.verify and table.verify.model_copy(update={"program": program}),
        "action": table.action and table.action.way,
        "rollback": table.rollback.way if table.rollback else flag,
    }
    return table.model_copy(update=made)
