"""What becomes of one message becomes of all the pages in it, some with its event and the others turn by turn."""

from __future__ import annotations

from tests.core.builders import SMS
from tests.core.notify.test_storms import MANY, restarted, sent, storm
from watchtower.core.incident.incidents import PageState


def test_who_got_one_message_got_all_that_it_tells_of_also_over_a_restart() -> None:
    story = storm(MANY)
    for n in range(MANY):
        story.down(f"c{n}")
    story.deliver_all()
    story.wait(10.0).tick()
    together = [page for page in story.undelivered() if page.carries]
    story.deliver(*together)
    left = len(story.engine.state.pages)
    assert 0 < left < len(together) * (MANY - 1)
    again = restarted(story, MANY)
    for one in (story, again):
        one.wait(1.0).tick()
        incidents = one.engine.state.incidents.values()
        assert {i.notified["li", SMS].firing for i in incidents} == {PageState.DELIVERED}
        assert not one.engine.state.pages
    assert sent(again) == []
