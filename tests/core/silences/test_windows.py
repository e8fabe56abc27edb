"""Maintenance windows through the engine: they hold back as a silence does, and are announced."""

from __future__ import annotations

from dataclasses import replace

from tests.core.builders import LI, SMS, WANG, Story, queued, whys
from tests.core.silences.release import (
    BOSS,
    later,
    made,
    silence,
    window,
)


def test_a_maintenance_window_holds_back_as_a_silence_does() -> None:
    base = made()
    told = Story(replace(base, maintenance=(window(1_000_000.0, 0, 600, 'flow="checkout"', announce=None),)))
    assert whys(told.down("bank")) == ["in_maintenance"]
    assert later(told, 590) == []
    assert later(told, 20) == ["new P1 li sms", "new P1 li email"]


def test_it_is_announced_once_to_those_who_are_informed() -> None:
    informs = {
        severity: policy.model_copy(update={"inform": ("backup",)})
        for severity, policy in made().paging.items()
    }
    base = replace(made(), paging=informs, responders={r.name: r for r in (LI, BOSS, WANG)})
    told = Story(
        replace(base, maintenance=(window(1_000_000.0, 7200, 9000, 'flow="checkout"', announce=3600.0),))
    )
    assert later(told, 3590, latency=0.1) == []
    assert later(told, 20, latency=0.1) == ["maintenance P4 wang email"]
    assert later(told, 1000, latency=0.1) == []
    said = queued(told.decisions)[0].message.note
    assert said.en == 'release: from 15:46:40 UTC to 16:16:40 UTC nobody is paged about flow="checkout"'


def test_where_nobody_is_informed_who_is_on_call_hears_of_it() -> None:
    told = Story(
        replace(made(), maintenance=(window(1_000_000.0, 60, 900, 'flow="checkout"', announce=3600.0),))
    )
    assert later(told, 10, latency=0.1) == ["maintenance P4 li email"]
    assert SMS in LI.addresses


def test_a_silence_that_was_planned_is_announced_an_hour_before() -> None:
    told = Story(made())
    silence(told, 'check="bank"', after=7200, lasts=1800)
    assert later(told, 3590, latency=0.1) == []
    assert later(told, 20, latency=0.1) == ["maintenance P4 li email"]
    said = queued(told.decisions)[0].message.note
    assert (
        said.en == 'S-1 (li: release): from 15:46:40 UTC to 16:16:40 UTC nobody is paged about check="bank"'
    )
    assert later(told, 3500, latency=0.1) == []
