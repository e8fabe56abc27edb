"""Samples files: what is read, and what is told of a wrong one."""

from __future__ import annotations

import gzip

import pytest

from tests.replay.shop import T0, Shop, rows

GOOD = rows([5, 5, 5])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["samples.csv:1: the header has no column `time`"]),
        ("time,value\n", ["samples.csv:1: has no rows"]),
        ("at,value\n1,2\n", ["samples.csv:1: the header has no column `time`"]),
        ("1700000000,5\n1700000010,5\n", ["samples.csv:1: the header has no column `time`"]),
        ("time,value,requests\n1,2,3\n", ['samples.csv:1: the header names the measurement "requests" twice']),
        ("time,value,value\n1,2,3\n", ['samples.csv:1: the header names the column "value" twice']),
        ("time,reqests\n1,2\n", ['no column is a measurement of check "orders"', 'did you mean "requests"?']),
        ("time,value\n1,5,7\n2\n", ["samples.csv:2: has 3 cells, the header has 2", "samples.csv:3: has 1 cells"]),
        ("time,value\n2023-11-14T22:13:20,5\n", ['samples.csv:2: time: "2023-11-14T22:13:20" is neither epoch seconds nor a time with its offset']),
        ("time,value\n1700000000000,5\n", ["samples.csv:2: time: 1700000000000 is too large", "divide by 1000"]),
        ("time,value\n20,5\n10,5\n", ["samples.csv:3: time: 10 is earlier than the row before (20)"]),
        ("time,value\n20,5\n20,5\n", ["samples.csv:3: time: 20 stands twice"]),
        ("time,value\n20,5\n99000000,5\n", ["samples.csv:3: time: 99000000 is more than a year after"]),
        ("time,value\n10,five\n20,-1\n30,inf\n", [':2: requests: "five"', ':3: requests: "-1"', ':4: requests: "inf"']),
        ("time,outcome\n10,well\n", ['samples.csv:2: outcome: "well" is no outcome']),
        (b"time,value\n10,\xff\n", ["samples.csv:1: is not UTF-8 text"]),
        (gzip.compress(GOOD.encode(), mtime=0)[:-12], ["samples.csv:1: is cut off"]),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_its_line_and_nothing_runs(
    shop: Shop, text: str | bytes, told: list[str]
) -> None:
    result = shop.run("--json", "--samples", f"orders={shop.file(text)}")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert [part for part in told if part not in result.stderr] == []


def test_everything_wrong_in_all_files_is_told_at_once(shop: Shop) -> None:
    one, two = shop.file("time,value\nx,1\n", "one.csv"), shop.file("time,value\n10,y\n", "two.csv")
    result = shop.run(
        "--samples", f"orders={one}", "--samples", f"routes:/pay={two}", "--samples", f"oders={one}",
        "--samples", "orders", "--samples", f"wallet={shop.folder / 'none.csv'}",
    )  # fmt: skip
    assert result.exit_code == 2
    for part in ("one.csv:2:", "two.csv:2:", 'no check "oders"', 'did you mean "orders"?', "write CHECK=FILE",
                 "none.csv:1: cannot be read: no such file"):  # fmt: skip
        assert part in result.stderr


def test_a_thousand_bad_rows_are_counted_not_listed(shop: Shop) -> None:
    result = shop.run("--samples", f"orders={shop.file(rows(['x'] * 1000))}")
    assert len(result.stderr.splitlines()) < 70
    assert "and 950 more problems" in result.stderr


def test_the_same_series_twice_is_refused(shop: Shop) -> None:
    file = shop.file(GOOD)
    result = shop.run("--samples", f"orders={file}", "--samples", f"orders={file}")
    assert (result.exit_code, "orders is given twice" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "\ufeff" + GOOD,  # as spreadsheets write it
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("value", "requests"),
        "\n".join(",".join(reversed(line.split(","))) for line in GOOD.splitlines()),  # value,time
        GOOD + "\n\n",
        rows([5.0, "5.5", " 5 "]),
        rows(["5,2", "5,", "5,1"], header="time,value,users"),
        rows(["5,x", "5,y", "5,z"], header="time,value,comment"),
    ],
)
def test_spellings_that_are_read(shop: Shop, text: str) -> None:
    for name in ("samples.csv", "samples.csv.gz"):
        result = shop.run("--json", "--samples", f"orders={shop.file(text, name)}")
        assert (result.exit_code, result.stdout) == (0, "")


def test_a_column_that_is_no_measurement_is_left_out_and_said(shop: Shop) -> None:
    result = shop.run("--samples", f"orders={shop.file(rows(['5,x'], header='time,value,comment'))}")
    assert 'column "comment" is no measurement of check "orders": left out' in result.stderr


def test_value_is_the_balance_of_a_balance(shop: Shop) -> None:
    file = shop.file(rows([100.0 - hour for hour in range(10)], every=3600.0))
    fired = [r for r in shop.records("--samples", f"wallet={file}") if r["event"] == "alert_firing"]
    assert fired == []  # four days are left
    file = shop.file(rows([50.0 - hour for hour in range(10)], every=3600.0))
    fired = [r for r in shop.records("--samples", f"wallet={file}") if r["event"] == "alert_firing"]
    assert [(r["rule"], r["at"]) for r in fired] == [("runs-out", T0 + 6 * 3600)]


def test_an_outcome_column_says_how_the_poll_went(shop: Shop) -> None:
    text = rows(["5,up,", *[",unknown,timeout"] * 10], header="time,value,outcome,reason")
    records = shop.records("--samples", f"orders={shop.file(text)}")
    assert {r["rule"] for r in records} == {"watchtower-no-data"}
    assert "no answer in time" in records[1]["because"]


def test_totals_of_a_counter_are_no_counts(shop: Shop) -> None:
    totals = [40 * (n % 150) for n in range(300)]  # its service starts anew once
    result = shop.run("--samples", f"orders={shop.file(rows(totals))}")
    assert result.exit_code == 2
    assert "samples.csv:2: requests only ever rise: these are totals of a counter" in result.stderr
    rising = [n + 5 * (n % 2) for n in range(300)]
    assert shop.run("--samples", f"orders={shop.file(rows(rising))}").exit_code == 0
