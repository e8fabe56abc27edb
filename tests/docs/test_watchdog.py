"""The recipes of docs/watchdog.md load, and do what its own tests of rules expect."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

from click.testing import CliRunner

from watchtower.cli.test_rules import command
from watchtower.config.load import load

PAGE = Path(__file__).parents[2] / "docs" / "watchdog.md"
PEOPLE = '[[responder]]\nname = "you"\nrole = "oncall"\nemail = "you@localhost"\n\n[channel.email]\nmailbox = "mailbox"\n\n'
SECRETS = {
    "HEARTBEAT_URL": "https://hc-ping.com/0a1b2c3d-0000-4000-8000-000000000000",
    "SMS_TOKEN": "not-a-real-one",
}


def written(folder: Path) -> None:
    """Each block goes into the file that its first line names."""
    files = defaultdict(list)
    for block in re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        name = re.match(r"# ([\w/.]+\.toml)\n", block)
        assert name is not None, "the first line names the file"
        files[name[1]].append(block)
    assert files.keys() == {"rules.toml", "checks/watchdog.toml", "tests/watchdog.toml"}
    for file, blocks in files.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text((PEOPLE if file == "rules.toml" else "") + "\n".join(blocks))


def test_the_recipes_load_without_a_warning(tmp_path: Path) -> None:
    written(tmp_path)
    loaded = load(tmp_path / "rules.toml", tmp_path / "checks", SECRETS)
    assert [str(one) for one in loaded.warnings] == []
    assert loaded.plan.watchdog.heartbeat.get_secret_value() == SECRETS["HEARTBEAT_URL"]


def test_the_recipes_do_what_the_page_says(tmp_path: Path) -> None:
    written(tmp_path)
    base = ["--rules", str(tmp_path / "rules.toml"), "--checks", str(tmp_path / "checks"), "--json"]
    result = CliRunner(env=SECRETS).invoke(
        command, [*base, str(tmp_path / "tests" / "watchdog.toml")], catch_exceptions=False
    )
    assert result.exit_code in (0, 1), result.stderr
    told = json.loads(result.stdout)
    assert [one for test in told["tests"] for one in test["unmet"]] == []
    assert told["never_fired"] == []
