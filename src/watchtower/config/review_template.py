"""The site's own template of a review: read, and proved by a review that never was, a full one and an empty one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from watchtower.config.problems import Entry
from watchtower.config.review_tables import ReviewTable
from watchtower.core.plan.review import ReviewPolicy
from watchtower.core.reviews.parts import BLOCKS, MILESTONES, PARTS, mark_line, parts
from watchtower.core.reviews.review import SECTIONS
from watchtower.errors import Problem
from watchtower.model import Language
from watchtower.texts.markdown import AsWritten

LINTS: Mapping[str, str] = {
    "unmarked-review-part": "a review template without a mark below which a part is written and read back",
}
LARGEST = 100_000


def with_template(entry: Entry, table: ReviewTable, watch: list[Path]) -> ReviewPolicy:
    """The table as the core knows it, with the text of its template. Reports what is wrong with that."""
    text = _text(entry, table, watch) if table.template else ""
    return ReviewPolicy.model_construct(None, **{**vars(table), "template_text": text})


def _text(entry: Entry, table: ReviewTable, watch: list[Path]) -> str:
    path = Path(entry.file).parent / table.template
    watch.append(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else "not UTF-8 text"
        entry.wrong(("template",), f"{path} cannot be read: {why}", "its path is relative to this file")
        return ""
    if len(text) > LARGEST:
        entry.wrong(("template",), f"{path} has {len(text):,} characters", f"at most {LARGEST:,}")
        return ""
    _prove(entry, str(path), text)
    return text


def _prove(entry: Entry, path: str, text: str) -> None:
    from watchtower.own_template import TemplateFault, filled

    def wrong(line: int, what: str, hint: str = "") -> None:
        entry.report.problem(Problem(path, line, "review template", what, hint))

    made: dict[str, str] = {}
    for values in (sample(), sample(empty=True)):
        try:
            made = dict(parts(filled(text, values)))
        except TemplateFault as fault:
            wrong(fault.line, fault.what, fault.hint)
            return
        for name, found in made.items():
            if name not in PARTS:
                wrong(mark_line(text, name), f'there is no part "{name}"', f"one of {', '.join(PARTS)}")
                continue
            expected = str(values["sections"][name] if name in SECTIONS else values[name]).strip()
            if found != expected:
                place = f"sections.{name}" if name in SECTIONS else name
                hint = f"write {{{{ {place} }}}} below the mark, and <!-- end --> after it where more follows than a heading"
                what = f"what stands below the mark of {name} is not what was written, and would be read back as that"
                wrong(mark_line(text, name), what, hint)
                return
    if lacking := [name for name in PARTS if name not in made]:
        what = f"{path} has no mark for {', '.join(lacking)}: no import brings these back"
        entry.doubtful(
            "unmarked-review-part",
            ("template",),
            what,
            f"write <!-- write: {lacking[0]} --> on a line of its own",
        )


def sample(empty: bool = False) -> dict[str, Any]:
    """The variables of a template, as `review.variables` makes them of an incident."""

    def said(text: str) -> str:
        return "" if empty else text

    row = {"label": "14:43", "text": "No requests for 40 s"}
    item = {
        "id": "A1", "text": "renew by machine", "type": "prevent", "owner": "wang", "due": "2026-12-24",
        "acceptance": "no page for a year", "state": "open", "done": "", "dropped": "",
    }  # fmt: skip
    return {
        "language": str(Language.EN),
        "incident": {
            "id": "INC-42", "title": "Checkout", "severity": "P1", "status": "resolved", "drill": False,
            "flows": [] if empty else ["checkout"], "lasted": "1 h", "path": "/incidents/INC-42",
        },
        "times": {name: said("2026-11-22 14:43:10 UTC") for name in MILESTONES},
        "after": {name: said("3 min 20 s") for name in MILESTONES[1:]},
        "detected_by": "a probe of the flow", "acknowledged_by": said("li"), "people": [] if empty else ["li", "wu"],
        "cause": said("The gateway's certificate expired"), "cause_tag": said("certificate"), "helped": said("renewed by hand"),
        "review": {name: said(name) for name in ("owner", "meeting", "closed", "closed_by")},
        "titles": {AsWritten(name): title.en for name, title in SECTIONS.items()},
        "sections": {AsWritten(name): AsWritten(said(f"Of {name}:\n\n- *one*\n- two")) for name in SECTIONS},
        "decided": AsWritten("- `owner` (who writes this review): " + said("li")),
        "actions": AsWritten("| id | what |\n| --- | --- |\n| A1 | renew |"),
        "items": [] if empty else [item],
        "details": {name: [] if empty else [row] for name in BLOCKS},
    }  # fmt: skip
