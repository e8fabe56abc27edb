"""Which incident an alert belongs to, and when that is news."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import HTTP_FACTS, Story, http_check, plan, rule
from tests.core.severity.numbers import Case, about, flow, numbers
from watchtower.core.events import AlertChanged
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.kinds import CHANNEL, NO_DATA, UNREACHED
from watchtower.core.pipeline.grouping import _fell, _title, _to_reopen, _warns, group
from watchtower.core.state import State, Step
from watchtower.model import AlertState, Fact, IncidentState, Severity


def two() -> Story:
    """Two checks of one flow are down: INC-1."""
    checks = [http_check(name, flow="checkout") for name in ("bank", "gate")]
    story = Story(plan(checks, [rule("down", 'outcome == "down"', *checks)]))
    for check in checks:
        story.down(check.name)
    return story


def joined(story: Story, check: str) -> list[str]:
    """The alerts that joined an incident when this check went down."""
    decisions = story.wait(10.0).down(check)
    return [d.alert.check for d in decisions if isinstance(d, AlertChanged) and d.reason == "joined"]


def test_an_alert_that_fires_again_in_its_open_incident_is_no_news() -> None:
    story = two()
    story.wait(10.0).up("gate")
    assert joined(story, "gate") == []
    assert list(story.engine.state.incidents) == ["INC-1"]


def test_an_alert_that_reopens_its_incident_is_news() -> None:
    story = two()
    for check in ("bank", "gate"):
        story.wait(10.0).up(check)
    assert not story.engine.state.incidents["INC-1"].open
    assert joined(story, "gate") == ["gate"]
    assert story.engine.state.incidents["INC-1"].open


@pytest.mark.parametrize(("mitigated", "again"), [(None, 10.0), (-5.0, 10.0), (20.0, 20.0)])
def test_it_is_bad_again_since_the_onset_but_not_before_it_was_well(
    mitigated: float | None, again: float
) -> None:
    story = two()
    begun = story.at
    known = story.engine.state.incidents["INC-1"]
    story.engine.state.incidents["INC-1"] = replace(
        known, state=IncidentState.MITIGATED, mitigated_at=None if mitigated is None else begun + mitigated
    )
    story.wait(10.0).up("gate")
    story.engine.state.incidents["INC-1"] = replace(
        story.engine.state.incidents["INC-1"],
        state=IncidentState.MITIGATED,
        mitigated_at=None if mitigated is None else begun + mitigated,
    )
    story.wait(0.0).down("gate")
    incident = story.engine.state.incidents["INC-1"]
    assert (incident.state, incident.again_at) == (IncidentState.TRIGGERED, begun + again)


@pytest.mark.parametrize(
    ("detector", "when", "apart"),
    [
        ("runway", "runway.days_left < 3.0", True),
        ("runway", "latency > 1.0", False),
        ("", "runway.days_left < 3.0", False),
    ],
)
def test_a_warning_that_may_wait_has_an_incident_of_its_own(detector: str, when: str, apart: bool) -> None:
    """Who acknowledges an expiring certificate has not acknowledged the outage that follows."""
    facts = {**HTTP_FACTS, "runway.days_left": Fact.number("days")}
    bank = http_check("bank", flow="checkout").model_copy(update={"detector": detector, "facts": facts})
    step = Step(plan([bank], [rule("ends", when, bank)]), State(), 0.0)
    assert _warns(step, Alert("ends", "bank")) is apart


@pytest.mark.parametrize("within", [0.0, 3600.0])
def test_what_was_merged_comes_back_to_the_incident_that_took_it(within: float) -> None:
    """Also where nothing is reopened: that one is open."""
    case = Case(plan([http_check("gate")], []))
    case.plan = replace(case.plan, incident=case.plan.incident.model_copy(update={"reopen_within": within}))
    over = replace(
        case.incident,
        id="INC-2",
        key="check:gate",
        state=IncidentState.RESOLVED,
        flows=(),
        merged_into="INC-1",
    )
    case.state.incidents["INC-2"] = over
    alert = Alert("down", "gate", "", AlertState.FIRING, incident="INC-2")
    found = _to_reopen(Step(case.plan, case.state, 60.0), alert, "check:gate")
    assert found is not None
    assert found.id == "INC-1"


def test_after_a_restart_it_is_known_from_its_log_that_requests_fell() -> None:
    case = Case(matrix=False)
    case.sees(numbers(flow("checkout", impact=0.5, missing=about(30.0)), at=30.0))
    case.state.meters.by_incident.clear()
    assert _fell(Step(case.plan, case.state, 60.0), case.incident)


@pytest.mark.parametrize(
    ("rule_", "en"),
    [(NO_DATA, "No data"), (UNREACHED, "Nobody could be reached"), (CHANNEL, "A channel sends no pages")],
)
def test_what_watchtower_tells_of_itself_has_a_title(rule_: str, en: str) -> None:
    step = Step(plan([http_check("bank")], []), State(), 0.0)
    assert _title(step, Alert(rule_, "bank")).en == en


def test_a_rule_whose_warning_may_wait_a_second_has_an_incident_of_its_own() -> None:
    bank = http_check("bank")
    waits = rule("ends", 'outcome == "down"', bank).model_copy(update={"escalate_after": 1.0})
    assert _warns(Step(plan([bank], [waits]), State(), 0.0), Alert("ends", "bank"))


@pytest.mark.parametrize("name", [NO_DATA, "ends"])
def test_what_is_unknown_or_may_wait_takes_no_outage_over(name: str) -> None:
    """Who acknowledges that the bank cannot be seen has not acknowledged that nobody can pay."""
    bank, web = http_check("bank"), http_check("web", flow="checkout")
    ends = rule("ends", 'outcome == "down"', bank).model_copy(update={"escalate_after": 1.0})
    made = plan([bank, web], [rule("down", 'outcome == "down"', web), ends])
    flows = {key: one.model_copy(update={"depends_on": ("bank",)}) for key, one in made.flows.items()}
    story = Story(replace(made, flows=flows))
    story.down("web")
    step = Step(story.plan, story.engine.state, story.at)
    alert = Alert(name, "bank", "", AlertState.FIRING, Severity.P0, fired_at=story.at)
    assert group(step, [alert]) == ["INC-2"]
    assert story.engine.state.incidents["INC-1"].open
    assert "INC-1" not in story.engine.state.merging
