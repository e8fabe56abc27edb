"""What leaves the process says which instance it is from: INC-7 of two sidecars is not one incident."""

from __future__ import annotations

from tests.core.builders import DOWN_RULE_TEXT, Story, http_check, plan, queued, rule
from watchtower.core.incident.identity import OVERLAP, Identities, told_as
from watchtower.core.incident.incidents import Page

BANK, CARD = http_check(), http_check("card")
PLAN = plan([BANK, CARD], [rule("down", "outcome == 'down'", BANK, CARD, text=DOWN_RULE_TEXT)])


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


def _pair() -> tuple[Story, Story]:
    """A leader in the term `a`, and who took over from it in the term `b` with what is in the store."""
    old, new = Story(PLAN, 1_000_000.0), Story(PLAN, 1_000_003.0)
    for story, identities in ((old, Identities("a")), (new, Identities("b", "a", {}))):
        story.engine.state.instance, story.engine.state.identities = "7f3k", identities
    return old, new


def test_two_daemons_that_do_not_see_each_other_give_one_fault_one_identity_and_two_faults_two() -> None:
    old, new = _pair()
    here = {"bank": queued(old.down("bank")), "card": queued(old.down("card"))}
    there = {"card": queued(new.down("card")), "bank": queued(new.down("bank"))}
    for check in ("bank", "card"):
        assert here[check][0].incident != there[check][0].incident, "they number apart"
        assert [page.id for page in here[check]] == [page.id for page in there[check]]
        assert here[check][0].thread == there[check][0].thread
    assert {page.id for page in here["bank"]}.isdisjoint(page.id for page in here["card"])
    assert told_as("INC-1", here["bank"][0].origin) == told_as("INC-2", there["bank"][0].origin) != "INC-1"


def test_what_the_new_one_saw_to_be_well_is_another_fault() -> None:
    """Else a receiver that remembers ids would take it for a repetition, and nobody would hear of it."""
    old, new = _pair()
    here = queued(old.down("bank"))
    new.up("bank")
    assert {page.id for page in here}.isdisjoint(
        page.id for page in queued(new.wait(OVERLAP + 1).down("bank"))
    )


def test_what_begins_before_the_old_one_has_heard_of_the_new_one_has_one_identity() -> None:
    old, new = _pair()
    new.up("bank")
    here, there = queued(old.down("bank")), queued(new.wait(1).down("bank"))
    assert [page.id for page in here] == [page.id for page in there]


def test_the_same_again_in_one_term_is_another_fault() -> None:
    one, _ = _pair()
    first = queued(one.down("bank"))
    one.deliver_all()
    one.wait(10).up("bank")
    one.deliver_all()
    again = queued(one.wait(4000).down("bank"))
    assert again
    assert {page.origin for page in first}.isdisjoint(page.origin for page in again)
