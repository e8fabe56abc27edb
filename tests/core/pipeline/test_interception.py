"""Does somebody else answer for us? What counts as evidence, how much it takes, and what is no change at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.core.pipeline.outside_views import Watch, checkout
from watchtower.core.pipeline.interception import site_of
from watchtower.model import Value

OURS: Mapping[str, Value] = {
    "issuer_name": "Let's Encrypt",
    "fingerprint": "aa",
    "final_host": "www.shop.example",
    "content": "cdn.shop.example",
}


def settled(rounds: int = 6) -> Watch:
    """All views have been well for some rounds, and requests come."""
    watch = Watch(checkout())
    for _ in range(rounds):
        turn(watch)
    return watch


def turn(watch: Watch, *, silent: bool = False, health: str = "up", **views: Any) -> Mapping[str, Value]:
    """Ten seconds. `dns=("down", "foreign", {…})`; a view that is not named is as it was at first."""
    watch.at += 10.0
    watch.see("health", health)
    for name in ("beijing", "shanghai", "dns"):
        outcome, reason, measured = views.get(name, ("up", "", {}))
        watch.see(name, outcome, reason, **{**OURS, **measured})
    return watch.see("requests", silent=silent)


CERTAIN = [
    ("foreign", {"foreign_answers": "198.51.100.7 by 223.5.5.5"}, "DNS answers are not ours (198.51.100.7 by 223.5.5.5)"),
    ("mismatch", {}, "DNS answers are not ours"),
    ("issuer", {"issuer_name": "Fortinet"}, "its certificate is from an issuer that is not ours (Fortinet)"),
    ("key", {}, "its certificate has a key that is not ours"),
    ("foreign_redirect", {"final_host": "ads.example.net"}, "it redirects to a host that is not ours (ads.example.net)"),
    ("foreign_content", {}, "the page loads from hosts that are not ours"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "measured", "said"), CERTAIN)
def test_what_contradicts_a_declaration_is_enough(reason: str, measured: dict[str, Value], said: str) -> None:
    facts = turn(settled(), dns=("down", reason, measured))
    assert facts["reach.intercepted"] is True
    assert f"dns: {said}" in str(facts["reach.evidence"])
    assert str(facts["reach.evidence_zh"]).startswith("疑似流量劫持或误操作：dns：")
    assert facts["reach.unreachable"] is False, "requests come: that is another verdict"


def test_one_change_while_requests_come_is_told_and_is_no_verdict() -> None:
    facts = turn(settled(), beijing=("up", "", {"issuer_name": "Fortinet", "fingerprint": "bb"}))
    assert facts["reach.intercepted"] is False
    assert facts["reach.evidence"] == (
        "A change that proves no interception: beijing: the certificate's issuer changed (Let's Encrypt → Fortinet)"
    )
    assert facts["reach.outside_failing"] == 1.0


def test_one_change_and_no_request_any_more_is_one() -> None:
    watch = settled()
    changed = {"beijing": ("up", "", {"content": "evil.example"})}
    assert turn(watch, **changed)["reach.intercepted"] is False
    assert turn(watch, silent=True, **changed)["reach.intercepted"] is True
    assert turn(watch, silent=True, health="down", **changed)["reach.intercepted"] is False, "we broke it"


def test_changes_of_two_kinds_are_one_and_of_one_kind_are_not() -> None:
    issuer = ("up", "", {"issuer_name": "Fortinet"})
    assert turn(settled(), beijing=issuer, shanghai=issuer)["reach.intercepted"] is False
    two = turn(settled(), beijing=issuer, shanghai=("up", "", {"final_host": "ads.example.net"}))
    assert two["reach.intercepted"] is True
    assert "it leads to another site (www.shop.example → ads.example.net)" in str(two["reach.evidence"])
    assert "跳转到其他站点（www.shop.example → ads.example.net）" in str(two["reach.evidence_zh"])


@pytest.mark.parametrize(
    "measured",
    [
        {"fingerprint": "bb"},  # renewed by the same issuer
        {"final_host": "zh.shop.example"},  # a language
        {"remote_ip": "203.0.113.99"},  # another edge of the CDN
    ],
)
def test_the_ordinary_is_no_change(measured: dict[str, Value]) -> None:
    watch, moved = settled(), ("up", "", measured)
    facts = turn(watch, silent=True, beijing=moved, shanghai=moved, dns=moved)
    assert facts["reach.intercepted"] is False
    assert facts["reach.evidence"] == "Nothing speaks for an interception"
    assert facts["reach.outside_failing"] == 0.0


def test_a_page_that_is_never_twice_the_same_does_not_change() -> None:
    watch = Watch(checkout())
    for number in range(40):
        facts = turn(watch, silent=number > 20, beijing=("up", "", {"content": f"build-{number // 3}"}))
        assert facts["reach.intercepted"] is False


def test_what_is_back_as_it_was_is_over() -> None:
    watch = settled()
    changed = {"beijing": ("up", "", {"issuer_name": "Fortinet", "content": "evil.example"})}
    for _ in range(10):
        assert turn(watch, **changed)["reach.intercepted"] is True
    assert turn(watch)["reach.intercepted"] is False
    assert turn(watch)["reach.evidence"] == "Nothing speaks for an interception"


def test_after_an_hour_a_change_is_how_it_is() -> None:
    watch = settled()
    changed = {"beijing": ("up", "", {"issuer_name": "Fortinet", "content": "evil.example"})}
    assert turn(watch, **changed)["reach.intercepted"] is True
    for _ in range(361):
        facts = turn(watch, **changed)
    assert facts["reach.intercepted"] is False


def test_a_certificate_that_is_not_trusted_is_evidence_unless_it_has_only_ended() -> None:
    forged = turn(settled(), silent=True, beijing=("down", "tls", {"tls_days_left": 90.0}))
    assert forged["reach.intercepted"] is True
    assert "beijing: its certificate is not valid" in str(forged["reach.evidence"])
    ended = turn(settled(), silent=True, beijing=("down", "tls", {"tls_days_left": -1.0}))
    assert ended["reach.intercepted"] is False


def test_a_view_that_cannot_tell_leaves_it_unknown() -> None:
    facts = turn(settled(), dns=("unknown", "resolver", {}))
    assert facts["reach.intercepted"] is None


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.shop.example", "shop.example"),
        ("shop.example.", "shop.example"),
        ("pay.shop.com.cn", "shop.com.cn"),
        ("a.b.co.uk", "b.co.uk"),
        ("10.0.0.1", "10.0.0.1"),
        ("localhost", "localhost"),
    ],
)
def test_a_site_is_what_one_owner_has(host: str, site: str) -> None:
    assert site_of(host) == site
