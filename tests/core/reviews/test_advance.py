"""What the engine writes for the review by itself: rungs of a ladder, what it resembles, and that it is open again."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import Story, http_check, plan, rule
from watchtower.core.events import ActionRequest, Logged, Refused
from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.core.plan.incident import IncidentPolicy
from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.core.reviews.similar import lesson_of
from watchtower.detectors import DETECTORS
from watchtower.model import Fact, Severity, Text

BANK = http_check()
DAY = 86400.0
EXPIRY = DETECTORS["runway"].Settings.model_construct(mode="expiry", measurement="tls_days_left")
CERTIFICATE = Check(
    name="certificate", probe="tls", every=3600.0, timeout=5.0, settings=None, facts=BASE_FACTS | {"tls_days_left": Fact.number("d")} | DETECTORS["runway"].facts,
    detector="runway", detect=EXPIRY, no_data_after=1e9,
)  # fmt: skip


def written(story: Story, kind: str) -> list[Logged]:
    return [d for d in story.decisions if isinstance(d, Logged) and d.entry.kind == kind]


def test_each_rung_of_the_ladder_is_noted_once_with_the_days_left() -> None:
    story = Story(plan([CERTIFICATE], [rule("runs-out", "runway.step <= 30.0", CERTIFICATE, severity="P3")]))
    for left in (40.0, 29.5, 28.0, 14.0, 13.5, 6.9, 6.8, 2.5, 0.5):
        story.wait(3600).see("certificate", "up", tls_days_left=left)
        story.wait(10).tick()
        story.deliver_all()
    (review,) = [s.review for s in story.engine.state.histories.values()]
    assert [one.days_left for one in review.days_left] == [29.5, 14.0, 6.9, 2.5, 0.5]
    assert written(story, "review.threshold")[0].entry.data["zh"] == "certificate：剩余 29.5 天"


def test_what_it_resembles_is_written_once_in_the_first_minute() -> None:
    past = Record(
        "INC-0", Text("bank", "bank"), "check:bank", 1.0, 1.0, Severity.P1, Severity.P1, rules=("down",), checks=("bank",),
        source=DetectionSource.DEPENDENCY, cause_tag="vendor", cause="their deploy", helped="waited",
    )  # fmt: skip
    lesson = lesson_of(past)
    assert lesson is not None
    story = Story(plan([BANK], [rule("down", "outcome == 'down'", BANK)]))
    story.engine.state.lessons = (lesson,)
    for _ in range(5):
        story.wait(10).down("bank")
        story.tick()
    (line,) = written(story, "review.similar")
    assert line.entry.data["found"][0]["helped"] == "waited"
    assert line.at == story.at - 40


def test_an_incident_that_is_back_has_its_review_open_again() -> None:
    made = replace(
        plan([BANK], [rule("down", "outcome == 'down'", BANK)]), incident=IncidentPolicy(reopen_within=3600.0)
    )
    story = Story(made)
    story.wait(10).down("bank")
    story.deliver_all()
    story.wait(10).up("bank")
    story.deliver_all()
    for action, data in (("tag", {"tag": "vendor"}), ("close_review", {})):
        assert not [
            d for d in story.feed(ActionRequest("INC-1", action, "li", data=data)) if isinstance(d, Refused)
        ]
    assert story.engine.state.histories["INC-1"].review.closed_by == "li"
    story.wait(60).down("bank")
    assert story.engine.state.histories["INC-1"].review.closed_at is None
    assert len(written(story, "review.reopened")) == 1
