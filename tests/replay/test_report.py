"""What people read: the table, the sums, the picture."""

from __future__ import annotations

import subprocess
import sys

from tests.replay.shop import Shop, rows, spelled

OUTAGE = "55555" + "0" * 12 + "5" * 10

GOLDEN = """\
2023-11-14 22:13:20 to 2023-11-14 22:22:40 UTC: 57 polls, RATE polls/s
Alerts fired: 2 (silent 1, watchtower-no-data 1)
Incidents: 2
Pages: 4 (li by email 2, li by sms 2)
No data: orders for 3 min 20 s: absent is no data, never zero
"""


def test_the_summary(shop: Shop) -> None:
    file = shop.file(rows(spelled(OUTAGE + " " * 20 + "5" * 10)))
    result = shop.run("--samples", f"orders={file}")
    assert result.exit_code == 0
    table, _, sums = result.stdout.partition("2023-11-14 22:13:20 to")
    head, _, rest = ("2023-11-14 22:13:20 to" + sums).partition("polls, ")
    assert head + "polls, RATE" + rest[rest.index(" polls/s") :] == GOLDEN
    for part in ("P1", "P3", "2023-11-14 22:15:20", "1 min 50 s", "INC-1", "silent"):
        assert part in table


def test_an_incident_that_has_not_ended_is_said_to_be_open(shop: Shop) -> None:
    result = shop.run("--samples", f"orders={shop.file(rows(spelled('5' + '0' * 20)))}", "--ack-after", "10s")
    assert "(open)" in result.stdout
    assert "ack li" in result.stdout.replace("\n", " ")
    assert "Incidents: 1, 1 still open at the end" in result.stdout


def test_nothing_to_tell_is_told(shop: Shop) -> None:
    assert "Nothing would have fired." in shop.run("--samples", f"orders={shop.file(rows([5] * 9))}").stdout


def test_the_picture_is_drawn(shop: Shop) -> None:
    pay, orders = shop.file(rows([5] * 90), "pay.csv"), shop.file(rows(spelled(OUTAGE * 3)), "orders.csv")
    picture = shop.folder / "out.png"
    result = shop.run(
        "--samples", f"orders={orders}", "--samples", f"routes:/pay={pay}", "--plot", str(picture), "--json"
    )
    assert result.exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000


def test_without_matplotlib_the_command_that_installs_it_is_told(shop: Shop) -> None:
    file = shop.file(rows([5] * 9))
    # A real interpreter in which matplotlib cannot be imported: None in sys.modules means exactly that.
    code = "import sys; sys.modules['matplotlib'] = None; from watchtower.cli import main; main()"
    base = [
        "--rules",
        str(shop.folder / "rules.toml"),
        "--checks",
        str(shop.folder / "checks"),
        "--samples",
        f"orders={file}",
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, "backtest", *base, "--plot", "x.png"], capture_output=True, text=True, check=False, cwd=shop.folder
    )  # fmt: skip
    assert done.returncode == 2
    assert 'pip install "watchtower-oncall[plot]"' in done.stderr
