"""Who fills a role and who acknowledges, rule by rule: each on a step of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.core.notify.trial import Trial
from tests.core.people.crew import LI, WANG, paging, plan
from tests.core.people.crew import step as escalation
from tests.core.people.tried import BOTH, lines, trial
from watchtower.core.actions.action import ActionTaken
from watchtower.core.incident.entry import LogEntry
from watchtower.core.people import acknowledge
from watchtower.core.people.actions import ACTIONS, roles_of
from watchtower.core.people.advance import advance
from watchtower.core.people.roles import People
from watchtower.model import IncidentState, Severity

E = LogEntry


@pytest.mark.parametrize(
    ("before", "entry", "after"),
    [
        ({"acks": {"li": 1.0}}, E(5.0, "reopened"), {}),
        ({"acks": {"li": 1.0}}, E(5.0, "next_warning"), {}),
        ({"acks": {"li": 1.0}}, E(5.0, "next_warning", data={"alert": "x"}), {"acks": {"li": 1.0}}),
        ({"acks": {"li": 1.0}}, E(5.0, "reopened", data={"page": "x"}), {"acks": {"li": 1.0}}),
        ({"unfilled": ("pr", "scribe")}, E(5.0, "people.filled", data={"role": "pr", "who": "li"}),
         {"roles": {"pr": "li"}, "present": ("li",), "unfilled": ("scribe",)}),
        ({"roles": {"pr": "li", "scribe": "li"}}, E(5.0, "people.vacated", data={"role": "pr"}), {"roles": {"scribe": "li"}}),
        ({"present": ("li",)}, E(5.0, "people.joined", data={"who": "li"}), {"present": ("li",)}),
        ({"present": ("li",)}, E(5.0, "people.joined", data={"who": "wang"}), {"present": ("li", "wang")}),
        ({"present": ("li", "wang"), "roles": {"pr": "li", "scribe": "wang"}}, E(5.0, "people.left", data={"who": "li"}),
         {"present": ("wang",), "roles": {"scribe": "wang"}}),
        ({"acks": {"li": 1.0}}, E(5.0, "people.acknowledged", data={"who": "wang"}), {"acks": {"li": 1.0, "wang": 5.0}}),
        ({"acks": {"li": 1.0}, "steps": 2, "expired": 1}, E(5.0, "people.ack_expired", data={"who": "li"}),
         {"expired": 2, "since": 5.0}),
        ({"steps": 2}, E(5.0, "people.round", data={"since": 4.0}), {"since": 4.0}),
        ({"since": 4.0, "steps": 1, "acks": {"li": 1.0}}, E(5.0, "people.clock", data={"since": 14.0, "by_seconds": 10.0}),
         {"since": 14.0, "steps": 1, "acks": {"li": 11.0}}),
        ({"asked": ("a",)}, E(5.0, "people.escalated", data={"step": 2, "roles": ["b", "a"], "who": ["li"]}),
         {"steps": 2, "asked": ("a", "b"), "called": ("li",), "called_at": 5.0}),
        ({"unfilled": ("a",)}, E(5.0, "people.unfilled", data={"roles": ["b"]}), {"unfilled": ("b",)}),
        ({"next_warnings": {"x": 1.0}}, E(5.0, "people.next_warning", data={"alert": "y"}), {"next_warnings": {"x": 1.0, "y": 5.0}}),
        ({"not_notified": 1, "updated_at": 1.0}, E(5.0, "people.more", data={"count": 3}), {"not_notified": 2, "updated_at": 1.0}),
        ({"not_notified": 2}, E(5.0, "people.updated", data={"count": 2}), {"updated_at": 5.0}),
        ({"steps": 1}, E(5.0, "raised"), {"steps": 1}),
    ],
)  # fmt: skip
def test_the_slice_after_an_entry(
    before: Mapping[str, Any], entry: LogEntry, after: Mapping[str, Any]
) -> None:
    assert People(**before).after(entry) == People(**after)


class TestAcknowledge:
    TWO: Mapping[str, Any] = {"roles": BOTH, "acks": 2}

    def acknowledged(self, by: str, **given: Any) -> Trial:
        made = trial(**given)
        acknowledge.acknowledge(made.step, made.incident, by, "web")
        return made

    def test_by_one(self) -> None:
        made = self.acknowledged("li")
        assert (made.incident.state, made.incident.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "li")
        assert made.incident.acknowledged_at == made.at
        assert (lines(made), made.said) == (["acknowledged web li"], [])

    def test_what_is_over_is_let_be(self) -> None:
        made = self.acknowledged("li", state=IncidentState.RESOLVED, policy={"ack_expires": 60.0})
        assert made.step.decisions == []

    @pytest.mark.parametrize(("expires", "said"), [(0.0, []), (60.0, ["people.acknowledged web"])])
    def test_again_it_counts_only_where_it_expires(self, expires: float, said: list[str]) -> None:
        made = self.acknowledged("wang", state=IncidentState.ACKNOWLEDGED, policy={"ack_expires": expires})
        assert (lines(made), made.said) == ([], said)
        first = self.acknowledged("li", policy={"ack_expires": expires})
        assert (lines(first), first.said) == (["acknowledged web li"], said)

    def test_the_first_of_two_is_one_in_part(self) -> None:
        made = self.acknowledged("li", policy=self.TWO)
        assert (made.incident.state, made.incident.acknowledged_by) == (IncidentState.TRIGGERED, "li")
        assert (made.incident.acks_missing, made.incident.acknowledged_at) == (1, None)
        assert (lines(made), made.said) == (["acknowledged_in_part web li"], ["people.acknowledged web"])

    def test_the_second_of_two_makes_it_whole(self) -> None:
        made = self.acknowledged("wang", policy=self.TWO, people={"acks": {"li": 1.0}}, acks_missing=1)
        assert (made.incident.state, made.incident.acknowledged_by) == (
            IncidentState.ACKNOWLEDGED,
            "li, wang",
        )
        assert (made.incident.acks_missing, lines(made)) == (0, ["acknowledged web wang"])

    def test_the_same_person_counts_once(self) -> None:
        assert self.acknowledged("li", policy=self.TWO, people={"acks": {"li": 1.0}}).step.decisions == []

    def test_one_of_those_who_was_acknowledged_before_is_enough_where_one_is_wanted(self) -> None:
        made = self.acknowledged("li", people={"acks": {"li": 1.0, "wang": 2.0}})
        assert (made.incident.acknowledged_by, made.incident.acks_missing) == ("li", 0)

    @pytest.mark.parametrize(("at", "wanted"), [(None, ["acknowledged web li"]), (5.0, [])])
    def test_what_is_mitigated_is_acknowledged_once(self, at: float | None, wanted: list[str]) -> None:
        made = self.acknowledged("li", state=IncidentState.MITIGATED, acknowledged_at=at, mitigated_at=7.0)
        assert (lines(made), made.incident.state) == (wanted, IncidentState.MITIGATED)

    @pytest.mark.parametrize(
        ("policy", "needed"),
        [
            ({}, 1), ({"roles": BOTH, "acks": 2}, 2), ({"roles": BOTH, "acks": 3}, 2), ({"acks": 3}, 1),
            ({"acks": 3, "escalate": (escalation(60, "backup"), escalation(90, "commander"))}, 3),
            ({"acks": 2, "roles": ("nobody-at-all",)}, 1),
        ],
    )  # fmt: skip
    def test_no_more_than_could_be_asked(self, policy: Mapping[str, Any], needed: int) -> None:
        made = trial(policy=policy)
        assert acknowledge.acks_needed(made.step, made.incident) == needed
        made.step.plan = replace(made.plan, paging={})
        assert acknowledge.acks_needed(made.step, made.incident) == 1

    @pytest.mark.parametrize(
        ("state", "policy", "acks", "missing"),
        [
            (IncidentState.ACKNOWLEDGED, {}, {}, None),
            (IncidentState.TRIGGERED, TWO, {}, None),
            (IncidentState.ACKNOWLEDGED, TWO, {}, 1),
            (IncidentState.ACKNOWLEDGED, TWO, {"li": 1.0}, 1),
            (IncidentState.ACKNOWLEDGED, TWO, {"li": 1.0, "wang": 2.0}, None),
            (IncidentState.ACKNOWLEDGED, TWO, {"li": 1.0, "wang": 2.0, "zhao": 3.0}, None),
        ],
    )
    def test_raised_to_what_wants_more(
        self, state: IncidentState, policy: Mapping[str, Any], acks: Mapping[str, float], missing: int | None
    ) -> None:
        made = trial(
            state=state, policy=policy, acknowledged_by="li", acknowledged_at=5.0, people={"acks": acks}
        )
        before = made.incident
        after = acknowledge.want_more(made.step, before)
        if missing is None:
            assert (after, made.step.decisions) == (before, [])
            return
        assert (after.state, after.acks_missing, after.acknowledged_at) == (
            IncidentState.TRIGGERED,
            missing,
            None,
        )
        assert lines(made) == [f"acks_missing {missing} more watchtower"]
        assert made.said == ([] if acks else ["people.acknowledged before"])

    def test_nobody_is_counted_who_is_not_named(self) -> None:
        made = trial(state=IncidentState.ACKNOWLEDGED, policy=self.TWO, people={})
        assert acknowledge.want_more(made.step, made.incident).acks_missing == 2


class TestExpired:
    """An acknowledgement that nothing follows is void, and people are asked again."""

    def advanced(
        self, ago: float, expires: float = 600.0, acks: Mapping[str, float] | None = None, **changed: Any
    ) -> Trial:
        given = {
            "state": IncidentState.ACKNOWLEDGED,
            "acknowledged_by": "li",
            "acknowledged_at": 1_001_000.0 - ago,
        }
        made = trial(policy={"ack_expires": expires}, people={"acks": acks or {}}, **{**given, **changed})
        assert made.at == 1_001_000.0
        advance(made.step, made.incident)
        return made

    def test_it_is_asked_who_has_it(self) -> None:
        made = self.advanced(600.0)
        assert made.said == ["people.ack_expired li", "reminder li sms oncall", "reminder li email oncall"]
        assert lines(made)[0] == "ack_expired li watchtower"
        assert (made.incident.state, made.incident.acknowledged_by) == (IncidentState.TRIGGERED, "")
        message = made.pages[0].message
        assert (message.reason, message.previous_severity) == ("ack_expired", Severity.P1)
        assert message.note is not None
        assert message.note.en == "Acknowledged by li, but nothing followed for 10 min: who has it?"

    @pytest.mark.parametrize(
        "given",
        [{"ago": 599.0}, {"ago": 900.0, "expires": 0.0}, {"ago": 900.0, "acks": {"wang": 1_000_500.0}},
         {"ago": 900.0, "acknowledged_at": None}],
    )  # fmt: skip
    def test_it_holds(self, given: Mapping[str, Any]) -> None:
        assert self.advanced(**given).step.decisions == []

    def test_what_a_person_did_since_keeps_it(self) -> None:
        made = trial(policy={"ack_expires": 600.0}, state=IncidentState.ACKNOWLEDGED, acknowledged_at=1.0)
        histories = made.engine.state.histories
        done = replace(histories["INC-1"].milestones, acted_at=made.at - 599.0)
        histories["INC-1"] = replace(histories["INC-1"], milestones=done)
        advance(made.step, made.incident)
        assert made.step.decisions == []


class TestActions:
    def done(
        self, action: str, by: str, people: Mapping[str, Any] | None = None, **data: str
    ) -> tuple[str, list[str]]:
        made = trial(people=people or {})
        (act,) = (one.act for one in ACTIONS if one.name == action)
        refused = act(made.step, made.incident, ActionTaken(by, "web", data, made.at))
        entries = [d.entry for d in made.step.decisions]  # type: ignore[union-attr]
        assert {entry.by for entry in entries} <= {by}
        return refused, [f"{entry.kind} {entry.detail}" for entry in entries]

    @pytest.mark.parametrize(
        ("action", "people", "data", "wanted"),
        [
            ("take", {}, {"role": "pr"}, "people.filled pr: li"),
            ("take", {"roles": {"pr": "wang"}}, {"role": "pr"}, "people.filled pr: li instead of wang"),
            ("assign", {}, {"role": "pr", "who": "wang"}, "people.filled pr: wang"),
            ("hand_back", {"roles": {"pr": "wang"}}, {"role": "pr"}, "people.vacated pr"),
            ("join", {}, {}, "people.joined li"),
            ("leave", {"present": ("li",)}, {}, "people.left li"),
            ("leave", {"roles": {"pr": "li"}}, {}, "people.left li"),
        ],
    )
    def test_is_done(
        self, action: str, people: Mapping[str, Any], data: Mapping[str, str], wanted: str
    ) -> None:
        assert self.done(action, "li", people, **data) == ("", [wanted])

    @pytest.mark.parametrize(
        ("action", "people", "data", "wanted"),
        [
            ("take", {"roles": {"pr": "li"}}, {"role": "pr"}, "li is pr already"),
            ("take", {}, {"role": "backup"}, 'there is no role "backup": architect, commander,'),
            ("assign", {}, {"role": "pr", "who": "wu"}, 'there is no responder "wu": chen, li, wang, zhao'),
            ("hand_back", {}, {"role": "pr"}, "nobody took pr here"),
            ("join", {"present": ("li",)}, {}, "li is here already"),
            ("leave", {"present": ("wang",), "roles": {"pr": "wang"}}, {}, "li is not here"),
        ],
    )
    def test_is_refused(
        self, action: str, people: Mapping[str, Any], data: Mapping[str, str], wanted: str
    ) -> None:
        refused, entries = self.done(action, "li", people, **data)
        assert (refused[: len(wanted)], entries) == (wanted, [])

    def test_the_roles_that_there_are(self) -> None:
        made = plan(LI, at=paging(roles=("a",), inform=("b",), inform_urgently=("c",)))
        assert {"a", "b", "c", "oncall", "commander"} <= roles_of(made)
        assert "backup" not in roles_of(plan(LI, WANG))
