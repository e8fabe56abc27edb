"""A flow whose push has never come is waited for; one that was there and is gone is missed."""

from __future__ import annotations

from tests.core.builders import Story, pages, plan, rule, traffic_check
from tests.core.people.crew import LI, WANG, Crew
from tests.core.people.crew import plan as crew_plan
from watchtower.core.events import Observed
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan.roles import Role
from watchtower.detectors import DETECTORS
from watchtower.model import NEVER_SEEN, Observation, Outcome, Reading

ORDERS = traffic_check()
SILENT = rule("silent", "traffic.silent", ORDERS)


def nothing(story: Story, reason: str = NEVER_SEEN) -> None:
    reading = Reading(Outcome.UNKNOWN, reason=reason, detail="waiting for the first push")
    story.feed(Observed(Observation("orders", story.at, reading)))


def a_quarter_of_an_hour(story: Story, reason: str = NEVER_SEEN) -> None:
    for _ in range(120):
        nothing(story.wait(10), reason)
        story.tick()


def test_an_untouched_install_waits_for_the_first_push_and_opens_no_incident() -> None:
    story = Story(plan([ORDERS], [SILENT]))
    a_quarter_of_an_hour(story)
    assert not story.engine.state.incidents
    assert not story.engine.state.alerts


def test_it_is_missed_once_it_was_there() -> None:
    story = Story(plan([ORDERS], [SILENT]))
    story.up("orders", requests=5.0)
    a_quarter_of_an_hour(story, "absent")
    assert [i.key for i in story.engine.state.incidents.values()] == ["no_data"]


def test_and_after_a_restart_too_though_the_probe_has_forgotten() -> None:
    story = Story(plan([ORDERS], [SILENT]))
    story.up("orders", requests=5.0)
    learnt = story.engine.detectors.changed()
    story.engine = Engine(story.plan, DETECTORS, story.at)
    story.engine.restore((), (), (), learnt, 0, story.at)
    a_quarter_of_an_hour(story)
    assert [i.key for i in story.engine.state.incidents.values()] == ["no_data"]


def test_a_restart_before_the_first_push_goes_on_waiting() -> None:
    story = Story(plan([ORDERS], [SILENT]))
    nothing(story)
    learnt = story.engine.detectors.changed()
    story.engine = Engine(story.plan, DETECTORS, story.at)
    story.engine.restore((), (), (), learnt, 0, story.at)
    a_quarter_of_an_hour(story)
    assert not story.engine.state.incidents


def test_a_probe_that_does_not_run_at_all_is_still_a_blind_spot() -> None:
    story = Story(plan([ORDERS], [SILENT]))
    nothing(story)
    for _ in range(30):
        story.wait(10).tick()
    assert [i.key for i in story.engine.state.incidents.values()] == ["no_data"]


def test_one_responder_is_not_told_of_seven_roles_that_nobody_fills() -> None:
    roles = (Role(name="commander", primary=("li",)),)
    alone = Crew(crew_plan(LI, severity="P0", roles=roles))
    assert pages(alone.down("bank"))
    assert "people.unfilled" not in " ".join(alone.log())
    team = Crew(crew_plan(LI, WANG, severity="P0", roles=roles))
    team.down("bank")
    assert "people.unfilled" in " ".join(team.log())
