"""The checklist of an incident, projected from its log: steps in a stable order, each with a number for good."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from watchtower.core.checklists import kinds
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.model import Instant, Text
from watchtower.values import Frozen, replace


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


class Task(Frozen):
    """One step. `number` never changes; `role` is a duty, `owner` a person; `auto` what it ticks itself by.

    `due` is a moment, None: no due time. `by`, `at` and `note` say who did or skipped it, when, and what they said.
    """

    number: int
    text: Text
    role: str = ""
    owner: str = ""
    due: Instant | None = None
    auto: str = ""
    sop: str = ""
    state: TaskState = TaskState.OPEN
    by: str = ""
    at: Instant | None = None
    note: str = ""
    nudges: int = 0
    nudged_at: Instant | None = None

    def overdue(self, at: Instant) -> bool:
        return self.state is TaskState.OPEN and self.due is not None and at > self.due


class Tasks(Frozen):
    """Steps of the procedures of this incident, and where each stands. `opened` are the lists it has so far,
    `SOP@LEVEL`; a step that two lists share is here once, with the earlier due time."""

    tasks: tuple[Task, ...] = ()
    opened: tuple[str, ...] = ()

    def after(self, entry: LogEntry) -> Tasks:
        """This slice of the history with one more entry; what it cannot read it leaves out."""
        match read(entry, kinds.KINDS):
            case kinds.ChecklistOpened() as said:
                return self._opened(said)
            case kinds.StepAdded(en=en, zh=zh, role=role, owner=owner, due=due):
                added = Task(len(self.tasks) + 1, Text(en, zh or en), role, owner, due)
                return replace(self, tasks=(*self.tasks, added))
            case kinds.StepDone(n=n):
                return self._set(n, state=TaskState.DONE, by=entry.by, at=entry.at, note=entry.detail)
            case kinds.StepSkipped(n=n):
                return self._set(n, state=TaskState.SKIPPED, by=entry.by, at=entry.at, note=entry.detail)
            case kinds.StepReopened(n=n):  # what a person has unticked does not tick itself again
                return self._set(n, state=TaskState.OPEN, by="", at=None, note="", auto="")
            case kinds.StepsReminded(steps=numbers):
                return self._reminded(numbers, entry.at)
        return self

    def number(self, number: int) -> Task | None:
        """The step of this number."""
        return self.tasks[number - 1] if 1 <= number <= len(self.tasks) else None

    def open(self) -> tuple[Task, ...]:
        return tuple(t for t in self.tasks if t.state is TaskState.OPEN)

    def overdue(self, at: Instant) -> tuple[Task, ...]:
        return tuple(t for t in self.tasks if t.overdue(at))

    def done(self) -> int:
        """How many steps are dealt with: done, or skipped with a reason."""
        return sum(t.state is not TaskState.OPEN for t in self.tasks)

    def on_time(self) -> tuple[int, int]:
        """Of the steps that had a due time: how many were dealt with by then, and how many there are."""
        timed = [t for t in self.tasks if t.due is not None and t.state is not TaskState.SKIPPED]
        kept = sum(t.at is not None and t.due is not None and t.at <= t.due for t in timed)
        return kept, len(timed)

    def _opened(self, said: kinds.ChecklistOpened) -> Tasks:
        tasks = list(self.tasks)
        known = {key_of(t.text): index for index, t in enumerate(tasks)}
        for step in said.steps:
            text = Text(step.en, step.zh)
            at = known.get(key_of(text))
            if at is None:
                known[key_of(text)] = len(tasks)
                tasks.append(
                    Task(len(tasks) + 1, text, step.role, due=step.due, auto=step.auto, sop=said.sop)
                )
            elif step.due is not None:
                before = tasks[at].due
                tasks[at] = replace(tasks[at], due=step.due if before is None else min(before, step.due))
        mark = f"{said.sop}@{said.severity}"
        opened = self.opened if mark in self.opened else (*self.opened, mark)
        return Tasks(tuple(tasks), opened)

    def _set(self, number: int, **changes: Any) -> Tasks:
        return replace(
            self, tasks=tuple(replace(t, **changes) if t.number == number else t for t in self.tasks)
        )

    def _reminded(self, numbers: Collection[int], at: Instant) -> Tasks:
        return replace(
            self,
            tasks=tuple(
                replace(t, nudges=t.nudges + 1, nudged_at=at) if t.number in numbers else t
                for t in self.tasks
            ),
        )


def key_of(text: Text) -> str:
    """What makes two steps the same one."""
    return text.en.strip().casefold()
