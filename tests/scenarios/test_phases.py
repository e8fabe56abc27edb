"""Silent, low and back a little are phases of one outage: one page, one all-clear; and only people say what is normal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.scenarios.stage import Played, said
from watchtower.config.load import load
from watchtower.replay.series import narrowed_to

ROOT = Path(__file__).parents[2]
ORDERS = """
[flow.orders]
title = { en = "Orders", zh = "下单" }

[[check]]
name = "orders"
flow = "orders"
probe = "push"
every = "10s"
"""


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The rules and checks that are shipped, and a flow of two requests a second, watched for three days."""
    folder = tmp_path_factory.mktemp("plan")
    shutil.copytree(ROOT / "checks", folder / "checks")
    (folder / "checks" / "orders.toml").write_text(ORDERS, encoding="utf-8")
    shutil.copy(ROOT / "rules.toml", folder)
    plan = load(folder / "rules.toml", folder / "checks", {}).plan
    it = Played(narrowed_to(plan, {("orders", ""): 10.0}), "2026-03-02T00:00")
    it.learn("2026-03-05T04:00", {"orders": lambda at: 120.0})
    it.until("2026-03-05T10:00", {"orders": lambda at: 120.0})
    assert it.course == []
    return it


@pytest.fixture
def it(learnt: Played) -> Played:
    return learnt.copy()


def orders(it: Played, end: str, per_minute: float) -> None:
    it.until(f"2026-03-05T{end}", {"orders": lambda at: per_minute}, every=10.0)


def notified(it: Played) -> list[tuple[str, str]]:
    """What one person heard, reminders left out; each is a mail and a short message."""
    heard = [(when, kind) for when, kind, _ in it.pages if kind != "reminder"]
    return list(dict.fromkeys(heard))


@pytest.mark.parametrize("left", [0.0, 1.0, 4.0, 12.0, 40.0])
def test_an_hour_of_loss_is_one_page_and_one_all_clear(it: Played, left: float) -> None:
    orders(it, "10:50", left)
    orders(it, "12:30", 120.0)
    kinds = [kind for _, kind in notified(it)]
    assert kinds.count("new") == kinds.count("resolved") == 1
    assert set(kinds) <= {"new", "upgrade", "resolved"}
    assert kinds.count("upgrade") <= 1, "silent is worse than low, once"
    opened, (over, _) = notified(it)[0][0], notified(it)[-1]
    assert "10:00" <= opened <= "10:02"
    assert "10:50" <= over <= "10:55"
    assert len(it.of("opened")) == 1


def test_back_a_little_is_not_back(it: Played) -> None:
    orders(it, "10:20", 0.0)
    orders(it, "10:50", 60.0)
    assert [kind for _, kind in notified(it)] == ["new"]
    orders(it, "11:10", 120.0)
    assert [kind for _, kind in notified(it)] == ["new", "resolved"]
    assert it.clock(it.histories["INC-1"].milestones.mitigated_at or 0.0) in ("10:50", "10:51")


def test_what_lasts_is_asked_about_and_ends_by_a_word(it: Played) -> None:
    orders(it, "13:00", 54.0)
    assert [kind for _, kind in notified(it)] == ["new", "update"], "nothing resolves itself by lasting"
    assert said(it.logged, "impact.new_normal_asked")[0][0] in ("11:00", "11:01")
    assert it.do("new_normal", flow="checkout").startswith("INC-1 has no alert of requests")
    assert it.do("new_normal", reason="the partner left us") == ""
    orders(it, "13:02", 54.0)
    assert notified(it)[-1] in (("13:00", "resolved"), ("13:01", "resolved"))
    assert said(it.logged, "impact.new_normal") == [("13:00", "the partner left us")]
    orders(it, "17:00", 54.0)
    assert notified(it)[-1][0] <= "13:01", "and it is what is usual from now on"


def test_the_word_is_kept_over_a_restart(it: Played) -> None:
    orders(it, "10:30", 54.0)
    assert it.do("new_normal") == ""
    learned = it.replay.engine.detectors.changed()
    it.restart()
    it.replay.engine.detectors.restore(learned)
    orders(it, "11:30", 54.0)
    assert [kind for _, kind in notified(it)] == ["new", "resolved"]
    assert notified(it)[-1][0] <= "10:31"


def test_a_silence_is_no_new_normal(it: Played) -> None:
    orders(it, "10:30", 0.0)
    assert "no new normal" in it.do("new_normal")
    it.until(
        "2026-03-05T10:30:30", {"orders": lambda at: None}, every=10.0
    )  # nobody can measure: it is not known that anything comes
    assert "no new normal" in it.do("new_normal")
    assert [kind for _, kind in notified(it)] == ["new"]
