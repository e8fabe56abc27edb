"""What people write back at night, and what of it acknowledges."""

from __future__ import annotations

import pytest

from watchtower.channels.replies import about_of


@pytest.mark.parametrize(
    "text",
    [
        "ACK 7",
        "ack inc-7",
        "Ack INC7",
        "ack INC 7.",
        "ack #7",
        "ACK 007",
        "ＡＣＫ　７",
        "收到７",
        "认领：INC－7！",
    ],
)
def test_a_reply_names_its_incident(text: str) -> None:
    assert about_of(text) == "7"


@pytest.mark.parametrize("text", ["ack", " 收到。", "认领"])
def test_a_reply_that_names_none_means_the_only_one(text: str) -> None:
    assert about_of(text) == ""


@pytest.mark.parametrize(
    "text",
    ["", "7", "TD", "STOP", "not ack 7", "ack 7 no", "ack INC-7 INC-8", "ack" + 60 * " ", "background"],
)
def test_anything_else_acknowledges_nothing(text: str) -> None:
    assert about_of(text) is None
