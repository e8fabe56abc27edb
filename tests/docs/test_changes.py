"""CONTRIBUTING counts in how many files a typical change is made: the source is asked, by an example of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "watchtower"
TABLE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# What names the example, its own files, and files that use it for something else.
EXAMPLES: dict[str, tuple[str, Collection[str], Collection[str]]] = {
    "a probe": (r"balance_json|JsonBalance", {"probes/balance_json.py"}, ()),
    "a channel": (
        r"kinds\.email|'email'",
        {"channels/kinds/email.py"},
        {
            "demo/numbers.py",
            "demo/replay.py",
            "demo/screen.py",
            "access/oidc.py",
            "config/environment.py",
            "web/sign_in.py",  # an address, by which a provider knows people
        },
    ),
    "a metric": (r"SCHEDULER_MISSED|ledger\.missed|self\.missed", (), {"core/impact/meter.py"}),
    "an indicator of severity": (r"day_share", (), {"brief/impact.py", "core/deadlines/evidence.py"}),
    "an action": (r"(?m)'pause'|^pause\t", {"core/deadlines/actions.py"}, ()),
    "a kind of page": (r"PageKind\.UPGRADE|'upgrade'|page_upgrade", {"core/notify/routing.py"}, ()),
    "a field of the store": (r"last_error", {"delivery/delivery.py"}, ()),
    "what holds back pages": (
        r"Inhibition|plan\.inhibit",
        {"core/plan/inhibition.py"},
        {"config/summary.py"},
    ),
    "A table of `rules.toml`": (r"IncidentPolicy", {"core/plan/incident.py"}, ()),
}
MIGRATIONS = {"a field of the store": 2}
OF_A_FEATURE = r"core\.drills\.(record|kinds)|core\.drills import kinds"


@cache
def code() -> dict[str, str]:
    """Each file without docstrings and comments, and the tables that are no Python."""
    out = {}
    for file in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                said = [
                    isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node.body
                ]
                node.body = [one for one, text in zip(node.body, said, strict=True) if not text] or [
                    ast.Pass()
                ]
        out[str(file.relative_to(SOURCE))] = ast.unparse(tree)
    tables = [SOURCE / "telemetry/metrics.tsv", SOURCE / "store/statements.sql", SOURCE / "texts/actions.tsv"]
    return out | {str(file.relative_to(SOURCE)): file.read_text(encoding="utf-8") for file in tables}


def naming(pattern: str) -> set[str]:
    return {file for file, text in code().items() if re.search(pattern, text)}


def listed(change: str) -> set[str]:
    """The files that CONTRIBUTING names for it."""
    [row] = re.findall(rf"(?ms)^(?:\| )?{re.escape(change)} (?:\||is )(.*?)(?:^\||^$)", TABLE)
    return set(re.findall(r"`src/watchtower/([^`]+\.(?:py|tsv|sql))`", row))


@pytest.mark.parametrize("change", EXAMPLES)
def test_a_change_touches_the_files_that_contributing_names(change: str) -> None:
    pattern, own, beside = EXAMPLES[change]
    assert naming(pattern) - set(beside) == listed(change) | set(own)
    assert len(listed(change) | set(own)) + MIGRATIONS.get(change, 0) <= 5


def test_a_feature_is_known_by_name_in_four_files() -> None:
    found = {file for file in naming(OF_A_FEATURE) if not file.startswith("core/drills/")}
    assert found <= listed("a feature")
    assert len(listed("a feature")) <= 4
