"""Problems between targets, work hours, compliance packs and the rest, and the policy that they make."""

from __future__ import annotations

from watchtower.config.check_drafts import ChecksDraft
from watchtower.config.compliance_tables import check_compliance
from watchtower.config.paging import policy
from watchtower.config.people_checks import reachable
from watchtower.config.rule_drafts import RulesDraft
from watchtower.config.target_tables import check_targets, policy_of
from watchtower.core.plan.packs import Compliance
from watchtower.core.plan.targets import DeadlinePolicy
from watchtower.model import Severity


def check_deadlines(checks: ChecksDraft, rules: RulesDraft) -> None:
    """Reports names that are not there, and what is valid and yet makes no sense."""
    if rules.targets is not None and rules.targets.table is not None:
        people = reachable(rules)
        tables = {level: draft.table for level, draft in rules.paging.items()}
        made = {one: policy(one, tables.get(one), rules.channels, people) for one in Severity}
        remind = {one: made[one].remind_every for one in Severity}
        check_targets(rules.targets.table, rules.targets.entry, remind)
    if rules.compliance is not None:
        roles = {person.role for person in reachable(rules)} | set(rules.roles)
        check_compliance(rules.compliance, checks.flows, roles, rules.complete and checks.complete)


def deadline_policy(rules: RulesDraft) -> DeadlinePolicy:
    """Returns the policy that holds. Unless a zone is set, people work in the zone of the first responder."""
    zones = [draft.table.zone for draft in rules.responders if draft.table]
    compliance = rules.compliance.compliance() if rules.compliance else Compliance()
    return policy_of(
        rules.targets.table if rules.targets else None, rules.work_hours, zones[0] if zones else "UTC", compliance
    )  # fmt: skip
