"""Which earlier incidents are like this one, and what is told of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.core.reviews.review import Review
from watchtower.core.reviews.similar import Likely, found_in, last_time_of, lesson_of, similar, words_of
from watchtower.model import Severity, Text

PLAN = Plan(
    flows={"checkout": Flow(name="checkout", title=Text("Checkout", "下单"), depends_on=("bank-gateway",))}
)
NOW = Likely(
    "INC-20", {"checkout"}, {"flow-silent"}, {"checkout-requests"}, "", words_of("no requests on checkout")
)


def past(number: int = 12, **changes: object) -> Record:
    made = Record(
        f"INC-{number}", Text("Refunds", "退款"), "flow:refund", 1000.0 * number, 1000.0 * number, Severity.P1, Severity.P2,
        flows=("refund",), rules=("dependency-down",), checks=("refund-health",),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "now", "because"),
    [
        ({}, {}, None),  # nothing in common
        ({"flows": ("checkout",)}, {}, None),  # the same flow alone says too little
        ({"flows": ("checkout",), "rules": ("flow-silent",)}, {}, ("flow", "rule")),
        ({"checks": ("checkout-requests",)}, {}, ("check",)),
        ({"checks": ("bank-gateway",), "rules": ("flow-silent",)}, {}, ("flow", "rule")),  # what it stands on
        ({"cause_tag": "certificate"}, {"cause_tag": "certificate"}, ("cause",)),
        ({"cause": "bank answers 503 after their deploy"}, {"words": words_of("503 of the bank since their deploy")}, ("words",)),
        ({"cause": "网关证书过期"}, {"words": words_of("银行网关的证书有问题，已过期")}, ("words",)),
        ({"checks": ("checkout-requests",), "drill": True}, {}, None),
        ({"checks": ("checkout-requests",), "false_page": True}, {}, None),
        ({"checks": ("checkout-requests",), "source": DetectionSource.OWN}, {}, None),
    ],
)  # fmt: skip
def test_what_makes_two_incidents_alike(
    changes: dict[str, object], now: dict[str, object], because: tuple[str, ...] | None
) -> None:
    lessons = [lesson for lesson in [lesson_of(past(**changes))] if lesson]
    found = similar(PLAN, replace(NOW, **now), lessons)  # type: ignore[arg-type]
    assert [like.because for like in found] == ([because] if because else [])


def test_the_likest_come_first_the_newest_among_equals_and_never_itself() -> None:
    records = [
        past(1, checks=("checkout-requests",)),
        past(2, checks=("checkout-requests",)),
        past(3, checks=("checkout-requests",), flows=("checkout",)),
        past(4, checks=("checkout-requests",)),
        past(20, checks=("checkout-requests",), flows=("checkout",)),
    ]
    lessons = [lesson for r in records if (lesson := lesson_of(r))]
    assert [like.lesson.incident for like in similar(PLAN, NOW, lessons)] == ["INC-3", "INC-4", "INC-2"]


def test_last_time_is_the_first_of_which_something_was_learnt() -> None:
    found = (
        {"incident": "INC-9", "cause_tag": "", "cause": "", "helped": ""},
        {"incident": "INC-12", "cause_tag": "certificate", "cause": "the gateway's expired", "helped": "renewed by hand"},
        {"incident": "INC-3", "cause_tag": "deploy"},
    )  # fmt: skip
    told = last_time_of(Review(similar=found))
    assert told == Text(
        "Last time: INC-12, cause certificate: the gateway's expired; what helped: renewed by hand",
        "上次：INC-12，原因 certificate：the gateway's expired；有效措施：renewed by hand",
    )
    assert last_time_of(Review(similar=found[:1])) is None
    assert last_time_of(Review()) is None


@pytest.mark.parametrize(
    ("words", "found"),
    [(["certificate"], True), (["CERTIFICATE", "refund"], True), (["证书"], True), (["certificate", "moon"], False), ([], True)],
    ids=str,
)  # fmt: skip
def test_lessons_are_found_by_all_their_words(words: list[str], found: bool) -> None:
    assert found_in(past(cause_tag="certificate", words="网关证书过期"), words) is found
