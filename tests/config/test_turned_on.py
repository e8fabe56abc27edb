"""The shipped rules.toml with its commented lines turned on: each by itself, and all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.probes.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "rules.toml").read_text(encoding="utf-8").splitlines()
SETTING = re.compile(r"# (?=\[|[a-z_]+ = )")
ENVIRON = {
    "SMTP_PASSWORD": "secret",
    "SMS_TOKEN": "secret",
    "HEARTBEAT_URL": "https://hc-ping.com/0a1b2c3d-0000-4000-8000-000000000000",
}


def blocks() -> list[list[int]]:
    """The numbers of commented settings that stand together."""
    out: list[list[int]] = []
    for number, line in enumerate(LINES):
        if SETTING.match(line):
            if not out or out[-1][-1] != number - 1:
                out.append([])
            out[-1].append(number)
    return out


def turned_on(numbers: list[int]) -> str:
    """The file with these lines in force. `# … instead` takes the place of the line above it."""
    lines = list(LINES)
    for number in numbers:
        if re.search(r"# .*\binstead\b(?! of)", LINES[number][2:]):
            lines[number - 1] = ""
        lines[number] = SETTING.sub("", LINES[number], count=1)
    return "\n".join(lines) + "\n"


def loaded(folder: Path, text: str) -> Loaded:
    (folder / "rules.toml").write_text(text, encoding="utf-8")
    return load(folder / "rules.toml", ROOT / "checks", ENVIRON, Registry.load(ROOT / "checks"))


@pytest.mark.parametrize("block", blocks(), ids=lambda block: LINES[block[0]][2:].split("#")[0].strip()[:24])
def test_each_can_be_turned_on_by_itself(block: list[int], tmp_path: Path) -> None:
    needed = re.findall(r"with (\[\S+\]) below", "".join(LINES[number] for number in block))
    others = [other for other in blocks() if LINES[other[0]][2:].startswith(tuple(needed))]
    assert loaded(tmp_path, turned_on(sum(others, block))).plan.rules


def test_all_can_be_turned_on_together(tmp_path: Path) -> None:
    plan = loaded(tmp_path, turned_on([number for block in blocks() for number in block])).plan
    assert plan.rules["flow-silent"].matrix


def test_every_part_is_there_to_be_turned_on() -> None:
    shown = " ".join(LINES[number] for block in blocks() for number in block)
    for part in (
        'severity = "matrix"', "escalate = ", "acks = ", "[role.", "[schedule.", "[targets.", "[sop.P1]", "[compliance]", "[degrade.",
    ):  # fmt: skip
        assert part in shown, part
