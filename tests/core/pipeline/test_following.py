"""A plan of many checks is taken a slice at a time: nothing that comes meanwhile is lost, and none is followed twice."""

from __future__ import annotations

from tests.core.builders import Story, http_check, plan, rule
from watchtower.core.events import Ticked
from watchtower.core.pipeline.following import AT_ONCE
from watchtower.core.plan import Plan

MANY = 4 * AT_ONCE
SLICE = 500.0
"""Units of a turn, as the daemon asks for them."""
NAMES = [f"c{n:05d}" for n in range(MANY)]
DOWN = rule("down", "outcome == 'down'", http_check(NAMES[-1]))


def of(names: list[str], flow: str = "") -> Plan:
    return plan([http_check(name, flow) for name in names], [DOWN])


def followed(story: Story) -> int:
    return len(story.engine.state.last_seen)


def turns(story: Story) -> list[int]:
    """How many checks each turn of one tick brought up to date."""
    left, found = followed(story), []
    while True:
        story.decisions += story.engine.handle(Ticked(SLICE), story.at)
        found.append(abs(followed(story) - left))
        left = followed(story)
        if not story.engine.behind:
            return found


def test_no_turn_takes_more_than_a_slice() -> None:
    story = Story(of(NAMES))
    assert followed(story) == AT_ONCE
    assert max(turns(story)) <= SLICE / 0.4 + 1
    assert followed(story) == MANY


def test_a_check_more_is_one_check_to_take() -> None:
    story = Story(of(NAMES))
    turns(story)
    more = http_check("more")
    story.engine.replace_plan(plan([*story.engine.plan.checks.values(), more], [DOWN]), story.at)
    assert followed(story) == MANY + 1


def test_a_sample_that_comes_between_two_slices_counts() -> None:
    story = Story(of(NAMES))
    turns(story)
    story.engine.replace_plan(of(NAMES[1:], "checkout"), story.at)
    last = NAMES[-1]
    story.down(last)
    assert [one.check for one in story.engine.state.alerts.values()] == [last]
    turns(story)
    assert [one.check for one in story.engine.state.alerts.values()] == [last], (
        "it goes on when its turn comes"
    )
    assert story.engine.state.last[last, ""].reading.outcome.value == "down"


def test_what_goes_and_what_comes_back_before_its_turn() -> None:
    story = Story(of(NAMES))
    turns(story)
    story.engine.replace_plan(of(NAMES[:10]), story.at)
    story.engine.replace_plan(of(NAMES[: MANY // 2], "checkout"), story.at)
    turns(story)
    assert followed(story) == MANY // 2
    assert len(list(story.engine.state.sources.of_flow("checkout"))) == MANY // 2


def test_a_check_that_waited_for_its_turn_is_missed_when_it_stays_silent() -> None:
    story = Story(of(NAMES[: AT_ONCE + 1]))
    turns(story)
    story.wait(200)
    turns(story)
    assert len(story.engine.state.alerts) == AT_ONCE + 1


def test_what_fires_on_a_check_that_goes_ends_with_the_plan() -> None:
    story = Story(of(NAMES))
    story.down(NAMES[-1])
    assert story.engine.state.alerts
    story.engine.replace_plan(of(NAMES[:-1], "checkout"), story.at)
    assert not [one for one in story.engine.state.alerts.values() if not one.state.ended]
