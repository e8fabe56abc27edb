"""What became of an attempt without a known end stays unknown over later attempts and restarts, until it is known."""

from __future__ import annotations

import pytest

from tests.store.samples import page
from watchtower.delivery.queued import BEGUN, QueuedPage
from watchtower.errors import DeliveryFault


def as_stored(error: str) -> QueuedPage:
    return QueuedPage.of(page(1), 1, error, 0.0)


def test_an_attempt_that_a_crash_interrupted_is_unclear() -> None:
    assert as_stored(f"{BEGUN}: slack.ops").unclear == "slack.ops"


@pytest.mark.parametrize("fault", [DeliveryFault.RETRY, DeliveryFault.AMBIGUOUS])
def test_a_refusal_after_it_makes_it_no_clearer(fault: DeliveryFault) -> None:
    item = as_stored(f"{BEGUN}: slack.ops")
    item.failed("slack.ops", "http_503", fault, idempotent=False)
    again = as_stored(item.end("busy; try again: later"))
    assert (again.code, again.unclear) == ("http_503", "slack.ops")


def test_a_plain_refusal_is_clear() -> None:
    item = as_stored("")
    item.failed("slack.ops", "http_503", DeliveryFault.RETRY, idempotent=False)
    assert as_stored(item.end("busy")).unclear == ""
