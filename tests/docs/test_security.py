"""Every threat of docs/security.md is held by a test that exists."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
THREATS = PAGE.partition("## Threats")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| (.*) \|$", THREATS, re.MULTILINE)[2:]
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), TESTS, ids=[name for _, name in TESTS])
def test_the_test_exists(file: str, name: str) -> None:
    assert re.search(rf"^ *(?:async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), file


@pytest.mark.parametrize("row", ROWS, ids=[row.partition(" |")[0] for row in ROWS])
def test_every_threat_has_one(row: str) -> None:
    assert re.search(r"`tests/[\w/]+\.py::\w+`", row)


def test_the_list_of_parts_names_every_locked_package() -> None:
    lock = ROOT / "requirements" / "run.txt"
    made = subprocess.run(
        [Path(sys.executable).parent / "cyclonedx-py", "requirements", "--output-file", "-", lock],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    listed = {(one["name"], one["version"]) for one in json.loads(made.stdout)["components"]}
    locked = set(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE))
    assert len(locked) > 40
    assert listed == locked
