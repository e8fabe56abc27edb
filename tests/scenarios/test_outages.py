"""Outages of real companies: seen within two polls, one incident, severities that people agree with, mitigated in time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.scenarios.outage_stage import OutageRun, written
from tests.scenarios.outages import OUTAGES as FIRST
from tests.scenarios.outages import Outage, minute
from tests.scenarios.public_outages import PUBLIC_OUTAGES
from watchtower.page_kinds import PageKind

# The ten of others take a minute and a half of a processor: `make soak` plays them.
OUTAGES: Mapping[str, Outage] = {**FIRST, **(PUBLIC_OUTAGES if os.environ.get("WATCHTOWER_SOAK") else {})}
Played = Callable[[str], OutageRun]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    @cache
    def play(name: str) -> OutageRun:
        folder: Path = tmp_path_factory.mktemp("outage")
        return OutageRun(OUTAGES[name], written(folder, OUTAGES[name]))

    return play


every = pytest.mark.parametrize("name", OUTAGES)


@every
def test_seen_within_two_polls(played: Played, name: str) -> None:
    it = played(name)
    assert it.pages[0][0] <= minute(it.outage.begin) + 2


@every
def test_nothing_before(played: Played, name: str) -> None:
    it = played(name)
    assert it.pages[0][0] > minute(it.outage.begin)


@every
def test_the_first_page_is_as_severe_as_people_would_say(played: Played, name: str) -> None:
    it = played(name)
    assert it.pages[0][2] in it.outage.first


@every
def test_severities_over_time(played: Played, name: str) -> None:
    it = played(name)
    wrong = {at: it.worst_at(at) for at, right in it.outage.at.items() if it.worst_at(at) not in right}
    assert wrong == {}


@every
def test_the_record_severity(played: Played, name: str) -> None:
    it = played(name)
    assert min(record for *_, record in it.changes) in it.outage.record


@every
def test_one_incident(played: Played, name: str) -> None:
    it = played(name)
    merged = {id for _, id in it.of("merged_into")}
    assert {id for _, id in it.of("opened")} - merged == {"INC-1"}
    assert it.of("reopened") == []
    news = {id for _, kind, _, id, _ in it.pages if kind is PageKind.NEW}
    assert len(news) == 1


@every
def test_mitigated_within_five_minutes_of_the_end(played: Played, name: str) -> None:
    it = played(name)
    end = minute(it.outage.mitigated)
    when = [at for at, _ in it.of("mitigated")]
    assert when
    assert end <= when[-1] <= end + it.outage.within, when
    assert len(when) <= 1 + it.outage.comes_and_goes, "nobody is told that users are back while they are not"


@every
def test_other_flows_join_in_time_and_what_they_stand_on_is_named(played: Played, name: str) -> None:
    it = played(name)
    late = {flow: by for flow, by in it.outage.joins.items() if it.joined.get(flow, 1e9) > minute(by)}
    assert late == {}
    named = it.of("dependency_found") + it.of("explained_by_dependency")
    assert bool(named) is it.outage.explained


@every
def test_a_person_is_not_flooded(played: Played, name: str) -> None:
    it = played(name)
    kinds = [kind for _, kind, _, _, channel in it.pages if channel == "sms"]
    assert kinds.count(PageKind.NEW) == 1
    assert sum(kind.ends for kind in kinds) <= 1
    assert len(kinds) <= it.outage.pages


@pytest.mark.parametrize("name", [name for name, outage in OUTAGES.items() if outage.note])
def test_what_watchtower_notes_by_itself(played: Played, name: str) -> None:
    it = played(name)
    notes = [item.text for item in it.histories["INC-1"].notes.known if item.by == "watchtower"]
    assert any(it.outage.note in note for note in notes)


@every
def test_no_all_clear_before_the_end(played: Played, name: str) -> None:
    it = played(name)
    clears = [at for at, kind, *_ in it.pages if kind.ends]
    assert [at for at in clears if at < minute(it.outage.mitigated)] == []
    assert len(clears) == len({(channel, id) for _, kind, _, id, channel in it.pages if kind.ends})
