"""What a test may expect, and that it is not met by anything else: each expectation right and wrong."""

from __future__ import annotations

import pytest

from tests.rule_tests.trial import OUTAGE, STORY, Trial, expect

OF_AN_OUTAGE = [
    ("nothing fires before", 'at = "11m10s"\nalerts = []', True),
    ("an alert fires once `zero_for` and `for` are over", 'at = "11m20s"\nalerts = ["silent"]', True),
    ("and not a poll earlier", 'at = "11m10s"\nalerts = ["silent"]', False),
    ("the severity counts", 'at = "12m"\nalerts = [{ rule = "silent", severity = "P2" }]', False),
    ("the check counts", 'at = "12m"\nalerts = [{ rule = "silent", check = "routes" }]', False),
    ("what else fires is not passed over", 'at = "16m"\nalerts = ["silent"]', False),
    ("all that fire", 'at = "16m"\nalerts = ["silent", { rule = "dead", severity = "P0" }]', True),
    ("an alert that is pending", 'at = "11m"\npending = ["silent"]', True),
    ("one that fires is not pending any more", 'at = "12m"\npending = ["silent"]', False),
    ("the open incident", 'at = "12m"\nincidents = [{ flow = "checkout", severity = "P1" }]', True),
    ("it is raised", 'at = "16m"\nincidents = [{ flow = "checkout", severity = "P1" }]', False),
    ("it is over", 'at = "22m"\nincidents = []', True),
    ("who was paged by then", 'at = "12m"\npaged = ["li by sms"]', True),
    ("nobody was paged", 'at = "12m"\npaged = []', False),
    ("not everybody was paged", 'at = "12m"\npaged = ["li by sms", "wang by sms"]', False),
    (
        "everybody, once it is raised",
        'from = "14m"\nuntil = "16m"\npaged = [{ to = "li", kind = "upgrade" }, { to = "wang", kind = "upgrade" }]',
        True,
    ),
    ("a page of another kind", 'from = "14m"\nuntil = "16m"\npaged = [{ to = "li", kind = "new" }]', False),
    ("begins to fire in a window", 'from = "11m"\nuntil = "12m"\nfires = ["silent"]', True),
    ("it began earlier", 'from = "12m"\nuntil = "14m"\nfires = ["silent"]', False),
    ("ceases to fire in a window", 'from = "20m"\nuntil = "22m"\nresolves = ["silent", "dead"]', True),
    ("it ceases later", 'from = "18m"\nuntil = "20m"\nresolves = ["silent"]', False),
    ("never anything", 'until = "11m10s"\nnever = ["*"]', True),
    ("it fired before the window and still does", 'from = "12m"\nuntil = "13m"\nnever = ["silent"]', False),
    ("it was over before the window", 'from = "22m"\nnever = ["*"]', True),
    ("another rule may fire", 'until = "14m"\nnever = ["dead"]', True),
]


@pytest.mark.parametrize(("text", "met"), [o[1:] for o in OF_AN_OUTAGE], ids=[o[0] for o in OF_AN_OUTAGE])
def test_of_an_outage(trial: Trial, text: str, met: bool) -> None:
    assert trial.passes(OUTAGE + expect(text)) is met


def orders(line: str, more: str = "") -> str:
    return f'{STORY}{more}\n[[test.input]]\ncheck = "orders"\nrequests = "{line}"\n'


def test_the_four_that_look_alike(trial: Trial) -> None:
    """Zero fires; no data and a probe that failed are told as no data; too low is neither."""
    at = 'at = "12m"\nalerts = '
    assert trial.passes(orders("40x10m 0x2m") + expect(at + '["silent"]'))
    assert trial.passes(orders("40x10m _x2m") + expect(at + '["watchtower-no-data"]'))
    assert trial.passes(orders("40x10m ?x2m") + expect(at + '["watchtower-no-data"]'))
    assert trial.passes(orders("40x10m 1x2m") + expect(at + "[]"))


def test_no_data_where_a_check_measures_several_things(trial: Trial) -> None:
    (trial.shop.folder / "checks" / "ratio.toml").write_text(
        '[[check]]\nname = "paid"\nprobe = "derive"\nevery = "10s"\n'
        'part = "orders.requests"\nwhole = "routes.requests"\n',
        encoding="utf-8",
    )
    paid = STORY + '[[test.input]]\ncheck = "paid"\n'
    blind = expect('at = "12m"\nalerts = ["watchtower-no-data"]')
    assert trial.passes(paid + 'part = "9x10m _x2m"\nwhole = "10x10m _x2m"\n' + blind)
    assert not trial.passes(paid + 'part = "9x10m _x2m"\nwhole = "10x12m"\n' + blind)


def test_acknowledged_is_not_reminded(trial: Trial) -> None:
    reminded = expect('from = "15m"\npaged = [{ to = "li", by = "sms", kind = "reminder" }]')
    story = orders("40x10m 0x4m 1 0x4m 1 0x4m")  # never silent for five minutes: it stays P1
    text = story.replace('"silent"', '"silent"')
    assert trial.passes(text + reminded)
    acknowledged = '\n[[test.do]]\nat = "12m"\nby = "li"\nflow = "checkout"\n'
    assert not trial.passes(text + acknowledged + reminded)
    assert trial.passes(text + acknowledged + expect('from = "13m"\nuntil = "14m"\npaged = []'))


def test_a_channel_that_is_out_of_order_is_passed_on(trial: Trial) -> None:
    broken = orders("40x10m 0x2m", 'fails = ["sms"]')
    assert trial.passes(broken + expect('at = "12m"\npaged = ["li by sms", "li by email"]'))


def test_series_are_told_apart(trial: Trial) -> None:
    text = STORY + (
        '[[test.input]]\ncheck = "routes"\nseries = "/pay"\nrequests = "9..."\n'
        '[[test.input]]\ncheck = "routes"\nseries = "/refund"\nrequests = "9x10m 0x2m"\n'
    )
    right = (
        'at = "12m"\nalerts = [{ rule = "silent", series = "/refund" }]\nincidents = [{ flow = "refund" }]'
    )
    assert trial.passes(text + expect(right))
    assert not trial.passes(text + expect(right.replace("/refund", "/pay")))


def test_a_slower_step_for_the_whole_test(trial: Trial) -> None:
    assert trial.passes(orders("40x10 0x2", 'step = "1m"') + expect('at = "12m"\nalerts = ["silent"]'))


def test_history_teaches_detectors(trial: Trial) -> None:
    falling = '[[test.input]]\ncheck = "wallet"\nevery = "1h"\nbalance = "1000..520x48h"\n'
    assert trial.passes(STORY + falling + expect('from = "5h"\nfires = ["runs-out"]'))
    first_seen = '[[test.input]]\ncheck = "wallet"\nevery = "1h"\nbalance = "0x2h"\n'
    taught = STORY + 'history = "12h"\n' + first_seen
    assert trial.passes(taught + expect('at = "1h"\nalerts = ["runs-out"]'))
    others = '[[test.input]]\ncheck = "orders"\nrequests = "40..."\n'  # each input is taught its own history
    assert trial.passes(taught + others + expect('at = "1h"\nalerts = ["runs-out"]'))


def test_what_is_unmet_says_expected_and_got(trial: Trial) -> None:
    (one,) = trial.unmet(OUTAGE + expect('at = "16m"\nalerts = ["silent", "runs-out"]'))
    assert one["missing"] == ["runs-out"]
    assert one["surplus"] == ["dead P0 on orders"]
    assert one["met"] == ["silent P1 on orders"]
    assert one["place"].endswith("a.toml:11")
    assert (one["when"], one["moment"]) == ("at 16m", 960.0)
