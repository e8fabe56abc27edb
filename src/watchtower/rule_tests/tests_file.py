"""The tables of `tests/rules/*.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from watchtower.channels import kinds
from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.core.degrade.table import RunState
from watchtower.fields import (
    DURATION_PATTERN,
    AfterValidator,
    BeforeValidator,
    Duration,
    Field,
    Settings,
    WithJsonSchema,
)
from watchtower.model import IncidentState, Severity
from watchtower.names import FreeName, Name
from watchtower.page_kinds import PageKind
from watchtower.replay.people_actions import ACK, NAMES
from watchtower.rule_tests.incident_view import ClockState, TimeWindow, parse_window

if TYPE_CHECKING:
    ChannelKind = str
else:
    ChannelKind = Literal[*kinds()]


_SOMEBODY = r"^[^ ]+ by (email|sms|webhook)$"


def _moment(value: str) -> str:
    try:
        zoned = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        zoned = False
    if not zoned:
        raise ValueError(
            f'"{value}" is no moment with a zone: write "2026-11-21T08:00:00+08:00" or "…T00:00:00Z"'
        )
    return value


def _somebody(value: str) -> str:
    if not re.match(_SOMEBODY, value):
        raise ValueError(f'"{value}" does not say who and how: write "li by sms"')
    return value


Moment = Annotated[str, AfterValidator(_moment)]


def _window(value: Any) -> TimeWindow:
    if isinstance(value, str):
        return parse_window(value)
    raise ValueError('write a time from the start such as "10m", or a window such as "9m..12m"')


def _action(value: str) -> str:
    if value not in NAMES:
        raise ValueError(f'there is no action "{value}"; actions: {", ".join(NAMES)}')
    return value


_WINDOW = f"{DURATION_PATTERN[:-1]}(\\.\\.{DURATION_PATTERN[1:-1]})?$"
Window = Annotated[
    TimeWindow, BeforeValidator(_window), WithJsonSchema({"type": "string", "pattern": _WINDOW})
]
"""`10m`, or `9m..12m`."""
Somebody = Annotated[str, AfterValidator(_somebody), Field(json_schema_extra={"pattern": _SOMEBODY})]


class AlertTable(Settings):
    """An alert; what is left out may be anything."""

    rule: FreeName = Field(description='The rule\'s name; "watchtower-no-data" is the built-in one.')
    check: Name | None = Field(default=None, description="The check it is about.")
    series: str | None = Field(default=None, description="The series it is about.")
    severity: Severity | None = Field(default=None, description="P0 to P4.")


class IncidentTable(Settings):
    """An incident; what is left out may be anything."""

    title: str | None = Field(default=None, description="Its title, in English.")
    flow: str | None = Field(default=None, description="The flow it is about.")
    flows: tuple[str, ...] | None = Field(default=None, description="All flows that it concerns.")
    severity: Severity | None = Field(default=None, description="Its severity now.")
    record: Severity | None = Field(default=None, description="The worst severity so far.")
    state: IncidentState | None = Field(default=None, description="triggered, acknowledged or mitigated.")
    onset: Window | None = Field(default=None, description="When it began: 10m, or a window, 9m..12m.")
    mitigated: Window | None = Field(default=None, description="Since when nothing of it fires.")
    acknowledged_by: str | None = Field(default=None, description="The responders, separated by a comma.")
    roles: Mapping[str, Name] | None = Field(
        default=None, description='Who took or was given these roles, such as commander = "li".'
    )
    clocks: Mapping[str, ClockState] | None = Field(
        default=None, description='Where these SLA clocks stand, such as acknowledge = "met".'
    )
    duties: Mapping[str, DutyStanding] | None = Field(
        default=None,
        description="Where these duties to report stand: clear, watch, triggered, not_applicable.",
    )
    plans: Mapping[str, RunState] | None = Field(
        default=None, description='How far these degradation plans are, such as standby = "suggested".'
    )
    hints: tuple[str, ...] | None = Field(
        default=None, description="Each is a part of a note that watchtower added by itself."
    )


class PageTable(Settings):
    """A page; what is left out may be anything."""

    to: Name = Field(description="The responder.")
    by: ChannelKind | None = Field(default=None, description="A kind of channel, as sms.")
    kind: PageKind | None = Field(default=None, description="Why it was sent: new, upgrade or another kind.")
    severity: Severity | None = Field(default=None, description="The severity of the page.")


class InputTable(Settings):
    """The samples of one check. Further keys are measurements of the check, by their names."""

    model_config: ClassVar[Any] = {"extra": "allow"}

    check: Name = Field(description="The check, as checks/ names it.")
    series: str = Field(default="", description="Which series, where the check measures several.")
    location: str = Field(
        default="", description="Which of the check's locations sees this. Default: all of them."
    )
    every: Duration | None = Field(
        default=None, ge=0.1, description="Time between two polls. Default: the check's own."
    )
    outcome: str = Field(
        default="", description='"up", or a letter a poll: - up, x down, ? unknown, _ no data.'
    )
    reason: str = Field(default="", description="One word on why it is not up, for all polls that are not.")


class ExpectTable(Settings):
    """The expected result: at a moment (`at`), or between two (`from`, `until`). Times count from the start."""

    at: Duration | None = Field(
        default=None, ge=0, description="A moment; everything of that moment has happened."
    )
    from_: Duration | None = Field(default=None, alias="from", ge=0, description="Default: the start.")
    until: Duration | None = Field(default=None, ge=0, description="Default: the end of the test.")
    alerts: tuple[str | AlertTable, ...] | None = Field(
        default=None, description="With at: exactly these fire."
    )
    pending: tuple[str | AlertTable, ...] | None = Field(
        default=None, description="With at: exactly these are pending."
    )
    incidents: tuple[IncidentTable, ...] | None = Field(
        default=None, description="With at: exactly these are open."
    )
    paged: tuple[Somebody | PageTable, ...] | None = Field(
        default=None, description="Exactly these are paged: between from and until, or from the start to at."
    )
    fires: tuple[str | AlertTable, ...] | None = Field(
        default=None, description="Each begins to fire between from and until."
    )
    resolves: tuple[str | AlertTable, ...] | None = Field(
        default=None, description="Each ceases to fire between from and until."
    )
    never: tuple[str | AlertTable, ...] | None = Field(
        default=None,
        description='None of these fires at any time between from and until; ["*"]: nothing does.',
    )


class DoTable(Settings):
    """Somebody does something to an incident. Further keys are the fields of the action, as in docs/actions.md."""

    model_config: ClassVar[Any] = {"extra": "allow"}

    at: Duration = Field(ge=0, description="When, from the start.")
    by: Name = Field(description="The responder.")
    action: Annotated[str, AfterValidator(_action), Field(json_schema_extra={"enum": list(NAMES)})] = Field(
        default=ACK, description="ack, resolve, or another action: take, approve, said, ..."
    )
    flow: str | None = Field(
        default=None, description="Only the incident of this flow. Default: all that are open."
    )
    refused: str | None = Field(
        default=None, description="It is refused, with this in the reason. Default: it is done."
    )


class TestTable(Settings):
    """One test: its input, and the expected result."""

    __test__ = False  # no class for pytest to collect

    name: FreeName = Field(description="A sentence that says what is tested.")
    start: Moment = Field(
        default="2026-01-05T10:00:00Z", description="The moment when it begins, with its zone."
    )
    step: Duration | None = Field(
        default=None, ge=0.1, description="Time between two polls of every input. Default: each check's own."
    )
    history: Duration = Field(
        default=0.0,
        ge=0,
        description="So long before the start each check saw what it sees first: detectors learn from it.",
    )
    fails: tuple[ChannelKind, ...] = Field(
        default=(), description="Channels that are out of order: their pages fail."
    )
    input: tuple[InputTable, ...] = Field(description="What each check sees.")
    do: tuple[DoTable, ...] = Field(default=(), description="What people do, and when.")
    expect: tuple[ExpectTable, ...] = Field(description="What must come of it.")


class TestsFile(Settings):
    """`tests/rules/*.toml`: tests of rules."""

    __test__ = False

    test: tuple[TestTable, ...] = Field(default=(), description="The tests.")


INPUT_KEYS = frozenset(InputTable.declared_fields)
"""What no measurement may be called here."""
DO_KEYS = frozenset(DoTable.declared_fields)
"""What no field of an action may be called here."""
