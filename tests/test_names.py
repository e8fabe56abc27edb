"""Names of the house: a class has its name to itself, and a module bears a word of the field."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "watchtower"
# Words of our own, and the field's word for each.
PRIVATE = {
    "absorb": "merge",
    "account": "explain_severity",
    "acting": "action_forms",
    "acts": "actions",
    "answers": "responses",
    "attend": "advance",
    "audience": "recipients",
    "clocks": "timers, sla_clocks",
    "course": "milestones",
    "doing": "api_actions",
    "doings": "actions",
    "ending": "auto_resolve",
    "fill": "assignment",
    "follow": "advance",
    "entry_lines": "texts by topic",
    "hints": "auto_notes",
    "judge": "evaluate_rules",
    "looked": "last_visit",
    "looks": "check_status",
    "moments": "parse_time",
    "notices": "page requests",
    "panels": "errors",
    "reach": "reachability",
    "regrade": "apply",
    "related": "grouping",
    "relevel": "apply",
    "rooms": "features",
    "rota": "schedule",
    "sayings": "texts by topic",
    "story": "history",
    "telling": "page requests",
    "visitor": "locale",
    "wording": "texts by topic",
    "words": "texts by topic",
}
# Where such a word is what people say.
SAID = {
    "cli/account": "by what a person signs in",
    "web/account": "by what a person signs in",
    "simulate/simulation": "what a simulation tells",
    "store/answers": "what a database answers",
}


def modules() -> dict[str, Path]:
    return {str(file.relative_to(SOURCE).with_suffix("")): file for file in sorted(SOURCE.rglob("*.py"))}


def test_no_class_name_stands_in_two_modules() -> None:
    found = defaultdict(list)
    for name, file in modules().items():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(name)
    twice = {name: places for name, places in found.items() if len(places) > 1}
    assert not twice


def test_no_module_bears_a_private_word() -> None:
    found = {name for name in modules() if name.rpartition("/")[2] in PRIVATE} - SAID.keys()
    assert not found, {name: PRIVATE[name.rpartition("/")[2]] for name in found}
