"""Zero, absent, empty: a row that is absent is no data, never zero."""

from __future__ import annotations

from typing import Any

import pytest

from tests.replay.shop import T0, Shop, rows, spelled, told


def flow_alerts(records: list[dict[str, Any]]) -> list[str]:
    return told([r for r in records if r["event"] == "alert_firing" and r["rule"] != "watchtower-no-data"])


@pytest.mark.parametrize(
    ("timeline", "fired"),
    [
        ("5" + "0" * 20, ["+80 alert_firing P1"]),  # measured zeros
        ("5" + " " * 20 + "5", []),  # nothing measured is not silence
        ("5" + " " * 8640 + "5", []),  # not in a day either
        ("500" + " " * 20 + "0005", []),  # what lies between counts for neither side
        (
            "500" + " " * 20 + "00000000",
            ["+280 alert_firing P1"],
        ),  # six measured zeros, and twenty seconds more
        ("5" + "0" * 7 + " " * 10 + "5" * 9, []),  # pending, then unseen, then well: never fired
    ],
)
def test_only_measured_zeros_are_silence(shop: Shop, timeline: str, fired: list[str]) -> None:
    assert flow_alerts(shop.records("--samples", f"orders={shop.file(rows(spelled(timeline)))}")) == fired


def test_absent_rows_show_as_blindness(shop: Shop) -> None:
    records = shop.records("--samples", f"orders={shop.file(rows(spelled('555' + ' ' * 20 + '5555')))}")
    assert told(records)[:3] == ["+30 alert_pending P3", "+90 alert_firing P3", "+90 incident_opened P3"]
    assert told(records)[-2].startswith("+230 incident_resolved")
    blind = records[1]
    assert (blind["rule"], blind["check"]) == ("watchtower-no-data", "orders")
    assert "no row in the samples" in blind["because"]


def test_absent_rows_do_not_resolve(shop: Shop) -> None:
    records = shop.records("--samples", f"orders={shop.file(rows(spelled('5' + '0' * 20 + ' ' * 60)))}")
    assert not [r for r in records if r["rule"] == "silent" and r["event"].endswith("_resolved")]


@pytest.mark.parametrize("cell", ["", " ", "nan", "NaN"])
def test_an_empty_cell_is_an_unknown_poll(shop: Shop, cell: str) -> None:
    records = shop.records("--samples", f"orders={shop.file(rows(['5', *[cell] * 30]))}")
    assert {r["rule"] for r in records} == {"watchtower-no-data"}


def test_a_file_that_ends_early_is_unseen_from_there(shop: Shop) -> None:
    pay = shop.file(rows([5] * 100), "pay.csv")
    orders = shop.file(rows([5] * 50), "orders.csv")
    records = shop.records("--samples", f"routes[/pay]={pay}", "--samples", f"orders={orders}")
    assert [r["check"] for r in records if r["event"] == "alert_firing"] == ["orders"]


def test_polls_that_jitter_are_not_missing(shop: Shop) -> None:
    times = [T0 + 10 * n + (3.9 if n % 2 else 0.0) for n in range(100)]
    file = shop.file("time,value\n" + "".join(f"{at},5\n" for at in times))
    assert shop.records("--samples", f"orders={file}") == []


def test_a_file_polled_at_another_pace_is_judged_at_its_own(shop: Shop) -> None:
    result = shop.run("--json", "--samples", f"orders={shop.file(rows(spelled('555000555'), every=60.0))}")
    assert "a row every 1m, not every 10s: evaluated as polled every 1m" in result.stderr
    assert '"alert_pending"' in result.stdout  # one row covers a whole minute of silence
    assert "watchtower-no-data" not in result.stdout
