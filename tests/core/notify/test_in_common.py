"""The page of several says what they have in common."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import Story, http_check, plan, rule
from tests.core.notify.test_storms import DOWN, letter, sent
from watchtower.channels.sentences import headline
from watchtower.channels.sms_text import compose
from watchtower.core.notify.in_common import _said, shared
from watchtower.core.state import Step
from watchtower.daily_hours import zone_of
from watchtower.model import Language, Text

LABELS = ({"region": "east", "rack": "a"}, {"region": "east", "rack": "b"})


@pytest.mark.parametrize(
    ("odd", "en", "zh"),
    [
        (0, "region=east", "region=east"),
        (1, "region=east (9 of 10)", "region=east（9/10）"),
        (5, None, None),
    ],
)
def test_the_page_says_what_they_have_in_common(odd: int, en: str | None, zh: str | None) -> None:
    first, *rest = [
        http_check(f"c{n}").model_copy(update={"labels": LABELS[n % 2] if n > odd else {"rack": "c"}})
        for n in range(11)
    ]
    story = Story(plan([first, *rest], [rule("down", DOWN, first, *rest)]))
    for check in (first, *rest):
        story.down(check.name)
    story.wait(11.0).tick()
    page = sent(story)[-1]
    assert len(page.message.also) == 9
    shared = page.message.shared
    assert (shared and shared.en, shared and shared.zh) == (en, zh)
    if en and zh:
        assert f"In common: {en}." in compose(letter(page))
        assert f"共同点：{zh}。" in compose(letter(page, Language.ZH))
        assert f"In common: {en}" in headline(page.message, zone_of("UTC"), Language.EN)


def test_a_dependency_stands_first_then_the_alphabet() -> None:
    labels = dict.fromkeys("hgfedcba", "x")
    checks = [http_check(f"c{n}", flow=f"f{n}").model_copy(update={"labels": labels}) for n in range(3)]
    bank = http_check("bank")
    made = plan([*checks, bank], [rule("down", DOWN, *checks)], flows=[f"f{n}" for n in range(3)])
    story = Story(made)
    for check in checks:
        story.down(check.name)
    flows = {name: flow.model_copy(update={"depends_on": ("bank",)}) for name, flow in made.flows.items()}
    step = Step(replace(made, flows=flows), story.engine.state, story.at)
    said = shared(step, list(story.engine.state.incidents))
    assert said is not None
    assert said.en == "depends on bank, a=x"


def test_what_more_of_them_have_stands_first() -> None:
    checks = [
        http_check(f"c{n}").model_copy(
            update={"labels": {**dict.fromkeys("abcdef", "a" if n else "c"), "zone": "b"}}
        )
        for n in range(5)
    ]
    story = Story(plan(checks, [rule("down", DOWN, *checks)]))
    for check in checks:
        story.down(check.name)
    said = shared(Step(story.plan, story.engine.state, story.at), list(story.engine.state.incidents))
    assert said is not None
    assert said.en == "zone=b, a=a (4 of 5)"


@pytest.mark.parametrize("flow", [True, False])
def test_a_dependency_goes_by_its_title(flow: bool) -> None:
    title = Text("Bank gateway", "银行网关")
    below = http_check("bank").model_copy(update={"title": title})
    made = plan([] if flow else [below], [], flows=["bank"] if flow else [])
    flows = {name: one.model_copy(update={"title": title}) for name, one in made.flows.items()}
    said = _said(replace(made, flows=flows), ("", "bank"), 3, 3)
    assert said == Text("depends on Bank gateway", "依赖银行网关")
