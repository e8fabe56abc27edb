"""Can users reach us? The decision table, and what each view counts for."""

from __future__ import annotations

import pytest

from tests.core.pipeline.outside_views import FLOW, Watch, checkout, counter, view

YES, NO, CANNOT_TELL = True, False, None

# Outside: three views of which two must agree. u up, d down, ? cannot tell, - has not looked.
AGREE = ("ddd", "ddu", "dd?", "dd-")
DIFFER = ("uuu", "duu", "uu?", "uu-")
OPEN = ("d?u", "d??", "u??", "???", "---", "d-u")

TABLE = [
    # requests    inside  outside  unreachable
    *[("stopped", "u", outside, YES) for outside in AGREE],
    *[("stopped", "u", outside, NO) for outside in DIFFER],  # a quiet hour, or a fault these do not see
    *[("stopped", "u", outside, CANNOT_TELL) for outside in OPEN],
    *[("stopped", "d", outside, NO) for outside in AGREE + DIFFER + OPEN],  # we are down: that is another page
    *[("stopped", "?", outside, CANNOT_TELL) for outside in AGREE + OPEN],
    *[("stopped", "?", outside, NO) for outside in DIFFER],
    *[("stopped", "-", outside, CANNOT_TELL) for outside in AGREE],
    *[("come", inside, outside, NO) for inside in "ud?-" for outside in AGREE + DIFFER + OPEN],
    *[("unknown", "u", outside, CANNOT_TELL) for outside in AGREE + OPEN],
    *[("unknown", "u", outside, NO) for outside in DIFFER],
    *[("unknown", "d", outside, NO) for outside in AGREE],
    *[("unknown", "?", outside, CANNOT_TELL) for outside in AGREE + OPEN],
]  # fmt: skip
SILENT = {"stopped": True, "come": False, "unknown": None}
OUTCOMES = {"u": "up", "d": "down", "?": "unknown"}


@pytest.mark.parametrize(("requests", "inside", "outside", "expected"), TABLE)
def test_the_decision_table(requests: str, inside: str, outside: str, expected: bool | None) -> None:
    watch = Watch(checkout())
    for name, seen in zip(("health", "beijing", "shanghai", "dns"), inside + outside, strict=True):
        if seen != "-":
            watch.see(name, OUTCOMES[seen], "timeout")
    facts = watch.see("requests", "unknown" if requests == "unknown" else "up", silent=SILENT[requests])
    assert facts["reach.unreachable"] is expected
    assert facts["reach.outside_failing"] == outside.count("d")
    assert facts["reach.outside_total"] == 3.0
    assert facts["reach.inside_ok"] is {"u": True, "d": False}.get(inside)
    because = facts["reach.because"]
    assert isinstance(because, str)
    assert because.startswith("Users cannot reach us") == (expected is YES)
    assert because.startswith("Cannot tell") == (expected is CANNOT_TELL)


def stopped(watch: Watch) -> object:
    return watch.see("requests", silent=True)["reach.unreachable"]


def test_low_traffic_counts_as_stopped_too() -> None:
    watch = Watch(checkout(inside=()))
    for name in ("beijing", "shanghai"):
        watch.see(name, "down", "timeout")
    assert watch.see("requests", silent=False, low=True)["reach.unreachable"] is True
    assert watch.see("requests", silent=False, low=None)["reach.unreachable"] is False


def test_where_nothing_looks_from_inside_the_other_two_decide() -> None:
    watch = Watch(checkout(inside=()))
    watch.see("beijing", "down", "timeout")
    assert watch.see("shanghai", "down", "timeout")["reach.unreachable"] is None
    facts = watch.see("requests", silent=True)
    assert (facts["reach.unreachable"], facts["reach.inside_ok"]) == (True, None)


def test_one_counter_that_goes_on_says_that_users_reach_us() -> None:
    watch = Watch(checkout(traffic=("requests", "payments"), inside=()))
    for name in ("beijing", "shanghai"):
        watch.see(name, "down", "timeout")
    watch.see("payments", silent=False)
    assert stopped(watch) is False
    watch.see("payments", silent=True)
    assert stopped(watch) is True


def test_another_flow_in_the_same_counter_says_nothing_of_this_one() -> None:
    both = counter("routes", flow="", series=(FLOW, "refund"))
    watch = Watch(checkout(both, traffic=("routes",), inside=()))
    for name in ("beijing", "shanghai"):
        watch.see(name, "down", "timeout")
    assert watch.see("routes", series="refund", silent=False) == {}
    assert watch.see("routes", series=FLOW, silent=True)["reach.unreachable"] is True


def test_an_old_observation_is_not_counted() -> None:
    watch = Watch(checkout(inside=()))
    for name in ("beijing", "shanghai", "dns"):
        watch.see(name, "down", "timeout")
    watch.at += 30.0
    assert stopped(watch) is True
    watch.at += 1.0
    facts = watch.see("requests", silent=True)
    assert (facts["reach.unreachable"], facts["reach.outside_failing"]) == (None, 0.0)


def test_a_clock_that_was_set_back_makes_no_observation_fresh_for_ever() -> None:
    watch = Watch(checkout(inside=()))
    for name in ("beijing", "shanghai"):
        watch.see(name, "down", "timeout")
    watch.at -= 3600.0
    assert stopped(watch) is None


def test_the_verdict_is_the_same_at_whichever_check_of_the_flow() -> None:
    watch = Watch(checkout())
    stopped(watch)
    for name in ("beijing", "shanghai"):
        watch.see(name, "down", "timeout")
    assert watch.see("dns")["reach.unreachable"] is None
    assert watch.see("health")["reach.unreachable"] is True
    assert watch.see("dns")["reach.unreachable"] is True


def test_a_view_may_be_a_check_without_the_flow() -> None:
    watch = Watch(checkout(view("shared-dns", flow=""), inside=(), outside=("shared-dns",), quorum=1))
    assert watch.see("shared-dns", "down", "mismatch") == {}
    assert stopped(watch) is True


# Certificates and DNS


def test_a_certificate_exchanged_for_another_valid_one_is_a_view_that_fails() -> None:
    watch = Watch(checkout(outside=("beijing",), quorum=1))
    watch.see("beijing", fingerprint="aa")
    watch.at += 10.0
    watch.see("beijing", fingerprint="bb")
    watch.see("health")
    facts = watch.see("requests", silent=True)
    assert facts["reach.unreachable"] is True
    assert facts["reach.because"] == (
        "Users cannot reach us: requests stopped, the service itself is well,"
        " the outside view fails (beijing: its certificate was exchanged)"
    )


def test_a_renewed_certificate_is_forgotten_after_an_hour() -> None:
    watch = Watch(checkout(inside=(), outside=("beijing",), quorum=1))
    watch.see("beijing", fingerprint="aa")
    watch.see("beijing", fingerprint="bb")
    watch.at += 3600.0
    watch.see("beijing", fingerprint="bb")
    assert stopped(watch) is True
    watch.at += 10.0
    watch.see("beijing", fingerprint="bb")
    assert stopped(watch) is False


@pytest.mark.parametrize("meanwhile", ["unknown", "down"])
def test_a_certificate_is_compared_across_looks_that_saw_none(meanwhile: str) -> None:
    watch = Watch(checkout(inside=(), outside=("beijing",), quorum=1))
    watch.see("beijing", fingerprint="aa")
    watch.see("beijing", meanwhile, "timeout")
    watch.see("beijing", fingerprint="bb")
    assert stopped(watch) is True


def test_the_first_certificate_ever_seen_is_no_change() -> None:
    watch = Watch(checkout(inside=(), outside=("beijing",), quorum=1))
    watch.see("beijing", fingerprint="aa")
    assert stopped(watch) is False


def test_dns_that_answers_otherwise_than_expected_is_said_so() -> None:
    watch = Watch(checkout(outside=("dns", "beijing", "shanghai"), quorum=1))
    watch.see("health")
    watch.see("dns", "down", "mismatch")
    watch.see("beijing", "unknown", "resolver")
    watch.see("shanghai")
    facts = watch.see("requests", silent=True)
    assert facts["reach.because"] == (
        "Users cannot reach us: requests stopped, the service itself is well,"
        " 1 of 3 outside views fails (dns: DNS answers are not ours), 1 cannot tell"
    )
    assert facts["reach.because_zh"] == (
        "用户无法访问：请求中断，服务自身正常，3 个外部探测中 1 个异常（dns：域名解析结果不是我们的），1 个无法判断"
    )


SENTENCES = [
    ("stopped", "up", ["status", "status", "up"],
     ("Users cannot reach us: requests stopped, the service itself is well,"
     " 2 of 3 outside views fail (beijing: bad answer, status; shanghai: bad answer, status)")),
    ("stopped", "up", ["up", "up", "up"],
     "Requests stopped, but all 3 outside views are well: a quiet hour, or a fault that these views do not see"),
    ("stopped", "up", ["up", "up", "?"],
     ("Requests stopped, but no outside view of 3 is known to fail, 1 cannot tell:"
     " a quiet hour, or a fault that these views do not see")),
    ("stopped", "up", ["timeout", "up", "up"],
     ("Requests stopped, but 1 of 3 outside views fails (beijing: no answer in time):"
     " a quiet hour, or a fault that these views do not see")),
    ("stopped", "status", ["status", "status", "up"],
     "Requests stopped and the service itself is down (health: bad answer, status)"),
    ("unknown", "refused", ["up", "up", "up"], "The service itself is down (health: connection refused)"),
    ("unknown", "up", ["up", "up", "up"], "All 3 outside views are well"),
    ("come", "up", ["up", "up", "up"], "Requests come in"),
    ("come", "up", ["tls", "up", "up"],
     "Requests come in, though 1 of 3 outside views fails (beijing: its certificate is not valid)"),
    ("unknown", "?", ["?", "?", "?"],
     ("Cannot tell whether users reach us: the traffic is not known, the service's own state is not known,"
     " no outside view of 3 is known to fail, 3 cannot tell")),
]  # fmt: skip


@pytest.mark.parametrize(("requests", "inside", "outside", "sentence"), SENTENCES)
def test_the_sentence_names_what_decided(
    requests: str, inside: str, outside: list[str], sentence: str
) -> None:
    watch = Watch(checkout())
    for name, seen in zip(("health", "beijing", "shanghai", "dns"), [inside, *outside], strict=True):
        outcome = {"up": "up", "?": "unknown"}.get(seen, "down")
        watch.see(name, outcome, seen if outcome == "down" else "")
    facts = watch.see("requests", silent=SILENT[requests])
    assert facts["reach.because"] == sentence
    chinese = facts["reach.because_zh"]
    assert isinstance(chinese, str)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_of_many_views_three_are_named() -> None:
    names = tuple(f"v{number}" for number in range(1, 6))
    watch = Watch(checkout(inside=(), outside=names, quorum=3))
    for name in names:
        watch.see(name, "down", "timeout")
    because = watch.see("requests", silent=True)["reach.because"]
    assert str(because).endswith("5 of 5 outside views fail (v1: no answer in time; v2: no answer in time;"
                                 " v3: no answer in time; 2 more)")  # fmt: skip


def test_a_new_plan_keeps_what_unchanged_views_saw() -> None:
    watch = Watch(checkout(inside=()))
    for name in ("beijing", "shanghai"):
        watch.see(name, "down", "timeout")
    watch.stage.replace_plan(checkout(inside=(), quorum=1))
    assert stopped(watch) is True
    watch.stage.replace_plan(checkout(inside=(), outside=("dns",), quorum=1))
    assert stopped(watch) is None
