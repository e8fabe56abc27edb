"""What scripts rely on: `watchtower backtest --json`."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.replay.shop import T0, Shop, rows, spelled, told

OUTAGE = "55555" + "0" * 12 + "5" * 10


def test_an_outage_from_the_first_silence_to_the_all_clear(shop: Shop) -> None:
    records = shop.records("--samples", f"orders={shop.file(rows(spelled(OUTAGE)))}")
    assert told(records) == [
        "+100 alert_pending P1",  # sixty seconds of measured zeros, rows +50 to +100
        "+120 alert_firing P1",  # and `for` on top
        "+120 incident_opened P1",
        "+120 page_new P1 li sms",
        "+230 alert_resolved P1",  # requests again from +170, kept firing for a minute
        "+230 incident_resolved P1",
        "+230 page_resolved P1 li sms",
    ]


def test_every_record_has_the_fields_that_scripts_rely_on(shop: Shop) -> None:
    records = shop.records("--samples", f"orders={shop.file(rows(spelled(OUTAGE)))}")
    for record in records:
        assert set(record) >= {
            "at",
            "time",
            "event",
            "rule",
            "check",
            "series",
            "severity",
            "because",
            "reason",
        }
        assert isinstance(record["at"], float)
        assert datetime.fromisoformat(record["time"]).timestamp() == record["at"]
        assert (record["rule"], record["check"], record["flow"]) == ("silent", "orders", "checkout")
        assert record["because"].startswith("No requests for ")
        assert record["onset"] == (T0 + 100 if record["event"] == "alert_pending" else T0 + 40)
        if record["event"].startswith(("page_", "incident_")):
            assert record["incident"] == "INC-1"
    page = next(r for r in records if r["event"] == "page_new")
    assert (page["responder"], page["channel"], page["reason"]) == ("li", "sms", "opened")
    assert page["because"] == "No requests for 1 min 20 s"


def test_records_come_in_time_order(shop: Shop) -> None:
    pay = shop.file(rows(spelled("5" + "0" * 60 + "5" * 20)), "pay.csv")
    orders = shop.file(rows(spelled("55" + "0" * 50 + "5" * 29), start=T0 + 3), "orders.csv.gz")
    records = shop.records("--samples", f"routes[/pay]={pay}", "--samples", f"orders={orders}")
    times = [r["at"] for r in records]
    assert times == sorted(times)
    assert {(r["check"], r["series"]) for r in records} == {("routes", "/pay"), ("orders", "")}


def test_the_deciding_alert_names_an_incident_that_was_raised(shop: Shop) -> None:
    records = shop.records("--samples", f"orders={shop.file(rows(spelled('5' + '0' * 40)))}")
    raised = [r for r in records if r["event"] in ("incident_raised", "page_upgrade")]
    assert [(r["rule"], r["severity"]) for r in raised] == [("dead", "P0")] * 5
    assert {(r["responder"], r["channel"], r["previous_severity"]) for r in raised[1:]} == {
        ("li", "sms", "P1"), ("li", "email", "P1"), ("wang", "sms", "P1"), ("wang", "email", "P1"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["routes[/refund]", "routes:/refund"])
def test_a_series_of_a_check_that_fans_out(shop: Shop, name: str) -> None:
    records = shop.records("--samples", f"{name}={shop.file(rows(spelled(OUTAGE)))}")
    assert {(r["check"], r["series"], r["flow"]) for r in records} == {("routes", "/refund", "refund")}


def test_the_same_input_gives_the_same_bytes(shop: Shop) -> None:
    arguments = [
        "--json",
        "--ack-after",
        "2m",
        "--samples",
        f"orders={shop.file(rows(spelled(OUTAGE * 20)))}",
    ]
    first, second = shop.run(*arguments), shop.run(*arguments)
    assert first.stdout_bytes == second.stdout_bytes
    assert first.stdout_bytes


def test_reminders_until_somebody_acknowledges(shop: Shop) -> None:
    file = shop.file(rows(spelled("5" + "0" * 120)), "long.csv")
    never = [
        r["at"] - T0 for r in shop.records("--samples", f"orders={file}") if r["event"] == "page_reminder"
    ]
    assert sorted(set(never)) == [600.0, 900.0, 1200.0]  # five minutes after the page of +300, and on
    acked = shop.records("--samples", f"orders={file}", "--ack-after", "10m")
    assert [r["at"] - T0 for r in acked if r["event"] == "incident_acknowledged"] == [680.0]
    assert {r["at"] - T0 for r in acked if r["event"] == "page_reminder"} == {600.0}


def test_pages_that_never_arrive_owe_no_all_clear(shop: Shop) -> None:
    records = shop.records(
        "--samples", f"orders={shop.file(rows(spelled(OUTAGE)))}", "--no-deliver", "--ack-after", "1s"
    )
    events = [r["event"] for r in records]
    assert "page_new" in events
    assert not {"page_resolved", "incident_acknowledged"} & set(events)
    assert [r["reason"] for r in records if r["event"] == "notification_suppressed"] == ["nobody_notified"]


def test_only_the_asked_time_is_judged(shop: Shop) -> None:
    file = shop.file(rows(spelled(OUTAGE * 3)))
    everything = shop.records("--samples", f"orders={file}")
    middle = shop.records(
        "--samples", f"orders={file}", "--from", str(T0 + 270), "--until", "2023-11-14T22:22:10Z"
    )
    assert [r["event"] for r in everything if r["event"] in ("incident_opened", "incident_reopened")] == [
        "incident_opened", "incident_reopened",
    ]  # fmt: skip
    assert [r["at"] - T0 for r in middle if r["event"] == "incident_opened"] == [390.0]
    assert all(T0 + 270 <= r["at"] <= T0 + 530 for r in middle)


def test_rows_before_the_asked_time_teach_the_detectors(shop: Shop) -> None:
    balances = [1000.0 - 10 * hour for hour in range(80)]  # 240 a day
    file = shop.file(rows(balances, every=3600.0))
    late = shop.records("--samples", f"wallet={file}", "--from", str(T0 + 78 * 3600))
    assert late[0]["event"] == "alert_firing"
    assert late[0]["at"] == T0 + 78 * 3600  # at once: six hours of history lie before it


def test_a_configuration_that_is_wrong_is_told_as_everywhere(shop: Shop) -> None:
    result = shop.run("--samples", "orders=x.csv", rules='[[rule]]\nname = "a"\n')
    assert result.exit_code == 2
    assert "rules.toml:1" in result.stderr
    assert not result.stdout


def test_secrets_need_not_be_set(shop: Shop) -> None:
    result = shop.run("--samples", f"orders={shop.file(rows(spelled('55555')))}")
    assert result.exit_code == 0
    assert (
        "not set, and not needed here: MAIL_WANG, SMS_LI, SMS_TOKEN, SMS_URL, SMS_WANG, SMTP_PASSWORD"
        in result.stderr
    )


def test_checks_without_samples_are_left_out_and_named(shop: Shop) -> None:
    result = shop.run("--json", "--samples", f"orders={shop.file(rows([5] * 500))}")
    assert result.stdout == ""  # no blind alert of what was not replayed
    assert "without samples, left out: routes, wallet" in result.stderr
