"""What people write down: actions become entries, entries become the notes of the story."""

from __future__ import annotations

import json
from typing import Any

import pytest

from watchtower.core.actions.action import ActionTaken, accept
from watchtower.core.events import Logged
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import project
from watchtower.core.incident.incidents import Incident
from watchtower.core.notes.actions import ACTIONS
from watchtower.core.notes.notes import Item, Notes
from watchtower.core.plan import Plan
from watchtower.core.state import State, Step
from watchtower.model import IncidentState, Severity, Text

AT = 1_763_827_433.0
BY_NAME = {action.name: action for action in ACTIONS}


class Call:
    """An incident, and people who write things down in it."""

    def __init__(self) -> None:
        self.state = State()
        title = Text("Checkout", "下单支付")
        self.incident = Incident(
            "INC-1",
            "flow:checkout",
            title,
            "checkout",
            IncidentState.TRIGGERED,
            Severity.P1,
            Severity.P1,
            AT,
            AT,
        )
        self.state.incidents["INC-1"] = self.incident
        self.entries: list[LogEntry] = []
        self.at = AT

    def do(self, action: str, by: str = "li", **given: Any) -> str:
        self.at += 10
        step = Step(Plan(), self.state, self.at)
        data = accept(BY_NAME[action], given, self.at)
        said = BY_NAME[action].act(step, self.incident, ActionTaken(by, "api", data, self.at))
        self.entries += [d.entry for d in step.decisions if isinstance(d, Logged)]
        return said

    @property
    def notes(self) -> Notes:
        return self.state.histories["INC-1"].notes


@pytest.fixture
def call() -> Call:
    return Call()


WRITTEN = [
    ("note", "notes", {}),
    ("known", "known", {}),
    ("rule_out", "ruled_out", {}),
    ("ask", "questions", {"who": "dba"}),
    ("tried", "tried", {"result": "no change"}),
    ("doing", "doing", {"due": AT + 600}),
    ("need", "needs", {"who": "commander", "due": AT + 60}),
    ("decide", "decisions", {}),
    ("cause", "causes", {"tag": "certificate"}),
    ("said", "said", {"audience": "customers", "next_minutes": "30"}),
    ("change", "changes", {"kind": "deploy", "due": AT - 3600}),
]


@pytest.mark.parametrize(("action", "into", "more"), WRITTEN, ids=[each[0] for each in WRITTEN])
def test_what_is_written_is_kept_with_who_and_when(
    call: Call, action: str, into: str, more: dict[str, Any]
) -> None:
    assert call.do(action, "anna", text="as it is", **more) == ""
    (item,) = getattr(call.notes, into)
    assert (item.number, item.at, item.by, item.text) == (1, AT + 10, "anna", "as it is")


def test_a_question_is_answered_once(call: Call) -> None:
    call.do("ask", text="Since when?")
    call.do("ask", text="Which bank?")
    assert "2 open questions" in call.do("answer", text="all")
    assert call.do("answer", "wang", text="all of them", item=2) == ""
    assert "2 is not the number" in call.do("answer", text="none", item=2)
    assert [q.text for q in call.notes.open_questions] == ["Since when?"]
    assert (call.notes.questions[1].result, call.notes.questions[1].closed_by) == ("all of them", "wang")
    assert call.do("answer", text="02:42") == ""  # only one is open: its number is not needed
    assert call.notes.open_questions == ()


def test_what_was_tried_ends_what_was_being_done(call: Call) -> None:
    call.do("doing", text="Rolling back")
    assert call.notes.doing_now[0].who == "li"  # who writes it does it, unless they name somebody else
    call.do("tried", text="Rolled back", result="errors went on", item=1)
    assert call.notes.doing_now == ()
    assert call.notes.tried[0].result == "errors went on"


def test_what_is_being_done_can_be_finished_without_more_words(call: Call) -> None:
    call.do("doing", text="Calling the bank", who="partner")
    assert call.do("finished") == ""
    assert call.notes.doing_now == ()


def test_a_decision_answers_the_need_for_it(call: Call) -> None:
    call.do("need", text="May we switch to standby?", who="commander")
    call.do("decide", "anna", text="Yes, now", item=1)
    assert call.notes.open_needs == ()
    assert (call.notes.needs[0].result, call.notes.decisions[0].text) == ("Yes, now", "Yes, now")


def test_the_newest_cause_stands(call: Call) -> None:
    call.do("cause", text="Perhaps DNS", tag="dns")
    call.do("cause", text="The certificate expired", tag="certificate")
    assert call.notes.cause is not None
    assert (call.notes.cause.tag, len(call.notes.causes)) == ("certificate", 2)


def test_what_was_said_is_kept_by_audience_with_the_time_of_the_next(call: Call) -> None:
    call.do("said", audience="customers", text="We are on it", next_minutes=30)
    call.do("said", audience="internal", text="Rolling back")
    last = call.notes.last_said("customers", "public")
    assert last is not None
    assert (last.text, last.due) == ("We are on it", call.at - 10 + 1800)
    assert call.notes.last_said("regulators") is None


def test_what_was_wrong_is_taken_back_and_numbers_are_never_used_again(call: Call) -> None:
    call.do("known", text="It is the bank")
    assert call.do("withdraw", item=1, why="it was not") == ""
    assert "no note 1" in call.do("withdraw", item=1)
    call.do("known", text="It is us")
    assert [i.number for i in call.notes.known] == [2]


@pytest.mark.parametrize("number", ["inf", "nan", "-inf"])
def test_what_is_no_number_to_count_with_is_refused(call: Call, number: str) -> None:
    call.do("ask", text="?")
    with pytest.raises(ValueError, match="write a number"):
        call.do("answer", text="!", item=number)


@pytest.mark.parametrize("number", ["-1", "1e300"])
def test_a_number_that_is_none_is_answered_with_a_sentence(call: Call, number: str) -> None:
    call.do("ask", text="?")
    assert call.do("answer", text="!", item=number).startswith(("0 is not", "-1 is not", "1"))
    assert call.do("said", audience="internal", text="…", next_minutes=number) == ""
    assert json.dumps([dict(e.data) for e in call.entries], allow_nan=False)


def test_the_notes_read_back_from_the_log_are_the_same(call: Call) -> None:
    for action, _, more in WRITTEN:
        call.do(action, text=f"about {action}", **more)
    call.do("answer", text="because")
    call.do("finished", text="well")
    call.do("withdraw", item=1)
    back = [
        LogEntry(e.at, e.kind, e.by, e.detail, json.loads(json.dumps(dict(e.data)))) for e in call.entries
    ]
    assert project(back).notes == call.notes
    assert project([*back, *back]).notes.last == 2 * call.notes.last


HOSTILE = [
    LogEntry(AT, "notes.unheard_of", data={"item": 1}),
    LogEntry(AT, "notes.answered", data={"item": "one"}),
    LogEntry(AT, "notes.answered", data={"item": [1]}),
    LogEntry(AT, "notes.withdrawn"),
    LogEntry(AT, "notes."),
]


@pytest.mark.parametrize("entry", HOSTILE, ids=range(len(HOSTILE)))
def test_entries_of_another_version_change_nothing(entry: LogEntry) -> None:
    notes = Notes(questions=(Item(1, AT, "li", "?"),), last=1)
    assert notes.after(entry) == notes


def test_data_of_another_kind_is_left_out() -> None:
    entry = LogEntry(AT, "notes.doing", "li", "x", {"who": 7, "due": "soon", "result": None, "tag": ["a"]})
    assert Notes().after(entry).doing == (Item(1, AT, "li", "x"),)
