"""Changes through the engine: which incident they are noted to, and what the first page says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import Story, http_check, plan, rule
from watchtower.core.changes.change import AHEAD, DAY, KEPT, ChangeEvent, changes_of
from watchtower.core.changes.stage import A_DAY, NOTED
from watchtower.core.events import ChangeAnnounced, Decision, Logged, PageQueued, Refused
from watchtower.core.incident.log import line_of
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.model import Text

PAY, BANK, HELP = http_check("pay", "checkout"), http_check("bank"), http_check("help", "help")


def made() -> Plan:
    rules = [rule("down", "outcome == 'down'", PAY, BANK, HELP)]
    flows = {
        "checkout": Flow(name="checkout", title=Text("Checkout", "支付"), depends_on=("bank",)),
        "help": Flow(name="help", title=Text("Help", "帮助")),
    }
    return replace(plan([PAY, BANK, HELP], rules), flows=flows)


def change(key: str = "7", text: str = "checkout 1.42.0", **more: object) -> ChangeEvent:
    return ChangeEvent(**{"key": key, "kind": "deploy", "text": text, "by": "ci", **more})  # type: ignore[arg-type]


def report(told: Story, *given: ChangeEvent) -> str:
    """Reports these; why the last was refused."""
    found: list[Decision] = []
    for one in given:
        found = told.feed(ChangeAnnounced(one))
    return next((d.detail for d in found if isinstance(d, Refused)), "")


def noted(told: Story, incident: str = "INC-1") -> list[str]:
    return [item.text for item in told.engine.state.histories[incident].notes.changes]


def test_what_was_deployed_before_the_onset_is_noted_and_named_in_the_first_page() -> None:
    told = Story(made())
    report(told, change(flow="checkout", link="https://ci.example/7"))
    told.wait(240)
    found = told.down("pay")
    assert noted(told) == ["checkout 1.42.0 (https://ci.example/7)"]
    note = next(d.page.message.note for d in found if isinstance(d, PageQueued))
    assert note is not None
    assert (note.en, note.zh) == ("4 min before, deploy: checkout 1.42.0", "4 分前有发布：checkout 1.42.0")


@pytest.mark.parametrize(
    ("about", "seen"),
    [
        ({"flow": "checkout"}, True),
        ({"flow": "help"}, False),
        ({}, True),
        ({"service": "pay-service"}, True),
        ({"service": "bank"}, True),
        ({"service": "pay"}, True),
        ({"service": "help"}, False),
    ],
)
def test_a_change_is_noted_to_what_it_concerns(about: dict[str, str], seen: bool) -> None:
    """A service that the configuration does not know may be anything, so it concerns everything."""
    told = Story(made())
    report(told, change(**about))
    told.wait(60).down("pay")
    assert bool(noted(told)) is seen


def test_of_when_it_must_be() -> None:
    told = Story(made(), at=100 * DAY)
    report(
        told,
        change("old", "of two days ago", begins_at=told.at - 2 * DAY),
        change("campaign", "double points", begins_at=told.at - 3 * DAY, ends_at=told.at + DAY),
        change("later", "tonight", begins_at=told.at + 3600),
    )
    told.wait(60).down("pay")
    assert noted(told) == ["double points"]
    told.wait(60)
    report(told, change("back", "rolled back"))
    assert noted(told) == ["double points", "rolled back"]
    for _ in range(6):
        told.wait(600)
        told.down("pay")
    assert noted(told) == ["double points", "rolled back", "tonight"]


def test_a_key_that_is_known_adds_to_what_is_known() -> None:
    told = Story(made())
    began = told.at
    report(told, change(flow="checkout"))
    told.wait(300)
    assert report(told, change(text="", kind="", ends_at=told.at)) == ""
    assert told.engine.state.changes.changes == {
        "7": change(flow="checkout", begins_at=began, ends_at=told.at)
    }
    before = len(told.decisions)
    assert report(told, change(text="", kind="", ends_at=told.at)) == ""
    assert len(told.decisions) == before, "a report that is repeated writes nothing"
    told.down("pay")
    assert noted(told) == ["checkout 1.42.0"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (change(text=""), "say what was changed"),
        (change(begins_at=100 * DAY - KEPT - 1), "begins within"),
        (change(begins_at=100 * DAY + AHEAD + 1), "begins within"),
        (change(begins_at=1_763_827_433_000.0), "begins within"),
        (change(begins_at=100 * DAY, ends_at=100 * DAY - 1), "ends after its begin"),
        (change(ends_at=100 * DAY + AHEAD + 1), "ends after its begin"),
    ],
)
def test_what_is_refused(given: ChangeEvent, why: str) -> None:
    told = Story(made(), at=100 * DAY)
    assert why in report(told, given)
    assert not told.engine.state.changes.changes


def test_a_loop_in_a_pipeline_fills_neither_the_store_nor_an_incident() -> None:
    told = Story(made())
    assert report(told, *(change(str(n), f"build {n}") for n in range(A_DAY))) == ""
    assert "taken today already" in report(told, change("one more"))
    assert report(told, change("7", ends_at=told.at + 1)) == "", "what is known can still be ended"
    told.wait(60).down("pay")
    assert len(noted(told)) == NOTED
    told.wait(DAY)
    assert report(told, change("of the next day")) == ""


def test_after_a_restart_it_is_known_and_noted_once() -> None:
    told = Story(made())
    report(told, change())
    told.wait(60).down("pay")
    lines = [line for d in told.decisions if (line := line_of(d))]
    entries = [entry for book, entry in lines if book.startswith("changes-")]
    assert next(d.incident for d in told.decisions if isinstance(d, Logged)) == "changes-1970-01-12"
    state = told.engine.state
    again = Story(told.plan, told.wait(60).at)
    again.engine.restore(
        list(state.alerts.values()), list(state.incidents.values()), [], {}, 1, again.at,
        {"INC-1": [entry for book, entry in lines if book == "INC-1"]}, entries,
    )  # fmt: skip
    assert again.engine.state.changes.changes == changes_of(entries)
    again.down("pay")
    report(again, change("8", "help 2"))
    assert noted(again) == ["checkout 1.42.0", "help 2"]


def test_other_incidents_do_not_hear_of_it() -> None:
    told = Story(made())
    report(told, change(flow="checkout"))
    told.wait(60).down("help")
    assert noted(told) == []
    told.feed(ChangeAnnounced(change("8", "help 2", flow="help")))
    assert noted(told) == ["help 2"]
