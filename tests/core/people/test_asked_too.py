"""Who is asked when nobody acknowledges, and who hears of what joins: rule by rule, each on a step of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from tests.core.builders import EMAIL, SMS
from tests.core.notify.trial import Trial
from tests.core.people.crew import step as escalation
from tests.core.people.tried import D, lines, trial
from watchtower.core.events import AlertChanged
from watchtower.core.incident.incidents import Notified, PageState
from watchtower.core.people import alerts_joined
from watchtower.core.people import escalation as escalating
from watchtower.core.people.advance import advance
from watchtower.core.plan.paging import PagingPolicy
from watchtower.model import AlertState, IncidentState, Severity


class TestEscalation:
    STEPS = (escalation(300, "backup"), escalation(600, "commander", by=[EMAIL]))

    def test_a_due_step_asks_who_was_not_asked(self) -> None:
        made = trial(policy={"escalate": self.STEPS}, people={"since": 1_000_700.0})
        advance(made.step, made.incident)
        assert made.said == ["people.escalated wang", "new wang sms backup", "new wang email backup"]
        message = made.pages[0].message
        assert message.note is not None
        assert message.note.en == "Nobody has acknowledged this for 5 min: you are asked now"
        assert message.reason == "escalated"

    def test_all_that_are_due_are_taken_at_once(self) -> None:
        made = trial(policy={"escalate": self.STEPS}, people={"since": 1_000_400.0})
        before = made.incident.reminded_at
        escalating.escalate(made.step, made.incident)
        assert made.said == [
            "people.escalated wang", "new wang sms backup", "new wang email backup",
            "people.escalated zhao", "new zhao email commander",
        ]  # fmt: skip
        assert made.incident.reminded_at == before

    @pytest.mark.parametrize(
        ("since", "steps", "said"),
        [(1_000_701.0, 0, []), (1_000_400.0, 2, []), (1_000_400.0, 1, ["people.escalated zhao", "new zhao email commander"]),
         (1_000_401.0, 1, [])],
    )  # fmt: skip
    def test_a_step_waits_for_its_time_and_is_taken_once(
        self, since: float, steps: int, said: list[str]
    ) -> None:
        made = trial(policy={"escalate": self.STEPS}, people={"since": since, "steps": steps})
        escalating.escalate(made.step, made.incident)
        assert made.said == said

    @pytest.mark.parametrize(
        ("roles", "said"),
        [
            (("oncall",), ["people.escalated li (asked already)"]),
            (("pr",), ["people.escalated nobody", "nobody_for_role: pr"]),
            (("oncall", "backup"), ["people.escalated wang", "new wang sms backup", "new wang email backup"]),
        ],
    )
    def test_a_step_that_asks_nobody_new_says_so(self, roles: tuple[str, ...], said: list[str]) -> None:
        made = trial(policy={"escalate": (escalation(60, *roles),)})
        escalating.escalate(made.step, made.incident)
        assert made.said == said

    @pytest.mark.parametrize(
        "state", [IncidentState.MITIGATED, IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED]
    )
    def test_what_is_not_triggered_is_not_escalated(self, state: IncidentState) -> None:
        made = trial(policy={"escalate": self.STEPS}, state=state)
        advance(made.step, made.incident)
        assert made.step.decisions == []
        assert escalating.due(made.step, made.incident) == ()

    def test_that_nobody_could_be_reached_is_not_escalated(self) -> None:
        made = trial(policy={"escalate": self.STEPS}, key="unreached:INC-7")
        advance(made.step, made.incident)
        assert made.step.decisions == []

    def test_when_the_next_step_is_due(self) -> None:
        made = trial(policy={"escalate": self.STEPS})
        opened = made.incident.opened_at
        assert escalating.due(made.step, made.incident) == [opened + 300.0]
        made.people(since=7.0, steps=1)
        assert escalating.due(made.step, made.incident) == [607.0]
        made.people(steps=2)
        assert escalating.due(made.step, made.incident) == []

    def test_a_rules_own_patience_is_the_time_of_each_step(self) -> None:
        made = trial(policy={"escalate": self.STEPS}, patience=900.0)
        assert [one.after for one in escalating.steps_of(made.step, made.incident)] == [900.0, 1800.0]
        assert [
            one.after
            for one in escalating.steps_of(trial(policy={"escalate": self.STEPS}).step, made.incident)
        ] == [300.0, 600.0]
        made.step.plan = replace(made.plan, rules={})
        assert escalating.steps_of(made.step, made.incident) == self.STEPS
        made.step.plan = replace(made.plan, paging={})
        assert escalating.steps_of(made.step, made.incident) == ()

    def test_without_steps_it_goes_to_the_backups_and_to_the_next_worse_severity(self) -> None:
        made = trial(policy={"escalate": ()}, patience=900.0)
        worse = PagingPolicy(roles=("commander",), channels=("call", SMS))
        made.step.plan = replace(made.plan, paging={**made.plan.paging, Severity.P0: worse})
        found = escalating.steps_of(made.step, made.incident)
        assert [(one.after, one.roles, one.channels) for one in found] == [
            (900.0, ("backup",), ()), (1800.0, ("commander",), (SMS, EMAIL, "call")),
        ]  # fmt: skip
        made.step.plan = replace(made.plan, paging={Severity.P0: worse})
        made.change(severity=Severity.P0)
        assert [one.roles for one in escalating.steps_of(made.step, made.incident)] == [("backup",)]

    def test_where_there_are_no_steps_no_round_begins(self) -> None:
        made = trial(policy={"escalate": ()})
        escalating.begin_round(made.step, made.incident, "raised")
        assert made.said == []
        made = trial(policy={"escalate": self.STEPS})
        escalating.begin_round(made.step, made.incident, "raised")
        assert made.said == ["people.round raised"]

    @pytest.mark.parametrize(
        ("state", "steps", "said"),
        [(IncidentState.TRIGGERED, STEPS, ["people.clock -60 s"]), (IncidentState.TRIGGERED, (), []),
         (IncidentState.ACKNOWLEDGED, STEPS, [])],
    )  # fmt: skip
    def test_a_clock_that_is_set_moves_a_round(
        self, state: IncidentState, steps: tuple[Any, ...], said: list[str]
    ) -> None:
        made = trial(policy={"escalate": steps}, state=state)
        escalating.clock_set(made.step, -60.0)
        assert made.said == said
        if said:
            assert made.step.history("INC-1").people.since == made.incident.opened_at - 60.0


class TestJoined:
    """Alerts that join while the severity stays."""

    def joined(
        self, *incidents: str, patience: float = 0.0, detector: str = "", **given: Any
    ) -> tuple[bool, Trial]:
        made = trial(patience=patience, **given)
        (alert,) = made.engine.state.alerts.values()
        for incident in incidents:
            one = replace(alert, incident=incident)
            made.step.decisions.append(AlertChanged(made.at, "joined", one, AlertState.PENDING))
        made.step.decisions.append(AlertChanged(made.at, "firing", alert, AlertState.PENDING))
        if detector:
            bank = made.plan.checks["bank"].model_copy(update={"detector": detector})
            made.step.plan = replace(made.plan, checks={"bank": bank})
        return alerts_joined.notify(made.step, made.incident), made

    def test_where_nobody_asked_for_it_nothing_is_told(self) -> None:
        told, made = self.joined("INC-1")
        assert (told, made.said) == (False, [])

    def test_by_mail_where_the_severity_has_a_time_for_it(self) -> None:
        told, made = self.joined("INC-1", "INC-1", "INC-2", policy={"update_every": 900.0})
        assert (told, made.said) == (
            True,
            ["people.more 2 more", "people.updated 1 more", "update li email*"],
        )
        message = made.pages[0].message
        assert message.note is not None
        assert (message.note.en, message.reason) == ("1 more alert joined", "alerts_joined")

    @pytest.mark.parametrize(
        ("people", "policy", "opened", "wanted"),
        [
            ({"not_notified": 3}, {"update_every": 900.0}, 100.0, True),
            ({"not_notified": 3}, {"update_every": 900.0}, 101.0, False),
            ({"not_notified": 3, "updated_at": 1_000_100.0}, {"update_every": 900.0}, 0.0, True),
            ({"not_notified": 3, "updated_at": 1_000_101.0}, {"update_every": 900.0}, 0.0, False),
            ({"not_notified": 0}, {"update_every": 900.0}, 0.0, False),
            ({"not_notified": 3}, {"update_every": 0.0}, 0.0, False),
        ],
    )
    def test_not_more_often_than_asked_for(
        self, people: Mapping[str, Any], policy: Mapping[str, Any], opened: float, wanted: bool
    ) -> None:
        made = trial(people=people, policy=policy, opened_at=1_000_000.0 + opened)
        before = made.incident.reminded_at
        assert alerts_joined.update(made.step, made.incident) is wanted
        assert made.said == (["people.updated 3 more", "update li email*"] if wanted else [])
        if wanted:
            note = made.pages[0].message.note
            assert note is not None
            assert (note.en, made.incident.reminded_at) == ("3 more alerts joined", before)

    def test_who_was_not_reached_or_has_no_quiet_channel_is_not_told(self) -> None:
        known = {("wang", SMS): Notified(PageState.QUEUED), ("gone", EMAIL): Notified(D)}
        made = trial(
            people={"not_notified": 3}, policy={"update_every": 900.0}, opened_at=1.0, notified=known
        )
        assert alerts_joined.update(made.step, made.incident) is False
        assert made.said == ["people.updated 3 more"]

    NEXT: ClassVar = ["people.next_warning bank is down", "update li sms oncall", "update li email oncall"]

    def test_the_next_warning_of_a_runway_pages_whoever_is_asked(self) -> None:
        told, made = self.joined("INC-1", detector="runway", state=IncidentState.ACKNOWLEDGED)
        assert (told, made.said) == (True, self.NEXT)
        assert made.incident.state is IncidentState.ACKNOWLEDGED
        assert {page.message.reason for page in made.pages} == {"next_warning"}
        assert made.pages[0].message.note == made.pages[0].message.because[0].text

    @pytest.mark.parametrize(
        ("state", "missing", "unacknowledged"),
        [
            (IncidentState.ACKNOWLEDGED, 0, True),
            (IncidentState.TRIGGERED, 1, True),
            (IncidentState.TRIGGERED, 0, False),
        ],
    )
    def test_a_warning_of_a_rule_with_patience_wants_acknowledging_by_itself(
        self, state: IncidentState, missing: int, unacknowledged: bool
    ) -> None:
        told, made = self.joined(
            "INC-1", patience=900.0, state=state, acks_missing=missing, acknowledged_by="li"
        )
        assert (told, made.said) == (True, [self.NEXT[0], "people.round next_warning", *self.NEXT[1:]])
        assert (lines(made)[0] == "next_warning bank is down watchtower") is unacknowledged
        assert (made.incident.state, made.incident.acks_missing) == (IncidentState.TRIGGERED, 0)

    def test_a_rule_with_little_patience_warns_too(self) -> None:
        told, made = self.joined("INC-1", patience=1.0, state=IncidentState.ACKNOWLEDGED)
        assert (told, made.said[0]) == (True, self.NEXT[0])

    @pytest.mark.parametrize(
        ("ago", "again"), [(-1.0, True), (0.0, False), (86399.0, False), (86400.0, True)]
    )
    def test_nobody_is_paged_twice_for_a_warning_within_a_day(self, ago: float, again: bool) -> None:
        (alert,) = Trial().engine.state.alerts.values()
        people = {"next_warnings": {alert.fingerprint: 1_001_000.0 - ago}}
        told, made = self.joined("INC-1", detector="runway", people=people)
        assert (told, made.said) == ((True, self.NEXT) if again else (False, []))

    def test_a_warning_and_others_are_told_both(self) -> None:
        made = trial(policy={"update_every": 900.0}, opened_at=1_000_900.0)
        (alert,) = made.engine.state.alerts.values()
        runway = made.plan.checks["bank"].model_copy(update={"detector": "runway", "name": "coins"})
        made.step.plan = replace(made.plan, checks={**made.plan.checks, "coins": runway})
        for one in (alert, replace(alert, check="coins")):
            made.step.decisions.append(AlertChanged(made.at, "joined", one, AlertState.PENDING))
        assert alerts_joined.notify(made.step, made.incident) is True
        assert made.said == [*self.NEXT, "people.more 1 more"]

    def test_where_the_severity_pages_nobody_a_warning_is_only_noted(self) -> None:
        made = trial(patience=900.0)
        (alert,) = made.engine.state.alerts.values()
        made.step.decisions.append(AlertChanged(made.at, "joined", alert, AlertState.PENDING))
        made.step.plan = replace(made.plan, paging={})
        assert alerts_joined.notify(made.step, made.incident) is True
        assert made.said == [self.NEXT[0]]
