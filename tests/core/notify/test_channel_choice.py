"""Which of several channels of a kind carries a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace

import pytest

from watchtower.core.notify.channel_choice import choices, chosen, kind_of, prefix_of, rank_of
from watchtower.core.plan.paging import Responder


def serving(*numbers: str, order: int = 0) -> SimpleNamespace:
    return SimpleNamespace(numbers=numbers, order=order)


LI = Responder(name="li", addresses={"sms": "+85212345678"})
ALL, HK, ASIA, US = serving(), serving("+852"), serving("+85", "+86"), serving("+1")


@pytest.mark.parametrize(
    ("settings", "names", "wanted"),
    [
        ({"sms": ALL, "email": ALL}, None, ["sms: the only one"]),
        ({"sms": US}, None, ["sms: the only one"]),
        ({"email": ALL}, None, []),
        ({"sms.us": US, "sms.de": serving("+49")}, None, ["sms.us: no other serves this number", "sms.de: no other serves this number"]),
        ({"sms.all": ALL, "sms.us": US, "sms.asia": ASIA, "sms.hk": HK}, None,
         ["sms.hk: for +852", "sms.asia: for +85", "sms.all: for any number"]),
        ({"sms.b": serving(order=2), "sms.a": serving(order=3), "sms.c": serving(order=1)}, None,
         ["sms.c: for any number", "sms.b: for any number", "sms.a: for any number"]),
        ({"sms.b": ALL, "sms.a": ALL}, None, ["sms.b: for any number", "sms.a: for any number"]),  # as written
        ({"sms.hk": HK, "sms.all": ALL, "email": ALL}, ["sms.all", "email"], ["sms.all: the only one"]),
        ({"sms.hk": HK}, ["sms.gone", "sms.hk", "sms.us"], ["sms.hk: for +852", "sms.gone: for any number", "sms.us: for any number"]),
        ({"sms.hk": HK, "sms.all": ALL}, [], []),
    ],
)  # fmt: skip
def test_the_channels_of_a_number(
    settings: Mapping[str, object], names: Iterable[str] | None, wanted: list[str]
) -> None:
    found = choices(settings, LI, "sms", names)
    assert [f"{one.name}: {one.why.en}" for one in found] == wanted
    assert chosen(settings, LI, "sms", names) == [one.name for one in found]


def test_a_responder_names_theirs() -> None:
    settings = {"sms.hk": HK, "sms.us": US, "sms.all": ALL}
    li = LI.model_copy(update={"channels": ("sms.all", "sms.us", "sms.gone", "email.x")})
    assert [(one.name, one.why.en) for one in choices(settings, li, "sms")] == [
        ("sms.all", "named by the responder"), ("sms.us", "named by the responder"),
    ]  # fmt: skip


def test_who_has_no_address_is_served_by_what_serves_any() -> None:
    assert chosen({"sms.hk": HK, "sms.all": ALL}, Responder(name="li"), "sms") == ["sms.all"]


def test_the_longest_beginning_of_a_number_and_what_it_is_sorted_by() -> None:
    assert prefix_of(serving("+85", "+852", "+9"), "+85212345678") == "+852"
    assert prefix_of(serving("+852", "+85"), "+85212345678") == "+852"
    assert prefix_of(serving("+86"), "+85212345678") is None
    assert prefix_of(serving(), "+85212345678") == ""
    assert prefix_of(None, "+85212345678") == ""
    assert (rank_of(serving(order=4), "+852"), rank_of(None, "")) == ((-4, 4), (0, 0))


def test_the_kind_of_a_channel() -> None:
    assert [kind_of(name) for name in ("sms", "sms.cn", "sms.cn.x")] == ["sms", "sms", "sms"]
