"""Earlier incidents that are like this one: by flow, rule, check, cause and words; the likest first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from watchtower.core.plan import Plan
from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.core.reviews.review import Review
from watchtower.model import Instant, Text
from watchtower.values import Frozen

ENOUGH = 3
"""How many are shown."""
LEAST = 3
"""Points below which two incidents have too little in common."""
_FLOW, _RULE, _CHECK, _CAUSE, _WORD, _WORDS_MOST = 2, 3, 3, 4, 1, 3
_COMMON = frozenset(
    ("all", "and", "but", "due", "for", "from", "had", "has", "its", "not", "one", "our", "that", "the", "this", "was", "with")
)  # fmt: skip


class Lesson(Frozen):
    """What is remembered of an earlier incident, small enough to keep hundreds in memory."""

    incident: str
    title: Text
    at: Instant
    flows: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    cause_tag: str = ""
    cause: str = ""
    helped: str = ""
    to_mitigate: float | None = None
    words: frozenset[str] = frozenset()


class Likeness(Frozen):
    """A lesson with its points and what the two have in common (`flow`, `rule`, `check`, `cause`, `words`)."""

    lesson: Lesson
    points: int
    because: tuple[str, ...]


def lesson_of(record: Record) -> Lesson | None:
    """None for what teaches nothing: drills, false pages, our own troubles."""
    if record.drill or record.false_page or record.source is DetectionSource.OWN:
        return None
    told = f"{record.cause} {record.cause_tag} {record.helped} {record.summary}"
    return Lesson(
        record.incident, record.title, record.opened_at, record.flows, record.rules, record.checks,
        record.cause_tag, record.cause[:300], record.helped[:300], record.to_mitigate, words_of(told),
    )  # fmt: skip


class Likely(Frozen):
    """What is known of an incident that has just opened."""

    incident: str
    flows: Collection[str] = ()
    rules: Collection[str] = ()
    checks: Collection[str] = ()
    cause_tag: str = ""
    words: Collection[str] = ()


def similar(plan: Plan, now: Likely, past: Iterable[Lesson], enough: int = ENOUGH) -> list[Likeness]:
    """The likest first, the newest first among equals. A dependency counts as much as the flow that hangs on it."""
    around = set(now.flows)
    for name in now.flows:
        flow = plan.flows.get(name)
        around.update(flow.depends_on if flow else ())
    found = [
        like for lesson in past if lesson.incident != now.incident and (like := _compare(now, around, lesson))
    ]
    found.sort(key=lambda like: (-like.points, -like.lesson.at))
    return found[:enough]


def words_of(text: str) -> frozenset[str]:
    """Words that tell something: Latin words of three letters and more, Chinese ones as pairs of signs."""
    latin = {w for w in re.findall(r"[a-z][a-z0-9_.-]{2,}", text.lower()) if w not in _COMMON}
    chinese = {
        run[i : i + 2] for run in re.findall(r"[\u4e00-\u9fff]{2,}", text) for i in range(len(run) - 1)
    }
    return frozenset(sorted(latin | chinese)[:80])


def found_in(record: Record, wanted: Sequence[str]) -> bool:
    """Whether every word is somewhere in what is known of an incident."""
    if not wanted:
        return True
    hay = "\n".join(
        (record.incident, record.title.en, record.title.zh, record.flow, *record.flows, *record.rules, *record.checks,
         record.cause, record.cause_tag, record.helped, record.summary, record.words)
    ).lower()  # fmt: skip
    return all(word.lower() in hay for word in wanted)


def last_time_of(review: Review) -> Text | None:
    """`Last time: INC-12, cause certificate: the gateway's expired; what helped: renewed by hand.` None: nothing to tell."""
    for one in review.similar:
        incident, tag, cause, helped = (
            str(one.get(k, "")) for k in ("incident", "cause_tag", "cause", "helped")
        )
        if not (tag or cause or helped):
            continue
        en, zh = f"Last time: {incident}", f"上次：{incident}"
        if tag or cause:
            en += f", cause {': '.join(filter(None, (tag, cause)))}"
            zh += f"，原因 {'：'.join(filter(None, (tag, cause)))}"
        if helped:
            en, zh = f"{en}; what helped: {helped}", f"{zh}；有效措施：{helped}"
        return Text(en, zh)
    return None


def _compare(now: Likely, around: Collection[str], lesson: Lesson) -> Likeness | None:
    points, because = 0, []
    for word, worth, common in (
        ("flow", _FLOW, _meet(around, (*lesson.flows, *lesson.checks))),
        ("rule", _RULE, _meet(now.rules, lesson.rules)),
        ("check", _CHECK, _meet(now.checks, lesson.checks)),
        ("cause", _CAUSE, bool(now.cause_tag) and now.cause_tag == lesson.cause_tag),
    ):
        if common:
            points += worth
            because.append(word)
    common_words = len(lesson.words.intersection(now.words))
    if common_words >= 2:
        points += min(_WORDS_MOST, _WORD * common_words)
        because.append("words")
    return Likeness(lesson, points, tuple(because)) if points >= LEAST else None


def _meet(one: Collection[str], other: Collection[str]) -> bool:
    return bool(set(one) & set(other))
