"""Mutants that once passed every test: what is written, what it is changed to, and the test that notices it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

WHO = "tests/core/people/test_who_is_told.py"


class Known(NamedTuple):
    """`before` stands once in core, in whatever file; `test` is where it must be noticed."""

    what: str
    before: str
    after: str
    test: str


KNOWN = (
    Known(
        "on a raise those who knew are not told",
        "known = [a for a, t in incident.notified.items() if _knows(t) and not t.informed]",
        "known = []",
        WHO,
    ),
    Known(
        "on a raise those who were informed are not informed again",
        "known = [a for a, t in incident.notified.items() if t.informed and _knows(t)]",
        "known = []",
        WHO,
    ),
    Known(
        "the substitute is told the role of whom they replace",
        "if address[0] != page.responder:",
        "if False:",
        WHO,
    ),
    Known(
        "the same person on another channel loses their role",
        "if address[0] != page.responder:",
        "if True:",
        WHO,
    ),
    Known(
        "a third person is woken after failing, then failed",
        "if not asked_others and not (spent and by_another_channel(step, page, None)):",
        "if not (spent and by_another_channel(step, page, None)):",
        WHO,
    ),
    Known(
        "a page that fails when all is over wakes somebody else",
        "if not incident.open and not page.kind.ends:",
        "if False:",
        WHO,
    ),
    Known(
        "a mail to somebody who is only informed closes that nobody could be reached",
        "return [] if after.informed else reached(step, page.incident)",
        "return reached(step, page.incident)",
        WHO,
    ),
    Known(
        "one rule's patience delays the escalation of what is worse",
        "if not spans or not all(spans):",
        "if not (spans := [span for span in spans if span]):",
        WHO,
    ),
    Known(
        "who is asked already is called by a step of escalation",
        "new = [a for a in addresses if a[0] not in already]",
        "new = addresses",
        WHO,
    ),
    Known(
        "lowered: who was only informed is told as if they were asked",
        "replace(request, informs=True), others)",
        "request, others)",
        WHO,
    ),
    Known(
        "an acknowledgement by one of two still reminds them",
        "wanted = [address for address in wanted if address[0] not in acks] or wanted",
        "pass",
        WHO,
    ),
)

EQUIVALENT: Mapping[tuple[str, str], str] = {
    (
        "span *= 2",
        "span *= 3",
    ): "who is on call is looked for further ahead each time; how much further is its cost alone",
    ("_AHEAD = 400 * 86400.0", "_AHEAD = 401 * 86400.0"): "about a year ahead is looked for who is on call",
    ("_AHEAD = 400 * 86400.0", "_AHEAD = 400 * 86401.0"): "about a year ahead is looked for who is on call",
    ("_STEP = 86400.0", "_STEP = 86401.0"): "what is looked at first, before more is",
    ("while begin < at + _AHEAD:", "while begin <= at + _AHEAD:"): "no search begins just there",
    (
        "if found.begin > begin and found.end < end or end - at > _AHEAD:",
        "if found.begin > begin and found.end < end or end - at >= _AHEAD:",
    ): "no search ends just there",
    (
        "number = (wall(at, self.zone) - self.start) // self.rotation + 1",
        "number = (wall(at, self.zone) - self.start) // self.rotation + 2",
    ): "from there it is gone down to the turn that has begun",
    (
        "return (-len(prefix), getattr(settings, 'order', 0))",
        "return (-len(prefix), getattr(settings, 'order', 1))",
    ): "every channel's settings have an order",
    (
        "return (4, 'began_together')",
        "return (5, 'began_together')",
    ): "the last of all reasons stays the last",
    (
        "return max([incident.mitigated_at, *(flow.back_since or 0.0 for flow in indicators.flows)])",
        "return max([incident.mitigated_at, *(flow.back_since or 1.0 for flow in indicators.flows)])",
    ): "no incident was mitigated in the first second of 1970",
    (
        "if indicators is not None and indicators.seen and any((f.impact >= SLIGHT for f in indicators.flows)):",
        "if indicators is not None and indicators.seen and any((f.impact > SLIGHT for f in indicators.flows)):",
    ): "an estimate is never exactly a tenth",
    (
        "if policy is not None and 0.0 <= step.at - people.called_at < policy.remind_every / 2:",
        "if policy is not None and 1.0 <= step.at - people.called_at < policy.remind_every / 2:",
    ): "who was called in this very second has a page on its way, and is not reminded for that",
    **{
        (line % "0.0", line % "1.0"): "the time of a step is set where it is asked for"
        for line in (
            "steps.append(EscalationStep(after=%s, roles=worse.roles, channels=tuple(dict.fromkeys((*policy.channels, *worse.channels)))))",
            "steps = [EscalationStep(after=%s, roles=(BACKUP,))]",
        )
    },
    **{
        (line % "after=0.0, ", line % ""): "the time of a step is set where it is asked for"
        for line in (
            "steps.append(EscalationStep(%sroles=worse.roles, channels=tuple(dict.fromkeys((*policy.channels, *worse.channels)))))",
            "steps = [EscalationStep(%sroles=(BACKUP,))]",
        )
    },
    **{
        (
            f"again = max(onset, {line} or 0.0)",
            f"again = max(onset, {line} or 1.0)",
        ): "nothing was well in the first second of 1970"
        for line in ("incident.mitigated_at", "incident.mitigated_at or incident.resolved_at")
    },
    (
        "last, began = max(((a.resolved_at or 0.0, a.fired_at or 0.0) for a in alerts), default=(0.0, 0.0))",
        "last, began = max(((a.resolved_at or 0.0, a.fired_at or 0.0) for a in alerts), default=(1.0, 0.0))",
    ): "nothing was well in the first second of 1970",
    (
        "last, began = max(((a.resolved_at or 0.0, a.fired_at or 0.0) for a in alerts), default=(0.0, 0.0))",
        "last, began = max(((a.resolved_at or 0.0, a.fired_at or 0.0) for a in alerts), default=(0.0, 1.0))",
    ): "without alerts nothing was bad for an hour",
    (
        "last, began = max(((a.resolved_at or 0.0, a.fired_at or 0.0) for a in alerts), default=(0.0, 0.0))",
        "last, began = max(((a.resolved_at or 0.0, a.fired_at or 1.0) for a in alerts), default=(0.0, 0.0))",
    ): "what was resolved had fired, and not in the first second of 1970",
    (
        "said += [(task.at or 0.0, task.text) for task in history.sop.tasks if task.state is TaskState.DONE and (not task.auto) and (task.sop == incident.sop)]",
        "said += [(task.at or 1.0, task.text) for task in history.sop.tasks if task.state is TaskState.DONE and (not task.auto) and (task.sop == incident.sop)]",
    ): "what is done was done at a time, and not in the first second of 1970",
    (
        "last, began = max(((a.resolved_at or 0.0, a.fired_at or 0.0) for a in alerts), default=(0.0, 0.0))",
        "last, began = max(((a.resolved_at or 1.0, a.fired_at or 0.0) for a in alerts), default=(0.0, 0.0))",
    ): "what was resolved was so at a time, and not in the first second of 1970",
    (
        "for old in [id for id, one in sent.items() if one.at <= at - longest]:",
        "for old in [id for id, one in sent.items() if one.at < at - longest]:",
    ): "what is just so old counts no more, whether it is remembered or not",
    (
        "minutes, before = (round(STEADY / 60), note or Text('', ''))",
        "minutes, before = (round(STEADY / 61), note or Text('', ''))",
    ): "ten minutes either way",
    (
        "if before is not None and before[1] and value.open and (value.flows[:len(before[0])] == before[0]):",
        "if before is not None and before[1] and value.open and (value.flows[:len(before[0])] == before[1]):",
    ): "what is wide is only slower to join",
    ("MOST = 1000", "MOST = 1001"): "how many accepted pages are remembered is a matter of memory",
    (
        "last = max(incident.acknowledged_at, history.milestones.acted_at or 0.0, *history.people.acks.values())",
        "last = max(incident.acknowledged_at, history.milestones.acted_at or 1.0, *history.people.acks.values())",
    ): "nobody acted in the first second of 1970",
    (
        "if policy is None or policy.acks <= 1:",
        "if policy is None or policy.acks < 1:",
    ): "one of those who could acknowledge is enough, however many they are",
    (
        "newest = max(mine, key=lambda alert: alert.fired_at or 0.0, default=None)",
        "newest = max(mine, key=lambda alert: alert.fired_at or 1.0, default=None)",
    ): "what fires has a time since when, and it is not 1970",
}
"""Changes that change nothing, as the line was and as it became, with the reason: they are not drawn."""
