"""Shows a simulation: a line for each visible event, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from watchtower.model import Language, Value
from watchtower.simulate.simulation import SimulatedEvent
from watchtower.texts.reasons import said_of
from watchtower.texts.units import duration_words


def header(well: Mapping[str, Mapping[str, Value]]) -> list[str]:
    """The measurements of each check without a fault."""
    return [
        f"{check} normally: {', '.join(f'{name}={_shown(value)}' for name, value in measured.items()) or 'up'}"
        for check, measured in well.items()
    ]


def words(lines: Sequence[SimulatedEvent]) -> list[str]:
    """`T+1m10s 10:01:10 P1 new to li, wang by sms`, and the text below it; the same text at one moment once."""
    out = []
    for group in _together(lines):
        line = group[0]
        out.append(f"{_after(line.after):>11}  {_clock(line.at)}  {_said(group)}")
        texts = line.said.get("text", {})
        out += [f"{'':>23}{text}" for text in texts.values()]
    return out


def _together(lines: Sequence[SimulatedEvent]) -> list[list[SimulatedEvent]]:
    """Pages of one moment with the same text by the same channel."""
    groups: dict[tuple[Any, ...], list[SimulatedEvent]] = {}
    for number, line in enumerate(lines):
        said = line.said
        key: tuple[Any, ...] = (number,)
        if line.event == "page":
            names = ("incident", "kind", "severity", "channel", "arrives")
            key = (line.at, *(said[name] for name in names), *said["text"].values())
        groups.setdefault(key, []).append(line)
    return list(groups.values())


def totals(lines: Sequence[SimulatedEvent], closed: Sequence[str] = ()) -> list[str]:
    """When the first page was sent, and how many each person got; or that nobody was paged. `closed` are checks that expect
    nothing as their fault begins."""
    pages = [line for line in lines if line.event == "page"]
    if not pages:
        reasons = sorted(
            {said_of(line.said["reason"]).en for line in lines if line.event == "notification_suppressed"}
        )
        fired = any(line.event == "alert_firing" for line in lines)
        why = ", ".join(reasons) or ("" if fired else "nothing fires")
        shut = (
            ""
            if fired or not closed
            else f" {', '.join(closed)}: closed as the fault begins; choose another --start."
        )
        return [f"Nobody is paged{f': {why}' if why else ''}.{shut}"]
    count = Counter(f"{line.said['responder']} by {line.said['channel']}" for line in pages)
    told = ", ".join(f"{who} {n}" for who, n in sorted(count.items()))
    first = duration_words(pages[0].after, Language.EN)
    return [f"First page after {first}. {len(pages)} page{'' if len(pages) == 1 else 's'}: {told}."]


def _said(group: Sequence[SimulatedEvent]) -> str:
    line = group[0]
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
        case "severity_changed":
            worst = f", {said['record']} at its worst" if said["record"] != said["severity"] else ""
            return f"{said['incident']} is {said['severity']} ({said['change']}{worst})"
        case "clock_warns":
            return f"{said['incident']}: time is running out: {said['what']}"
        case "clock_met":
            return f"{said['incident']}: done: {said['what']}"
        case "hint":
            return f"{said['incident']}: watchtower notes: {said['note']}"
        case "plan":
            return f"{said['incident']}: degradation plan {said['plan']} is {said['state'].replace('_', ' ')}"
        case "action":
            fields = "".join(f" {name}={value}" for name, value in said["data"].items())
            on = f" on {said['incident']}" if said["incident"] else ""
            refused = f": refused: {said['refused']}" if said["refused"] else ""
            return f"{said['by']} does {said['action']}{fields}{on}{refused}"
        case "clock_ran_out":
            return f"{said['incident']}: overdue: {said['what']}"
        case "duty":
            return f"{said['incident']}: compliance {said['what']}"
        case "incident_opened" | "incident_reopened":
            of = f" of {', '.join(said['flows'])}" if said["flows"] else ""
            return f"{said['incident']}{of} {line.event.removeprefix('incident_')}, onset {_clock(said['onset'])}"
        case "incident_mitigated":
            return (
                f"{said['incident']} is mitigated since {_clock(said['since'])}: nothing fires, it is watched"
            )
        case "incident_recurred":
            return f"{said['incident']} fires again"
        case "incident_resolved":
            return f"{said['incident']} is over; it was {said['severity']} at its worst"
        case "notification_suppressed":
            return f"nobody is notified of {said['incident']}: {said_of(said['reason']).en}"
    lost = "" if said["arrives"] else " (does not arrive)"
    who = ", ".join(_who(one.said) for one in group)
    return f"{said['severity']} {said['kind']} to {who} by {said['channel']}{lost}"


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def _who(said: Mapping[str, Any]) -> str:
    if not said.get("informs"):
        return str(said["responder"])
    return f"{said['responder']} (informed{' as ' + said['role'] if said['role'] else ''})"


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
