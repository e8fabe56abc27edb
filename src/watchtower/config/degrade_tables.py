"""`[degrade.NAME]`: degradation plans, and what carries them out."""

from __future__ import annotations

import os
import shutil
from typing import Any, Literal

from watchtower.channels.urls import (
    problem_of_headers,
    problem_of_proxy,
    problem_of_secret,
    problem_of_url,
)
from watchtower.channels.verdict import Verdict
from watchtower.config.names import Name
from watchtower.core.plan.degrade import DegradePlan, Guard, Mode, Trigger, Verify
from watchtower.fields import Duration, Field, Secret, Settings, Words, model_validator
from watchtower.model import Severity

_LONGEST = 120.0


class TriggerTable(Settings):
    """When the plan is worth suggesting: all that is given must hold."""

    level: Severity | None = Field(default=None, description="The incident is at least so bad.")
    signal: tuple[str, ...] = Field(default=(), description="One of these rules fires in it.")
    dependency: tuple[str, ...] = Field(
        default=(), description="One of these checks is down, or an alert fires on it."
    )


class WebhookAction(Verdict):
    """A call that throws the switch. What its answer means is told as for channels."""

    url: Secret = Field(description="Where the JSON of the run is posted to.")
    method: Literal["POST", "PUT", "PATCH"] = Field(default="POST", description="POST, PUT or PATCH.")
    headers: dict[str, Secret] = Field(default={}, description="Further headers.")
    body: dict[str, Any] = Field(default={}, description="Further keys of the JSON that is posted.")
    secret: Secret | None = Field(default=None, description="Key of the signature, as for [channel.webhook].")
    ca_file: str = Field(default="", description="Authorities to trust, instead of the public ones.")
    proxy: Secret = Field(default=Secret(""), description="An http:// proxy that the call goes by.")
    timeout: Duration = Field(default=10.0, gt=0, le=_LONGEST, description="For one attempt.")

    @model_validator(mode="after")
    def _can_be_called(self) -> WebhookAction:
        problem = problem_of_url(self.url.get_secret_value())
        if problem:
            raise ValueError(f"url: {problem}")
        problem = (
            problem_of_headers(self.headers)
            or problem_of_secret("secret", self.secret)
            or problem_of_proxy(self.proxy)
        )
        if problem:
            raise ValueError(problem)
        return self


class CommandAction(Settings):
    """A program that throws the switch; no shell reads its arguments."""

    run: tuple[str, ...] = Field(
        min_length=1, description="The program and its arguments, each a text of its own."
    )
    env: dict[str, Secret] = Field(default={}, description="Its environment, beyond PATH, LANG and TZ.")
    cwd: str = Field(default="/", description="The directory to run it in.")
    timeout: Duration = Field(default=30.0, gt=0, le=600.0, description="Then it is ended, and has failed.")


class FlagAction(Settings):
    """A file that the product reads: written to throw the switch."""

    file: str = Field(min_length=1, description="Its path, in a folder that this process may write.")
    value: str = Field(default="on", max_length=4096, description="What is written.")


class ActionTable(Settings):
    """Exactly one of three ways."""

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


class GuardTable(Settings):
    """What keeps the switch from doing harm."""

    max_per_day: int = Field(default=3, ge=1, description="How often it may run within 24 hours.")
    ttl: Duration | None = Field(
        default=None, gt=0, description="It is rolled back after so long. Default: never by itself."
    )
    blast_radius_note: Words | None = Field(
        default=None, description="What else it affects, for who approves."
    )
    needs_drill_within: Duration = Field(
        default=90 * 86400.0, gt=0, description="auto needs to have been seen to work within so long."
    )


class VerifyTable(Settings):
    """How it is seen to help."""

    check: str = Field(min_length=1, description="The check whose next observation tells.")
    when: str = Field(min_length=1, description="A CEL expression over its facts that must be true.")
    within: Duration = Field(default=120.0, gt=0, description="By when; else the plan has failed.")


class DegradeTable(Settings):
    """A degradation plan: a switch that makes an incident smaller."""

    why: Words = Field(description="What it does and why that helps.")
    flow: str = Field(default="", description="The flow that it is for. Default: any, by its trigger.")
    trigger: TriggerTable = Field(default=TriggerTable(), description="When it is worth suggesting.")
    mode: Mode = Field(
        default=Mode.APPROVE, description="suggest: shown; approve: somebody is asked; auto: by itself."
    )
    approver_role: Name = Field(default="product", description="The role that is asked.")
    action: ActionTable | None = Field(default=None, description="What throws the switch.")
    rollback: ActionTable | None = Field(
        default=None, description="What takes it back. Default, for a flag: what the file held before."
    )
    guard: GuardTable = Field(default=GuardTable(), description="What keeps it from doing harm.")
    verify: VerifyTable | None = Field(default=None, description="How it is seen to help.")
    user_text: Words | None = Field(default=None, description="What users are told while it is in force.")


DEGRADE_PLAIN = frozenset(DegradeTable.declared_fields) - {"action", "rollback"}
"""Keys in which `${…}` is a text like any other."""


def plan_of(name: str, table: DegradeTable, program: Any, source: str) -> DegradePlan:
    """The plan as the engine knows it; `program` is its compiled `verify.when`."""
    guard, verify, trigger = table.guard, table.verify, table.trigger
    flag = table.action.flag if table.action else None
    return DegradePlan(
        name=name,
        why=table.why,
        flow=table.flow,
        trigger=Trigger(trigger.level, trigger.signal, trigger.dependency),
        mode=table.mode,
        approver_role=table.approver_role,
        guard=Guard(guard.max_per_day, guard.ttl or 0.0, guard.blast_radius_note, guard.needs_drill_within),
        verify=Verify(verify.check, verify.when, program, verify.within) if verify and program else None,
        action=table.action.way if table.action else None,
        rollback=table.rollback.way if table.rollback else flag,
        user_text=table.user_text,
        source=source,
    )


def program_found(program: str) -> bool:
    """Is it on this machine?"""
    return bool(shutil.which(program, path=PATH)) if os.sep not in program else os.access(program, os.X_OK)


PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs that are named without a folder are looked for."""
