"""Texts of the reachability verdict, in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.model import Text
from watchtower.texts.failures import REASONS
from watchtower.values import Frozen

CHANGED = "certificate_changed"
"""The reason of a view that is up, but with another certificate than before."""

_CHANGED = Text("its certificate was exchanged", "证书被更换")
_NAMED = 3
"""Views named in one sentence."""


class FailingView(Frozen):
    """A view that fails, and its one-word reason."""

    check: str
    reason: str


class ReachabilityEvidence(Frozen):
    """Everything that the verdict was made of. `no_data` outside views cannot tell."""

    unreachable: bool | None
    gone: bool | None
    looks_inside: bool
    inside_ok: bool | None
    agreed: bool | None
    broken: Sequence[FailingView]
    failing: Sequence[FailingView]
    no_data: int
    total: int


def because(seen: ReachabilityEvidence) -> Text:
    """One sentence that names what decided."""
    if seen.unreachable:
        well = Text("the service itself is well, ", "服务自身正常，") if seen.looks_inside else Text("", "")
        fail = _outside(seen)
        return Text(
            f"Users cannot reach us: requests stopped, {well.en}{fail.en}",
            f"用户无法访问：请求中断，{well.zh}{fail.zh}",
        )
    if seen.gone is False:
        if not seen.failing:
            return Text("Requests come in", "请求正常")
        fail = _outside(seen)
        return Text(f"Requests come in, though {fail.en}", f"请求正常，但{fail.zh}")
    if seen.inside_ok is False:
        named = _named(seen.broken)
        stopped = Text("Requests stopped and ", "请求中断，") if seen.gone else Text("", "")
        said = f"{stopped.en}the service itself is down{named.en}"
        return Text(said[0].upper() + said[1:], f"{stopped.zh}服务自身异常{named.zh}")
    if seen.agreed is False:
        if seen.gone is None:
            fail = _outside(seen)
            return Text(f"{fail.en[0].upper()}{fail.en[1:]}", fail.zh)
        fail = _outside(seen)
        return Text(
            f"Requests stopped, but {fail.en}: a quiet hour, or a fault that these views do not see",
            f"请求中断，但{fail.zh}：可能是低峰，或外部探测看不到的故障",
        )
    return _cannot_tell(seen)


def _cannot_tell(seen: ReachabilityEvidence) -> Text:
    fail = _outside(seen)
    en, zh = [], []
    if seen.gone is None:
        en.append("the traffic is not known")
        zh.append("流量未知")
    if seen.looks_inside and seen.inside_ok is None:
        en.append("the service's own state is not known")
        zh.append("服务自身状态未知")
    return Text(
        f"Cannot tell whether users reach us: {', '.join([*en, fail.en])}",
        f"无法判断用户能否访问：{'，'.join([*zh, fail.zh])}",
    )


def _outside(seen: ReachabilityEvidence) -> Text:
    """`2 of 3 outside views fail (…), 1 cannot tell`."""
    count, total, named = len(seen.failing), seen.total, _named(seen.failing)
    no_data = (
        Text(f", {seen.no_data} cannot tell", f"，{seen.no_data} 个无法判断")
        if seen.no_data
        else Text("", "")
    )
    if not count:
        if seen.no_data:
            return Text(f"no outside view of {total} is known to fail{no_data.en}",
                        f"{total} 个外部探测均未报异常{no_data.zh}")  # fmt: skip
        if total == 1:
            return Text("the outside view is well", "外部探测正常")
        return Text(f"all {total} outside views are well", f"{total} 个外部探测均正常")
    if total == 1:
        return Text(f"the outside view fails{named.en}", f"外部探测异常{named.zh}")
    verb = "fails" if count == 1 else "fail"
    return Text(
        f"{count} of {total} outside views {verb}{named.en}{no_data.en}",
        f"{total} 个外部探测中 {count} 个异常{named.zh}{no_data.zh}",
    )


def _named(failing: Sequence[FailingView]) -> Text:
    if not failing:
        return Text("", "")
    shown = [(one.check, _reason(one.reason)) for one in failing[:_NAMED]]
    more = len(failing) - len(shown)
    en = "; ".join(f"{check}: {why.en}" for check, why in shown) + (f"; {more} more" if more else "")
    zh = "；".join(f"{check}：{why.zh}" for check, why in shown) + (f"；另有 {more} 个" if more else "")
    return Text(f" ({en})", f"（{zh}）")


def _reason(reason: str) -> Text:
    known = _CHANGED if reason == CHANGED else REASONS.get(reason)
    if known is None or "{" in known.en:
        return Text(f"bad answer, {reason or 'down'}", f"返回异常，{reason or 'down'}")
    return known
