"""A simulation for people: a line for each thing that somebody notices, and the sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from watchtower.core.wording import duration_words
from watchtower.model import Language, Value
from watchtower.simulate.story import Line


def header(well: Mapping[str, Mapping[str, Value]]) -> list[str]:
    """What each check measures when it is well."""
    return [
        f"{check} normally: {', '.join(f'{name}={_shown(value)}' for name, value in measured.items()) or 'up'}"
        for check, measured in well.items()
    ]


def words(lines: Sequence[Line]) -> list[str]:
    """`T+1m10s  10:01:10  P1 new  li by sms  [P1] …`"""
    out = []
    for line in lines:
        clock = f"{datetime.fromtimestamp(line.at, UTC):%H:%M:%S}"
        out.append(f"{_after(line.after):>11}  {clock}  {_said(line)}")
        texts = line.said.get("text", {})
        out += [f"{'':>23}{text}" for text in texts.values()]
    return out


def totals(lines: Sequence[Line]) -> list[str]:
    """When the first page came, and how many each person got; or that nobody was told."""
    pages = [line for line in lines if line.event == "page"]
    if not pages:
        reasons = sorted(
            {line.said["reason"].replace("_", " ") for line in lines if line.event == "not_paged"}
        )
        fired = any(line.event == "alert_firing" for line in lines)
        why = ", ".join(reasons) or ("" if fired else "nothing fires")
        return [f"Nobody is told{f': {why}' if why else ''}."]
    count = Counter(f"{line.said['responder']} by {line.said['channel']}" for line in pages)
    told = ", ".join(f"{who} {n}" for who, n in sorted(count.items()))
    first = duration_words(pages[0].after, Language.EN)
    return [f"First page after {first}. {len(pages)} page{'' if len(pages) == 1 else 's'}: {told}."]


def _said(line: Line) -> str:
    said: Mapping[str, Any] = line.said
    on = f"{said.get('check', '')}{'[' + said['series'] + ']' if said.get('series') else ''}"
    match line.event:
        case "fault_begins":
            return f"--- {on}: {said['fault']}"
        case "fault_ends":
            return f"--- {on}: well again"
        case "alert_firing" | "alert_resolved":
            return f"{said['severity']} {said['rule']} {line.event.removeprefix('alert_')} on {on}"
        case "acknowledged":
            more = f", {said['missing']} more needed" if said.get("missing") else ""
            return f"{said['responder']} acknowledges {said['incident']}{more}"
        case "escalated":
            return f"nobody has acknowledged {said['incident']}: escalated to {said['detail']}"
        case "acknowledgement_void":
            return f"{said['detail']} acknowledged {said['incident']}, and nothing followed: void"
        case "roles_unfilled":
            return f"{said['incident']} wants roles that nobody fills: {said['detail']}"
        case "not_paged":
            return f"nobody is told of {said['incident']}: {said['reason'].replace('_', ' ')}"
    lost = "" if said["arrives"] else " (does not arrive)"
    if said.get("informs"):
        lost = f" (informed as {said['role']}){lost}" if said["role"] else f" (informed){lost}"
    return f"{said['severity']} {said['kind']} to {said['responder']} by {said['channel']}{lost}"


def _after(seconds: float) -> str:
    """`T+1:05:10`"""
    sign, whole = ("-", -seconds) if seconds < 0 else ("+", seconds)
    minutes, rest = divmod(round(whole), 60)
    hours, minutes = divmod(minutes, 60)
    return f"T{sign}{hours}:{minutes:02}:{rest:02}"


def _shown(value: Value) -> str:
    return (
        f"{value:g}"
        if isinstance(value, float)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
