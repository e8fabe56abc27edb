"""docs/how-it-works.md says what the source says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from watchtower.core.incident.alerts import TABLE, AlertSignal
from watchtower.core.incident.incidents import PageState
from watchtower.model import AlertState
from watchtower.texts.reasons import PageReason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-it-works.md").read_text()
REASON_AT = {
    "not_paged": 1, "set_alert": 1, "set_incident": 1, "enqueue": 1, "set_page": 1, "PageRequest": 1, "_mark": 4, "end_removed": 2, "ended": 2, "fires": 5, "PagesQueued": 0,
}  # fmt: skip
"""Which argument of these is the reason."""


def test_the_alert_table_is_the_one_that_runs() -> None:
    shown = PAGE.split("<!-- alert table: begin -->")[1].split("<!-- alert table: end -->")[0]
    rows = [" | ".join([state, *(TABLE[state, signal] for signal in AlertSignal)]) for state in AlertState]
    assert [line.strip("| ") for line in shown.strip().splitlines()[2:]] == rows


def test_every_state_of_a_page_is_explained() -> None:
    assert _first_column("## Pages") == {str(state) for state in PageState}


def test_every_reason_is_explained_and_none_that_there_is_not() -> None:
    given: set[str] = set()
    core = ROOT / "src/watchtower/core"
    for file in (
        file
        for room in ("", "incident", "notify", "people", "pipeline")
        for file in (core / room).glob("*.py")
    ):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                position = REASON_AT.get(name)
                if position is not None and len(node.args) > position:
                    given |= _words(node.args[position])
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(getattr(target, "id", "") in ("reason", "why", "REASON") for target in targets):
                    given |= _words(node.value)
            elif isinstance(node, ast.FunctionDef) and node.name in ("_home", "_why"):
                found = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
                given |= {
                    word for one in found if isinstance(one, ast.Tuple) for word in _words(one.elts[-1])
                }
    given = {word for word in given if re.fullmatch(r"\w+", word)}  # sentences are answers to people
    assert _first_column("## Reasons") == given | set(PageReason)


def test_it_is_short() -> None:
    assert len(PAGE.splitlines()) <= 190


def _first_column(heading: str) -> set[str]:
    section = PAGE.split(f"\n{heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def _words(node: ast.expr) -> set[str]:
    match node:
        case ast.Constant(value=str(word)):
            return {word}
        case ast.Attribute(value=ast.Name(id="PageReason"), attr=member):
            return {PageReason[member]}
        case ast.IfExp():
            return _words(node.body) | _words(node.orelse)
        case ast.JoinedStr():
            return {"".join(str(p.value) if isinstance(p, ast.Constant) else "KIND" for p in node.values)}
        case _:
            return set()
