"""The small shop of the replay tests, with tests of its rules beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.replay.shop import Shop
from watchtower.cli.test_rules import command

STORY = """
[[test]]
name = "a story"
start = "2026-11-21T08:00:00+08:00"
"""
OUTAGE = STORY + '[[test.input]]\ncheck = "orders"\nrequests = "40x10m 0x10m 40x10m"\n'
"""The shop's rule `silent` fires 80 s after the last request (`zero_for` and `for`), P1, li by sms; `dead` P0 at 15m."""


@dataclass(frozen=True)
class Trial:
    shop: Shop

    @classmethod
    def built(cls, folder: Path) -> Trial:
        (folder / "tests" / "rules").mkdir(parents=True)
        return cls(Shop.built(folder))

    def run(self, text: str, *arguments: str) -> Result:
        """The command, with this text as the only test file."""
        (self.shop.folder / "tests" / "rules" / "a.toml").write_text(text, encoding="utf-8")
        return self.command(*arguments)

    def command(self, *arguments: str) -> Result:
        base = ["--rules", str(self.shop.folder / "rules.toml"), "--checks", str(self.shop.folder / "checks")]
        return CliRunner().invoke(command, [*base, *arguments], catch_exceptions=False)

    def passes(self, text: str) -> bool:
        result = self.run(text)
        assert result.exit_code in (0, 1), result.stderr
        return result.exit_code == 0

    def unmet(self, text: str) -> list[dict[str, Any]]:
        told = json.loads(self.run(text, "--json").stdout)
        return [one for test in told["tests"] for one in test["unmet"]]

    def problems(self, text: str) -> list[str]:
        """What is told of a wrong file, without the folder's own name."""
        result = self.run(text)
        assert (result.exit_code, result.stdout) == (2, ""), result.stdout
        return result.stderr.replace(f"{self.shop.folder}/tests/rules/", "").splitlines()


def expect(text: str) -> str:
    return f"\n[[test.expect]]\n{text}\n"
