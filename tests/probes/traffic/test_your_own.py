"""The example in docs/probes/your-own.md is run as it stands there."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.parts.httpserver import Answer, HttpServer
from watchtower.core.expressions import compile_expression, compile_template
from watchtower.core.plan.checks import BASE_FACTS
from watchtower.model import Outcome
from watchtower.probes.contract import Target
from watchtower.probes.registry import Registry

DOC = Path(__file__).parents[3] / "docs" / "probes" / "your-own.md"
CODE = re.findall(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
CHECKS, RULES, PACKAGE = (
    tomllib.loads(text)
    for text in re.findall(r"```toml\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (code,) = CODE
    (tmp_path / "queue_depth.py").write_text(code)
    registry = Registry.load(tmp_path)
    assert registry.problems == []
    return registry


ANSWERS = [
    (Answer.json({"messages": 7, "consumers": 2}), Outcome.UP, {"depth": 7.0, "consumers": 2.0}),
    (Answer(503), Outcome.DOWN, {}),
]


@pytest.mark.parametrize(("answer", "outcome", "measured"), ANSWERS, ids=["well", "not well"])
async def test_the_example_runs(
    registry: Registry, http_server: HttpServer, answer: Answer, outcome: Outcome, measured: dict[str, float]
) -> None:
    (check,) = CHECKS["check"]
    http_server.on("/queue/payments", answer)
    kind = registry.get(check["probe"])
    settings = kind.Settings.model_validate({"url": http_server.url("/queue/payments")})
    reading = await asyncio.to_thread(kind(settings, Target(check["name"], 15.0, 5.0)).probe)
    assert (reading.outcome, reading.measurements) == (outcome, measured)


def test_the_examples_rule_compiles_against_its_facts(registry: Registry) -> None:
    (rule,) = RULES["rule"]
    facts = {**BASE_FACTS, **registry.get(rule["match"]["probe"]).facts}
    assert (
        compile_expression(rule["when"], facts).evaluate({"outcome": "up", "depth": 1001.0, "consumers": 1.0})
        is True
    )
    for text in rule["summary"].values():
        compile_template(text, facts)


def test_the_entry_point_of_the_docs_is_in_the_group_that_is_read() -> None:
    assert list(PACKAGE["project"]["entry-points"]) == ["watchtower.probes"]


def test_importing_the_names_for_probes_imports_nothing_heavy() -> None:
    code = "import sys, watchtower.probes; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "requests",
        "pycurl",
        "asyncpg",
        "prometheus_client",
        "sqlite3",
        "jmespath",
        "cel_expr_python",
        "apscheduler",
    }
    assert heavy.isdisjoint(loaded)
