"""Does somebody else answer for us? What the views of a flow show of it: foreign DNS answers, another issuer of the
certificate, a redirect to another site, another content of the page.

What contradicts a declaration is certain by itself. What has only changed may have its good reason (a new CDN, a new
page), so it takes two kinds of change within an hour, or one while the requests stopped. A renewal by the same issuer,
other addresses of a CDN and a redirect within one site are no change at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from watchtower.model import Instant, Observation, Outcome, Text, Value
from watchtower.texts.failures import REASONS
from watchtower.values import Frozen, field

_COUNTS_FOR = 3600.0
"""Seconds for which a change counts."""
_CONTRADICTS: Mapping[str, tuple[str, str]] = {
    "mismatch": ("dns", ""),
    "foreign": ("dns", "foreign_answers"),
    "issuer": ("certificate", "issuer_name"),
    "key": ("certificate", "key_fingerprint"),
    "foreign_redirect": ("page", "final_host"),
    "foreign_content": ("page", "content"),
}
"""Reasons of probes for what is not as declared -> the kind of evidence, and the measurement that shows it."""
_NOT_TRUSTED: Final = "tls"
_CHANGES: Mapping[str, tuple[str, Text]] = {
    "issuer_name": ("certificate", Text("the certificate's issuer changed", "证书签发者变更")),
    "final_host": ("page", Text("it leads to another site", "跳转到其他站点")),
    "content": ("content", Text("the page's content changed", "页面内容变化")),
}
"""Measurements that stay as they are -> the kind of evidence that their change is, and how it is said."""
_STEADY = 5
"""Looks in a row at one value before another one is a change: some pages are never twice the same."""
_SHORT_SECOND_LEVEL = 3
_MOST_NAMED = 4
_LONGEST = 80


class Trace(Frozen):
    """One piece of evidence. A `certain` one contradicts a declaration."""

    check: str
    kind: str
    certain: bool
    said: Text


class Seen(Frozen):
    """What one series of a view showed so far: each value that should stay, with how often in a row it was there (up to
    `_STEADY`), and what it was before it changed, since when."""

    values: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    changes: Mapping[str, tuple[str, Instant]] = field(default_factory=dict)


def seen(observation: Observation, before: Seen) -> Seen:
    """With this observation. What it does not show stays as it was; what was never steady does not change."""
    values, changes = dict(before.values), dict(before.changes)
    for name in _CHANGES:
        value = observation.reading.measurements.get(name)
        if not isinstance(value, str) or not value:
            continue
        known, times = values.get(name, (value, 0))
        if _differs(name, known, value):
            first = changes[name][0] if name in changes else known
            if name in changes and not _differs(name, first, value):
                del changes[name]  # it is back
            elif name in changes or times >= _STEADY:
                changes[name] = first, observation.at
            times = 0
        values[name] = value, min(times + 1, _STEADY)
    return Seen(values, changes)


def traces(check: str, observation: Observation, shown: Seen) -> Sequence[Trace]:
    """What this view's last observation shows, and what changed within the hour."""
    reading, found = observation.reading, list[Trace]()
    measured = reading.measurements
    if reading.outcome is Outcome.DOWN and reading.reason in _CONTRADICTS:
        kind, shows = _CONTRADICTS[reading.reason]
        found.append(Trace(check, kind, True, _said(REASONS[reading.reason], str(measured.get(shows) or ""))))
    elif reading.outcome is Outcome.DOWN and reading.reason == _NOT_TRUSTED and not _ended(measured):
        found.append(Trace(check, "certificate", False, REASONS[_NOT_TRUSTED]))
    for name, (before, at) in shown.changes.items():
        if abs(observation.at - at) <= _COUNTS_FOR:
            kind, said = _CHANGES[name]
            now = shown.values[name][0]
            found.append(Trace(check, kind, False, _said(said, f"{before[:_LONGEST]} → {now[:_LONGEST]}")))
    return found


def intercepted(
    found: Iterable[Trace], gone: bool | None, inside_ok: bool | None, no_data: bool
) -> bool | None:
    """The verdict; None where a view that cannot tell might show more."""
    found = list(found)
    kinds = {one.kind for one in found}
    if any(one.certain for one in found) or len(kinds) > 1:
        return True
    if found and gone is not False and inside_ok is not False:
        return True if gone else None
    return None if no_data else False


def evidence(found: Sequence[Trace], verdict: bool | None) -> Text:
    """One sentence that names what was seen."""
    if not found:
        return Text("Nothing speaks for an interception", "未发现劫持迹象")
    shown = sorted(found, key=lambda one: not one.certain)[:_MOST_NAMED]
    en, zh = (
        joint.join(f"{one.check}{colon}{words}" for one, words in ((one, pick(one.said)) for one in shown))
        for joint, colon, pick in (("; ", ": ", _en), ("；", "：", _zh))
    )
    if verdict:
        return Text(
            f"Users are answered by others, or something of ours was changed: {en}",
            f"疑似流量劫持或误操作：{zh}",
        )
    return Text(f"A change that proves no interception: {en}", f"有变化，尚不能判定为劫持：{zh}")


def _en(text: Text) -> str:
    return text.en


def _zh(text: Text) -> str:
    return text.zh


def _said(what: Text, shown: str) -> Text:
    shown = shown[: 2 * _LONGEST + 3]
    return Text(f"{what.en} ({shown})", f"{what.zh}（{shown}）") if shown else what


def _ended(measured: Mapping[str, Value]) -> bool:
    """Its certificate has only ended: that is forgetfulness, and nobody else's doing."""
    days = measured.get("tls_days_left")
    return isinstance(days, float) and days < 0


def _differs(name: str, before: str, now: str) -> bool:
    return site_of(before) != site_of(now) if name == "final_host" else before != now


def site_of(host: str) -> str:
    """The part of a name that one owner has, roughly: its last two labels, or three under `com.cn` and the like."""
    labels = host.lower().removesuffix(".").split(".")
    short = len(labels) > 2 and len(labels[-2]) <= _SHORT_SECOND_LEVEL and len(labels[-1]) == 2
    return host if labels[-1].isdigit() else ".".join(labels[-3 if short else -2 :])
