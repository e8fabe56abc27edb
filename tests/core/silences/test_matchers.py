"""Matchers, as Alertmanager has them: anchored, a missing label is empty, and never everything."""

from __future__ import annotations

import pytest

from watchtower.config.handover import unpacked_again
from watchtower.core.matchers import parse_matcher, parse_matchers

LABELS = {"check": "bank-gateway", "severity": "P2", "flow": ""}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('check="bank-gateway"', True),
        ("check = bank-gateway", True),
        ('check="bank"', False),
        ('check=~"bank"', False),
        ('check=~"bank-.*"', True),
        ('check=~"card-.*|bank-.*"', True),
        ('check!="bank-gateway"', False),
        ('check!~"card-.*"', True),
        ('check!~"bank.*"', False),
        ('team=""', True),
        ('team!=""', False),
        ('team!="db"', True),
        ('team=~".*"', True),
        ('team=~".+"', False),
        ('flow=""', True),
        ("severity=~P[23]", True),
        ('check="a=~b"', False),
        ('"check"="bank-gateway"', True),
        ('"service.name"!="x"', True),
        ('"部门 \\"a\\""=~".+"', False),
    ],
)
def test_one_matcher(text: str, fits: bool) -> None:
    assert parse_matcher(text).fits(LABELS) is fits
    assert parse_matcher(str(parse_matcher(text))) == parse_matcher(text)
    assert unpacked_again(parse_matcher(text)).fits(LABELS) is fits


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("bank", "is no matcher"),
        ("severity>=P2", "is no matcher"),
        ("=bank", "is no matcher"),
        ('check="bank', "quotes do not close"),
        ("check=~(bank", "is not a regular expression"),
        ("check=~(?=bank)x", "it looks ahead"),
        (7, "is no matcher"),
    ],
)
def test_what_is_no_matcher(text: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_matcher(text)


@pytest.mark.parametrize("texts", [[], ['team=""'], ['check=~".*"'], ['check!="bank"']])
def test_what_would_fit_everything_is_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="must not fit an empty label"):
        parse_matchers(texts)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"(?s)'bank' is no matcher.*'x' is no matcher"):
        parse_matchers(["bank", "x", "check=a"])
