"""What a drill has shown: who was paged how, when it arrived, and who answered when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.incidents import Incident, Page, PageState
from watchtower.core.plan.drills import FAILED_ON_PURPOSE
from watchtower.model import Instant
from watchtower.values import Frozen


class DrillAnswer(Frozen):
    """One person. `paged_at` is when the first page to them was queued, `delivered_at` when the first of them was taken
    by the far side, `answered_at` when they answered; None: never."""

    responder: str
    channels: tuple[str, ...]
    paged_at: Instant
    delivered_at: Instant | None = None
    answered_at: Instant | None = None
    failed: tuple[str, ...] = ()
    """Channels that failed on purpose: the others had to do."""

    @property
    def took(self) -> float | None:
        """Seconds from the page to the answer."""
        return None if self.answered_at is None else self.answered_at - self.paged_at


class DrillReport(Frozen):
    """One drill. `steps` are how many steps of its checklist were dealt with, and how many there were; `switches` the
    degradation plans that were practised, and where each stood at the end."""

    incident: str
    name: str
    check: str
    level: str
    by: str
    began_at: Instant
    ended_at: Instant | None
    why: str
    answers: tuple[DrillAnswer, ...]
    steps: tuple[int, int] = (0, 0)
    switches: tuple[tuple[str, str], ...] = ()

    @property
    def first_took(self) -> float | None:
        """Seconds from its beginning to the first answer."""
        times = [a.answered_at for a in self.answers if a.answered_at is not None]
        return min(times) - self.began_at if times else None


def report(incident: Incident, lines: Sequence[LogEntry], pages: Iterable[Page]) -> DrillReport:
    """From the log of the drill's incident and its pages."""
    history: History = project(lines)
    record = history.drill
    arrived = {
        str(line.data.get("page")): line.at
        for line in reversed(lines)
        if line.data.get("state") == PageState.DELIVERED and "page" in line.data
    }
    failed = {
        line.data.get("page") for line in lines if line.kind == "failed" and line.detail == FAILED_ON_PURPOSE
    }
    people: dict[str, list[Page]] = {}
    for page in pages:
        if not page.kind.ends:
            people.setdefault(page.responder, []).append(page)
    answers = tuple(
        DrillAnswer(
            name,
            tuple(dict.fromkeys(str(p.channel) for p in mine)),
            min(p.created_at for p in mine),
            min((arrived[p.id] for p in mine if p.id in arrived), default=None),
            record.answers.get(name),
            tuple(dict.fromkeys(str(p.channel) for p in mine if p.id in failed)),
        )
        for name, mine in people.items()
    )
    others = tuple(
        DrillAnswer(name, (), incident.opened_at, None, at)
        for name, at in record.answers.items()
        if name not in people
    )
    return DrillReport(
        incident.id, record.name or incident.key.partition(":")[2], record.check, str(incident.record), record.by,
        record.began_at or incident.opened_at, record.ended_at or incident.resolved_at, record.why,
        (*answers, *others), (history.sop.done(), len(history.sop.tasks)),
        tuple((run.plan, str(run.state)) for run in history.degrade.runs),
    )  # fmt: skip
