"""The parts of a written review: where people write is marked, so that it can be read back.

A part begins below its mark, `<!-- write: summary -->`, and ends at `<!-- end -->`, or at the next mark, whose heading is
not of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from watchtower.core.reviews.review import SECTIONS

PARTS: tuple[str, ...] = (*SECTIONS, "decided", "actions")
BLOCKS = (
    "times",
    "severity",
    "impact",
    "people",
    "notifications",
    "clocks",
    "steps",
    "degrades",
    "similar",
    "timeline",
)
"""What the log tells, each as rows of `label` and `text`."""
MILESTONES = ("began", "detected", "acknowledged", "cause_identified", "mitigated", "resolved")
_MARK = re.compile(r"^[ \t]*<!--[ \t]*write:[ \t]*(\w+)[ \t]*-->[ \t]*$", re.MULTILINE)
_END = re.compile(r"^[ \t]*<!--[ \t]*end[ \t]*-->[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"\n#{1,6} [^\n]*\Z")


def parts(text: str) -> Iterator[tuple[str, str]]:
    """Each part by its name."""
    text = text.replace("\r\n", "\n")
    marks = list(_MARK.finditer(text))
    for index, mark in enumerate(marks):
        last = index + 1 == len(marks)
        body = text[mark.end() : None if last else marks[index + 1].start()]
        if end := _END.search(body):
            body = body[: end.start()]
        elif not last:
            body = _HEADING.sub("", "\n" + body.rstrip())
        yield mark[1], uncommented(body).strip()


def mark_line(text: str, name: str) -> int:
    """The line on which this part is marked; 1 where it is not."""
    found = next((mark for mark in _MARK.finditer(text) if mark[1] == name), None)
    return 1 if found is None else text.count("\n", 0, found.start()) + 1


def uncommented(text: str) -> str:
    """Without `<!-- … -->`; one that never ends stays. In one pass: an expression would begin anew at each of them."""
    out, at = [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin)) >= 0:
        out.append(text[at:begin])
        at = end + 3
    return "".join([*out, text[at:]])
