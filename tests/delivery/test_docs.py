"""The numbers in docs/delivery.md are the code's."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.delivery import Policy
from watchtower.delivery.turns import HANGING, PER_CHANNEL, SHARE
from watchtower.model import Severity

PAGE = Path("docs/delivery.md").read_text("utf-8").replace("\n", " ").replace("  ", " ").replace("  ", " ")
P = Policy()


@pytest.mark.parametrize(
    "sentence",
    [
        f"At most {PER_CHANNEL} attempts run at once on a channel",
        f"One receiver has at most {SHARE} attempts at once",
        f"All receivers that hung together have at most {HANGING}",
        f"after {P.first:g} s, {P.first * 2:g} s, {P.first * 4:g} s … up to {P.cap / 60:g} minutes",
        f"an attempt ends after {P.attempt:g} s",
        f"after {P.failing_attempts} failed attempts, or {P.failing_after:g} s after the page was created",
        f"after {P.give_up[Severity.P2] / 3600:g} hours, {P.give_up[Severity.P0] / 3600:g} for P0 and P1",
        {3600.0: "at most an hour later"}[P.asked_cap],
    ],
)
def test_the_page_says(sentence: str) -> None:
    assert sentence in PAGE
