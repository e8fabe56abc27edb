"""Where the indicator `flows_hurt` shows, as JSON: run by `test_indicators`, with a source that declares it."""

from __future__ import annotations

import json
import sys
from datetime import UTC
from pathlib import Path

from tests.config.cases import PEOPLE
from tests.config.test_valid import loaded
from tests.core.severity.numbers import Case, about, flow, numbers
from tests.core.severity.table import lines
from watchtower.api.explain_severity import account_json
from watchtower.brief.explain_severity import account
from watchtower.config.schema import rules_schema
from watchtower.core.deadlines.evidence import INDICATORS
from watchtower.core.incident.history import project
from watchtower.explain.incident import words
from watchtower.model import Language


def main(folder: Path) -> None:
    plan = loaded(folder, (folder / "row.toml").read_text(encoding="utf-8") + PEOPLE).plan
    case = Case(plan)
    case.sees(numbers(flow("a", 0.3), flow("b", 0.3), affected_users=about(50)))
    levels = case.levels
    told = account(plan, case.incident, project(case.entries), [], case.entries, 60.0)
    print(
        json.dumps(
            {
                "schema": "flows_hurt" in json.dumps(rules_schema()),
                "severity": levels.response,
                "page": [levels.sentence.en, levels.sentence.zh],
                "explain": words(account_json(told), "the test", Language.EN, UTC),
                "compliance": "flows_hurt" in INDICATORS,
                "docs": lines(),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
