"""Whatever three locations see, and however what they say arrives: no page without a quorum, one with it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from tests.core.builders import moves, pages
from tests.core.locations.outlook import THREE, Views, outlook, seen_from
from watchtower.core.events import AlertChanged, Decision, IncidentChanged, Observed
from watchtower.core.incident.kinds import LOCATION
from watchtower.model import Observation, Outcome, Reading

BANK = seen_from(*THREE)
SEEN = st.sampled_from(["up", "down", "unknown", None])
"""What a location says in one interval; None: nothing."""
ROUNDS = st.lists(st.fixed_dictionaries(dict.fromkeys(THREE, SEEN)), min_size=1, max_size=8)


def said(seen: dict[str, str | None]) -> dict[str, str]:
    return {name: outcome for name, outcome in seen.items() if outcome is not None}


def of_rule(decisions: Sequence[Decision]) -> list[Decision]:
    return [d for d in decisions if isinstance(d, AlertChanged) and d.alert.rule == "down"]


def opened(views: Views) -> list[str]:
    return [
        d.incident.key for d in views.decisions if isinstance(d, IncidentChanged) and d.reason == "opened"
    ]


@given(st.sampled_from(THREE), st.lists(st.sampled_from(["up", "down", "unknown", None]), max_size=20))
def test_one_of_three_pages_nobody_about_targets(odd, course):
    views = Views(outlook(BANK))
    views.rounds(2, **dict.fromkeys(THREE, "up"))
    for outcome in course:
        others = dict.fromkeys(set(THREE) - {odd}, "up")
        views.round(**said({**others, odd: outcome}))
    assert set(opened(views)) <= {f"location:{odd}"}


@given(ROUNDS, st.sampled_from(THREE))
def test_two_that_see_it_down_are_a_page_whatever_came_before(course, third):
    views = Views(outlook(BANK))
    for seen in course:
        views.round(**said(seen))
    views.round(**dict.fromkeys(set(THREE) - {third}, "down"))
    assert views.engine.state.alerts["down", "bank", ""].state == "firing"
    assert any(page.startswith("new P1 li") for page in pages(views.decisions))


@given(ROUNDS)
@example(7 * [{"inside": "down", "hk": "unknown", "sg": "up"}])
def test_it_fires_and_ends_by_what_a_quorum_said_last(course):
    """The rule's alert, that is: a minute without a quorum is no data, which has an alert of its own."""
    views = Views(outlook(BANK))
    last: dict[str, str] = {}
    for seen in course:
        for name, outcome in said(seen).items():
            last[name] = outcome
            for move in moves(of_rule(views.wait(1.0).vote(name, outcome))):
                wanted = {"firing bank": "down", "resolved bank": "up"}.get(move)
                assert wanted is None or list(last.values()).count(wanted) >= 2
        views.wait(10.0 - len(said(seen))).tick()


@given(ROUNDS, st.randoms(use_true_random=False))
def test_what_is_replayed_or_comes_late_changes_nothing(course, chance):
    once, again = Views(outlook(BANK)), Views(outlook(BANK))
    sent: list[Observation] = []
    for seen in course:
        for name, outcome in said(seen).items():
            vote = Observation("bank", once.at + 1.0, Reading(Outcome(outcome)), 0.1, name)
            for views in (once, again):
                views.feed(Observed(vote))
            sent.append(vote)
            for old in chance.sample(sent, k=min(3, len(sent))):
                assert again.feed(Observed(old)) == []
        for views in (once, again):
            views.wait(10.0).tick()
    assert again.decisions == once.decisions


@given(ROUNDS, st.fixed_dictionaries(dict.fromkeys(THREE, st.sampled_from(["up", "down"]))), st.randoms())
def test_the_order_in_which_locations_arrive_decides_nothing(course, last, chance):
    """Once all have said what they see, the alert is the same."""
    straight, mixed = Views(outlook(BANK)), Views(outlook(BANK))
    for seen in [*course, last]:
        votes = list(said(seen).items())
        straight.round(**dict(votes))
        mixed.round(**dict(chance.sample(votes, k=len(votes))))
    firing = [views.engine.state.alerts.get(("down", "bank", "")) for views in (straight, mixed)]
    assert [one is not None and one.state == "firing" for one in firing] == 2 * [
        list(last.values()).count("down") >= 2
    ]


@given(ROUNDS)
def test_a_location_that_is_lost_is_back_with_its_first_word(course):
    views = Views(outlook(BANK))
    for seen in [dict.fromkeys(THREE, "up"), *course]:
        views.round(**said(seen))
    views.rounds(8)
    lost = {
        key[1]
        for key, alert in views.engine.state.alerts.items()
        if key[0] == LOCATION and alert.state == "firing"
    }
    assert lost == set(THREE)
    views.round(**dict.fromkeys(THREE, "up"))
    assert not any(key[0] == LOCATION and a.state == "firing" for key, a in views.engine.state.alerts.items())
