"""What leaves the process says which instance it is from: INC-7 of two sidecars is not one incident."""

from __future__ import annotations

from tests.core.builders import DOWN_RULE_TEXT, Story, http_check, plan, queued, rule
from watchtower.core.incident.incidents import Page

BANK = http_check()
PLAN = plan([BANK], [rule("down", "outcome == 'down'", BANK, text=DOWN_RULE_TEXT)])


def _outage(instance: str, at: float = 1_000_000.0) -> list[Page]:
    """The pages of one outage from its beginning to its end, with a reminder between."""
    story = Story(PLAN, at)
    story.engine.state.instance = instance
    found = queued(story.down("bank"))
    story.deliver_all()
    found += queued(story.wait(400).tick())
    story.deliver_all()
    return found + queued(story.wait(10).up("bank"))


def test_two_instances_give_no_identity_twice_and_people_read_the_same_number() -> None:
    here, there = _outage("7f3k"), _outage("9c1d")
    assert {page.incident for page in (*here, *there)} == {"INC-1"}
    assert {page.id for page in here}.isdisjoint(page.id for page in there)
    assert {page.thread for page in here}.isdisjoint(page.thread for page in there)
    assert all("7f3k" in page.id and "7f3k" in page.thread for page in here)


def test_a_restored_backup_that_counts_a_number_again_gives_no_identity_twice() -> None:
    before, after = _outage("7f3k"), _outage("7f3k", 1_000_060.0)
    assert {page.id for page in before}.isdisjoint(page.id for page in after)
    assert {page.thread for page in before}.isdisjoint(page.thread for page in after)


def test_all_pages_of_an_incident_to_one_address_are_of_one_thread() -> None:
    pages = _outage("7f3k")
    assert len({page.id for page in pages}) == len(pages)
    assert len({page.thread for page in pages if page.channel == "sms"}) == 1


def test_without_an_instance_as_in_a_backtest_nothing_is_added() -> None:
    assert _outage("")[0].id == "INC-1.1.li.sms"
