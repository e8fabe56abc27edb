"""Every silence that there ever was, out of the book's entries."""

from __future__ import annotations

from math import inf

from watchtower.core.silences.kinds import SilenceCreated, SilenceExpired
from watchtower.core.silences.silence import ever_silenced


def test_each_has_its_end_and_what_goes_on_has_none() -> None:
    matchers = ['check="bank"']
    entries = [
        SilenceCreated("S-1", matchers, 100.0, 900.0).entry(100.0, by="li"),
        SilenceExpired("S-1").entry(400.0, by="li"),
        SilenceCreated("S-2", matchers, 500.0, 900.0).entry(500.0, by="li"),
        SilenceExpired("S-9").entry(600.0),
    ]
    assert [(one.id, one.ends_at, ended) for one, ended in ever_silenced(entries)] == [
        ("S-1", 900.0, 400.0),
        ("S-2", 900.0, inf),
    ]
    assert ever_silenced([]) == []
