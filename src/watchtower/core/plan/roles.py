"""The configuration of roles and schedules."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.oncall.schedule import Schedule
from watchtower.fields import Field, Table, Words
from watchtower.names import Name, Names
from watchtower.values import Frozen, field

NEXT = "next"
"""As a backup: whoever comes next on the schedule."""


class Role(Table):
    """Who fills a role, and its task."""

    name: str = Field(default="", written=False)
    primary: Names = Field(default=(), description="The responder who fills it, or several.")
    schedule: Name = Field(default="", description="The [schedule.NAME] that says who fills it.")
    backup: Names = Field(default=(), description='Who stands in; "next": who comes next on the schedule.')
    description: Words | None = Field(
        default=None, description="What the role is to do, in one line; the roles we know have one."
    )


class PeoplePolicy(Frozen):
    """Roles and schedules by name. Roles that are not here are filled by the responders that name them."""

    roles: Mapping[str, Role] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
