"""docs/metrics.md and docs/logs.md say what is so."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from watchtower import telemetry
from watchtower.telemetry import METRICS

DOCS = Path(__file__).parents[2] / "docs"
METRICS_PAGE = (DOCS / "metrics.md").read_text()


def test_the_table_is_the_list_of_metrics() -> None:
    rows = [
        f"| `{metric.name}` | {metric.type} | {' '.join(f'`{label}`' for label in metric.labels)} | {metric.help} |"
        for metric in METRICS
    ]
    assert [line for line in METRICS_PAGE.splitlines() if line.startswith("| `watchtower_")] == rows


def test_every_metric_that_the_page_speaks_of_exists() -> None:
    known = {metric.name for metric in METRICS}
    spoken = re.findall(r"\bwatchtower_[a-z_]+(?!\*|[a-z_])", METRICS_PAGE)
    assert {name.removesuffix("_bucket") for name in spoken} <= known


def test_prometheus_accepts_the_rules_on_the_page(tmp_path: Path) -> None:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian package prometheus)")
    [rules] = [
        block for block in re.findall(r"```yaml\n(.*?)```", METRICS_PAGE, re.DOTALL) if "groups:" in block
    ]
    queries = re.findall(r"```promql\n(.*?)```", METRICS_PAGE, re.DOTALL)
    assert len(queries) == 6
    for number, query in enumerate(queries):
        rules += f"      - record: query:{number}\n        expr: |\n"
        rules += "".join(f"          {line}\n" for line in query.splitlines())
    file = tmp_path / "rules.yml"
    file.write_text(rules)
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 rules found" in done.stdout


def test_every_event_of_the_seam_is_on_the_page() -> None:
    page = (DOCS / "logs.md").read_text()
    source = (Path(telemetry.__file__).parent / "seam.py").read_text()
    words = re.findall(r'(?:log\.\w+|say)\(\s*"(\w+)"', source)
    assert len(words) > 8
    assert [word for word in words if f"`{word}`" not in page] == []
