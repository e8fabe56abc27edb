"""Who is paged of what, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.core.builders import EMAIL, SMS
from tests.core.notify.trial import ASKED, ZHOU, D, F, Q, Trial, X
from tests.core.people.crew import CHEN, LI, WANG, paging, person, plan
from tests.core.people.crew import step as escalation
from watchtower.core.incident.incidents import Address, Notified, PageState
from watchtower.core.notify import routing
from watchtower.core.notify.pages import PageRequest
from watchtower.core.plan.paging import PagingPolicy
from watchtower.core.severity.history import SeverityStep
from watchtower.core.state import Step
from watchtower.model import IncidentState, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

BOTH = ["li sms oncall", "li email oncall"]


class TestAnnounce:
    """What is told after grading."""

    def told(self, reason: str, **changed: Any) -> Trial:
        trial = Trial(
            plan(LI, WANG, CHEN, at=paging(inform=("product",), escalate=(escalation(900, "backup"),)))
        )
        trial.change(**changed)
        routing.announce(trial.step, "INC-1", Severity.P2, reason)
        return trial

    def test_what_opens_asks_and_informs(self) -> None:
        assert self.told("opened", notified={}).said == [
            *[f"new {to}" for to in BOTH],
            "new chen email product*",
        ]

    def test_what_comes_back_begins_a_round_of_escalation_too(self) -> None:
        trial = self.told("reopened", notified={})
        assert trial.said == [
            *[f"new {to}" for to in BOTH],
            "new chen email product*",
            "people.round reopened",
        ]
        assert {page.message.reason for page in trial.pages} == {"reopened"}

    def test_a_raise_says_from_what(self) -> None:
        trial = self.told("raised")
        assert trial.said == [
            *[f"upgrade {to}" for to in BOTH], "upgrade chen email product*", "people.round raised",
        ]  # fmt: skip
        assert {(page.message.previous_severity, page.message.reason) for page in trial.pages} == {
            (Severity.P2, "raised")
        }

    def test_lowered_goes_to_whoever_was_told_as_they_were(self) -> None:
        notified = {
            **ASKED,
            ("wang", SMS): Notified(X),
            ("zhao", SMS): Notified(Q),
            ("chen", EMAIL): Notified(D, None, True),
        }
        trial = self.told("lowered", notified=notified)
        assert trial.said == ["downgrade li sms", "downgrade li email", "downgrade chen email*"]
        assert {(page.message.previous_severity, page.message.reason) for page in trial.pages} == {
            (Severity.P2, "lowered")
        }
        assert self.told("lowered").said == ["downgrade li sms", "downgrade li email"]

    def test_what_changes_no_severity_is_not_told(self) -> None:
        assert self.told("alert_added").said == ["severity_unchanged: P1"]

    def test_what_ended_is_told_to_whoever_was_reached(self) -> None:
        trial = self.told("resolved", state=IncidentState.RESOLVED, notified=dict([*ASKED.items()][:1]))
        assert trial.said == ["resolved li sms"]


class TestNote:
    """A page says why the severity is what it is, where that was just decided, and who had a relapse before."""

    WHY = Text("Core flow, peak.", "核心流程，高峰。")

    def told(
        self, ago: float | None, before: str = "", reason: str = "reopened"
    ) -> tuple[Text | None, Text | None]:
        """Why, and the note."""
        trial = Trial()
        if ago is not None:
            histories = trial.engine.state.histories
            steps = [
                SeverityStep(at, "raised", None, Severity.P1, Severity.P1, None, text)
                for at, text in ((trial.at - 500.0, Text("earlier", "此前")), (trial.at - ago, self.WHY))
            ]
            graded = replace(histories["INC-1"].severity, changes=tuple(steps))
            histories["INC-1"] = replace(histories["INC-1"], severity=graded)
        trial.step.reopened = {"INC-1": before, "INC-2": "zhao"}
        routing.announce(trial.step, "INC-1", None, reason)
        message = trial.pages[0].message
        return message.why, message.note

    @pytest.mark.parametrize("reason", ["reopened", "raised", "lowered"])
    def test_why_it_was_graded_so_just_now(self, reason: str) -> None:
        assert self.told(0.0, reason=reason) == (self.WHY, None)
        assert self.told(10.0, reason=reason) == (None, None)
        assert self.told(None, reason=reason) == (None, None)

    def test_who_had_it_before(self) -> None:
        before = Text("Reopened. Handled by li before.", "复发。此前由 li 处理。")
        assert self.told(None, "li") == (None, before)
        assert self.told(0.0, "li") == (self.WHY, before)


class TestRemind:
    """Who has not acknowledged is reminded, unless a page is on its way to them or they were called just now."""

    def test_who_is_asked(self) -> None:
        trial = Trial()
        routing.remind(trial.step, "INC-1")
        assert trial.said == [f"reminder {to}" for to in BOTH]
        assert {(page.message.reason, page.message.previous_severity) for page in trial.pages} == {
            ("not_acknowledged", Severity.P1)
        }

    def test_an_address_with_a_page_on_its_way_is_left_out(self) -> None:
        trial = Trial()
        trial.on_its_way(("li", SMS))
        routing.remind(trial.step, "INC-1")
        assert trial.said == ["reminder li email oncall"]
        trial = Trial()
        trial.on_its_way(("li", SMS), ("li", EMAIL))
        routing.remind(trial.step, "INC-1")
        assert trial.said == ["still_on_its_way: reminder"]

    @pytest.mark.parametrize(
        ("ago", "called", "reminded"),
        [
            (0.0, ("li",), False),
            (299.0, ("li",), False),
            (300.0, ("li",), True),  # half of the time between two reminders
            (0.0, ("wang",), True),
            (-1.0, ("li",), True),  # the clock was set back: nobody is passed over for that
        ],
    )
    def test_who_was_called_just_now_is_left_out(
        self, ago: float, called: tuple[str, ...], reminded: bool
    ) -> None:
        trial = Trial(plan(LI, WANG, at=paging(remind_every=600.0)))
        trial.people(called_at=trial.at - ago, called=called)
        routing.remind(trial.step, "INC-1")
        assert trial.said == (
            [f"reminder {to}" for to in BOTH] if reminded else ["still_on_its_way: reminder"]
        )

    @pytest.mark.parametrize(("reason", "reminded"), [("step_overdue", True), ("opened", False)])
    def test_who_is_to_be_chased_later_is_reminded_now(self, reason: str, reminded: bool) -> None:
        trial = Trial()
        trial.on_its_way(("li", SMS))
        ((id, page),) = ((i, p) for i, p in trial.engine.state.pages.items() if i == "INC-1.1.li.sms")
        message = replace(page.message, reason=PageReason(reason))
        trial.engine.state.pages[id] = replace(page, state=PageState.HELD, message=message)
        routing.remind(trial.step, "INC-1")
        assert ("reminder li sms oncall" in trial.said) is reminded

    def test_where_the_severity_pages_nobody_there_is_nobody_to_remind(self) -> None:
        trial = Trial()
        trial.step.plan = replace(trial.plan, paging={})
        routing.remind(trial.step, "INC-1")
        assert trial.said == ["nobody_to_page: reminder P1"]

    @pytest.mark.parametrize(
        ("acks", "by", "wanted"),
        [
            (
                1,
                {"li": 1.0},
                ["li sms oncall", "wang sms backup"],
            ),  # one is enough: who has it, has not said so now
            (2, {}, ["li sms oncall", "wang sms backup"]),
            (2, {"li": 1.0}, ["wang sms backup"]),
            (2, {"li": 1.0, "wang": 1.0}, ["li sms oncall", "wang sms backup"]),
            (3, {"wang": 1.0}, ["li sms oncall"]),
        ],
    )
    def test_of_several_who_must_acknowledge_those_who_have_not(
        self, acks: int, by: Mapping[str, float], wanted: Sequence[str]
    ) -> None:
        both = PagingPolicy(roles=("oncall", "backup"), channels=(SMS,), acks=acks)
        trial = Trial(plan(LI, WANG, at=both))
        trial.people(acks=by)
        request = PageRequest(PageKind.REMINDER, PageReason.NOT_ACKNOWLEDGED)
        routing.remind_now(trial.step, trial.incident, request)
        assert trial.said == [f"reminder {to}" for to in wanted]


class TestWhoIsAsked:
    def test_addressees_are_by_the_levels_channels(self) -> None:
        trial = Trial()
        assert routing.addressees(trial.step, trial.incident) == [("li", SMS), ("li", EMAIL)]
        assert routing.addressees_of(trial.plan, Severity.P1, trial.at) == [("li", SMS), ("li", EMAIL)]
        nobody = replace(trial.plan, paging={})
        assert routing.addressees_of(nobody, Severity.P1, trial.at) == []
        assert routing.addressees(Step(nobody, trial.step.state, trial.at), trial.incident) == []

    def test_that_nobody_could_be_reached_is_for_everybody_by_everything(self) -> None:
        trial = Trial(key="unreached:INC-7")
        everybody = [("li", SMS), ("li", EMAIL), ("wang", SMS), ("wang", EMAIL), ("chen", EMAIL)]
        assert routing.addressees(trial.step, trial.incident) == everybody
        routing.announce(trial.step, "INC-1", None, "reopened")
        assert trial.said == [f"new {name} {channel}" for name, channel in everybody]


class TestRaised:
    """On a raise, whoever knew hears it too."""

    def raised(self, notified: Mapping[Address, Notified], **policy: Any) -> list[str]:
        trial = Trial(
            plan(LI, WANG, CHEN, ZHOU, at=PagingPolicy(roles=("oncall",), channels=(SMS,), **policy))
        )
        trial.change(notified=notified)
        routing.announce(trial.step, "INC-1", Severity.P2, "raised")
        return trial.said

    @pytest.mark.parametrize(
        ("state", "informed", "wanted"),
        [
            (D, False, ["upgrade wang email"]), (Q, False, ["upgrade wang email"]), (F, False, ["upgrade wang email"]),
            (X, False, []), (PageState.CANCELLED, False, []),
            (D, True, ["upgrade wang email*"]), (Q, True, ["upgrade wang email*"]), (X, True, []),
        ],
    )  # fmt: skip
    def test_as_they_were_told(self, state: PageState, informed: bool, wanted: list[str]) -> None:
        notified = {("wang", EMAIL): Notified(state, None, informed)}
        assert self.raised(notified) == ["upgrade li sms oncall", *wanted]

    def test_who_is_asked_anyway_is_asked_once(self) -> None:
        notified = {("li", EMAIL): Notified(D), ("li", SMS): Notified(D, None, True)}
        assert self.raised(notified) == ["upgrade li sms oncall"]

    def test_who_was_informed_and_is_asked_now_is_only_asked(self) -> None:
        assert self.raised({("li", EMAIL): Notified(D, None, True)}) == ["upgrade li sms oncall"]

    def test_who_is_informed_anyway_is_informed_once(self) -> None:
        notified = {("chen", EMAIL): Notified(D, None, True), ("wang", SMS): Notified(D, None, True)}
        said = self.raised(notified, inform=("product",))
        assert said == ["upgrade li sms oncall", "upgrade chen email product*", "upgrade wang sms*"]

    def test_who_was_asked_before_is_not_informed_of_the_same(self) -> None:
        said = self.raised({("chen", EMAIL): Notified(D)}, inform=("product",))
        assert said == ["upgrade li sms oncall", "upgrade chen email"]

    def test_who_is_informed_urgently_is_so_by_the_levels_channels_and_others_by_quiet_ones(self) -> None:
        said = self.raised({}, inform=("product", "backup"), inform_urgently=("nobody",))
        assert said == [
            "upgrade li sms oncall", "upgrade zhou sms nobody*", "upgrade chen email product*",
            "upgrade wang email backup*",
        ]  # fmt: skip

    def test_who_has_no_quiet_channel_is_not_informed_by_a_loud_one(self) -> None:
        trial = Trial(plan(LI, person("wu", "product", SMS), at=paging(inform=("product",))))
        routing.announce(trial.step, "INC-1", None, "opened")
        assert trial.said == [f"new {to}" for to in BOTH]


def test_that_nobody_had_been_notified_stands_in_the_log() -> None:
    trial = Trial(notified={})
    routing.users_back(trial.step, trial.incident)
    assert trial.said == ["nobody_notified: mitigated"]


def test_who_can_be_told_quietly_is_not_woken_and_who_cannot_is() -> None:
    wang = {("wang", SMS): Notified(D)}
    trial = Trial(notified={**ASKED, **wang})
    request = PageRequest(PageKind.DOWNGRADE, PageReason.LOWERED)
    routing._tell_known(trial.step, trial.incident, request, hush=True)
    assert {page.address for page in trial.pages} == {("li", EMAIL), ("wang", SMS)}


def test_of_a_severity_without_a_time_it_is_said_that_it_is_resolved_at_once() -> None:
    trial = Trial()
    trial.step.plan = replace(
        trial.plan, incident=trial.plan.incident.model_copy(update={"resolve_after": {}})
    )
    routing.users_back(trial.step, trial.incident)
    assert trial.pages[0].message.note == Text(
        "It is watched for 0 s before it is resolved", "将再观察 0 秒后解除"
    )


def test_who_was_not_told_yet_that_it_is_back_is_forgotten_and_nobody_else() -> None:
    trial = Trial()
    trial.on_its_way(("li", SMS))
    one = trial.engine.state.pages["INC-1.1.li.sms"]
    assert set(routing._unheard(trial.step, trial.incident, one).notified) == {("li", EMAIL)}


def test_that_users_are_back_is_no_reminder() -> None:
    trial = Trial(reminded_at=5.0)
    routing.users_back(trial.step, trial.incident)
    assert trial.pages
    assert trial.engine.state.incidents["INC-1"].reminded_at == 5.0
