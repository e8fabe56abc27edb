"""What another process has read is the same here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.cases import PEOPLE
from tests.parts.child import wait_until
from watchtower.api.auth import access_for
from watchtower.app.child import Unanswered, ask
from watchtower.app.configuration import Configuration
from watchtower.config.handover import HandoverAnswer, answer_of, framed, keep_known, packed, unpacked
from watchtower.config.load import load
from watchtower.config.secrets import Secrets
from watchtower.core.plan import Plan
from watchtower.errors import ConfigError, UsageError
from watchtower.probes.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
CHECK = '[[check]]\nname = "a"\nprobe = "tcp"\naddress = "127.0.0.1:1"\n'
EVERYTHING = """
[flow.checkout]
title = { en = "Checkout", zh = "下单支付" }
amount_per_request = "182.50 CNY"

[[check]]
name = "page"
probe = "http"
url = "https://u:${PASSWORD}@bank.example/health"
headers = { Authorization = "Bearer ${PASSWORD}" }
status = ["2xx", 301]
body_matches = "ok|fine"
header_matches = { Server = "^nginx" }
json = [{ path = "a.b", min = 1.5 }]
measure = { depth = "queue.depth" }
flow = "checkout"

[[check]]
name = "requests"
probe = "metrics"
url = "http://127.0.0.1:8080/metrics"
query = 'http_requests_total{route="/checkout", code!~"5.."}'
flow = "checkout"
detect = { kind = "traffic", zone = "Asia/Shanghai", days_off = ["2026-10-01"], quiet = ["22:00-06:00"], false_pages = "1 per 90d", events = [{ from = "2026-11-11T00:00:00+08:00", to = "2026-11-12T00:00:00+08:00", factor = 3.0 }] }

[[check]]
name = "balance"
probe = "balance.json"
url = "http://127.0.0.1:8080/balance"
value = "data.amount"
detect = { kind = "runway", thresholds = [7.0, 1.0] }

[[check]]
name = "orders"
probe = "sql"
dsn = "sqlite:////srv/shop.db"
query = "SELECT count(*) AS requests FROM orders WHERE at >= :since AND at < :until"
flow = "checkout"

[[check]]
name = "log"
probe = "access_log"
file = "/var/log/nginx/access.log"
flow = "checkout"
"""
RULES = """
[product]
name = { en = "Shop", zh = "商店" }

[[rule]]
name = "slow"
match = { probe = ["http", "tcp"] }
when = "outcome == 'down' || latency > 0.5"
severity = "matrix"
summary = { en = "{{ latency }}", zh = "{{ latency }}" }

[[rule]]
name = "silent"
match = { flow = "checkout", check = "requests" }
when = "traffic.silent"
severity = "P1"

[severity.matrix]
affected_users = { P0 = 100_000, P1 = 10_000 }

[degrade.queue]
why = "less load"
flow = "checkout"
action = { webhook = { url = "https://switch.example/x?key=${PASSWORD}", headers = { X-Key = "${PASSWORD}" } } }
rollback = { command = { run = ["/bin/true"] } }
trigger = { severity = "P1" }
"""


RULE = '[[rule]]\nname = "any"\nmatch = {}\nwhen = "outcome == \'down\'"\nseverity = "P3"\n'


QUIET = 1_764_000_000.0
"""2025-11-25, 00:00 in Shanghai."""


def configuration(folder: Path, checks: str = CHECK, rules: str = RULE, own: str = "") -> Path:
    (folder / "checks").mkdir(exist_ok=True)
    (folder / "checks" / "a.toml").write_text(checks, encoding="utf-8")
    (folder / "rules.toml").write_text(rules + PEOPLE, encoding="utf-8")
    if own:
        (folder / "checks" / "own.py").write_text(own, encoding="utf-8")
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "WATCHTOWER_RULES": str(folder / "rules.toml"),
        "WATCHTOWER_CHECKS": str(folder / "checks"),
        "PASSWORD": "hunter2-x",
        **more,
    }


def big(folder: Path) -> Path:
    checks = (CHECK.replace('"a"', f'"c{n}"').replace(":1", f":{n + 1}") for n in range(1000))
    return configuration(
        folder, "".join(checks), '[[rule]]\nname = "r"\nmatch = {}\nwhen = "latency > 0.5"\nseverity = "P1"\n'
    )


@pytest.fixture(params=["shipped", "everything", "big"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    match request.param:
        case "shipped":
            yield ROOT
        case "everything":
            yield configuration(tmp_path, EVERYTHING, RULES)
        case _:
            yield big(tmp_path)


def test_a_plan_that_was_handed_over_is_the_one_that_was_read(folder: Path) -> None:
    environ = environment(folder)
    here = load(folder / "rules.toml", folder / "checks", environ, Registry.load(folder / "checks"))
    answer = ask(environ, None, None)
    assert answer.problems == ()
    there = unpacked(answer.loaded)
    for part in (name for name, field in Plan.__dataclass_fields__.items() if field.compare):
        assert getattr(there.plan, part) == getattr(here.plan, part), part
    for name in here.plan.timetables:
        assert there.plan.closed(name, QUIET), "quiet at night"
    assert there.files == here.files
    assert here.warnings == there.warnings[: len(here.warnings)]
    assert there.secrets.redact("hunter2-x hunter2-x") == here.secrets.redact("hunter2-x hunter2-x")
    for name, rule in here.plan.rules.items():
        for check, program in rule.programs.items():
            facts = dict.fromkeys(program.names)
            assert there.plan.rules[name].programs[check].evaluate(facts) == program.evaluate(facts)


def test_checks_share_what_they_shared(tmp_path: Path) -> None:
    plan = unpacked(ask(environment(big(tmp_path)), None, None).loaded).plan
    assert len({id(check.facts) for check in plan.checks.values()}) == 1
    assert len({id(program) for program in plan.rules["r"].programs.values()}) == 1


def test_the_environments_settings_come_along(tmp_path: Path) -> None:
    environ = environment(
        configuration(tmp_path), WATCHTOWER_API_TOKEN="t" * 20, WATCHTOWER_THREADS="3", WATCHTOWER_X="1"
    )
    made = Configuration.first(environ, None, None)
    assert made.settings.threads == 3
    assert made.settings.api_token is not None
    assert made.settings.api_token.get_secret_value() == "t" * 20
    assert made.redact("t" * 20) == "***"
    assert "WATCHTOWER_X" in [one.where for one in made.loaded.warnings]
    with pytest.raises(UsageError, match="WATCHTOWER_THREADS: must be at most 256"):
        Configuration.first({**environ, "WATCHTOWER_THREADS": "257"}, None, None)


async def test_tokens_of_programs_are_read_again_with_the_files(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("grafana read 5f3a91c07be24d18\n")
    environ = environment(
        configuration(tmp_path), WATCHTOWER_API_TOKEN="t" * 20, WATCHTOWER_TOKENS_FILE=str(file)
    )
    made = Configuration.first(environ, None, None)
    access = await access_for(made.settings, b"k" * 32)
    assert access.by_token("5f3a91c07be24d18").name == "grafana"
    file.write_text("ci respond c1d20f4ab8e34f66\n")
    assert [made.changed(), made.changed()] == [False, True]
    seen = made.look()
    loaded, registry = made.read()
    made.take(loaded, registry, seen)
    access.take_tokens(made.settings.tokens)
    assert [access.by_token(one).name for one in ("5f3a91c07be24d18", "c1d20f4ab8e34f66")] == ["", "ci"]
    assert loaded.secrets.redact("c1d20f4ab8e34f66") == "***"
    file.write_text("ci everything c1d20f4ab8e34f66\n")
    with pytest.raises(ConfigError, match='"everything" is none of'):
        made.read()


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "its process was killed"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "ended by the signal 11"),
        ("import os\nos._exit(3)\n", "its process ended with status 3"),
        ("import os\nos._exit(0)\n", "its process gave no answer"),
    ],
)
def test_a_process_that_ends_before_its_answer_is_told(tmp_path: Path, own: str, said: str) -> None:
    environ = environment(configuration(tmp_path, own=own))
    with pytest.raises(ConfigError) as caught:
        Configuration.first(environ, None, None)
    (problem,) = caught.value.problems
    assert problem.file == str(tmp_path / "rules.toml")
    assert said in problem.what
    assert ("out of memory?" in problem.hint) is ("killed" in said)


def test_one_that_hangs_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    """It has to come to the file of the site first, beside other tests."""
    own = f"import subprocess, time, pathlib\nchild = subprocess.Popen(['sleep', '600'])\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\ntime.sleep(600)\n"
    environ = environment(configuration(tmp_path, own=own))
    with pytest.raises(Unanswered, match="did not end within 15 s, and was ended") as caught:
        ask(environ, None, None, within=15.0)
    assert "a file in checks/" in caught.value.hint
    state = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    wait_until(
        lambda: not state.exists() or state.read_text().split()[2] == "Z", "the end of what it started"
    )


def test_what_a_sites_file_prints_and_leaves_behind_does_not_matter(tmp_path: Path) -> None:
    own = "import subprocess, sys\nprint('hello')\nsys.stdout.flush()\nsubprocess.Popen(['sleep', '3'])\nfrom watchtower.probes import Probe, up\nclass Own(Probe):\n    kind = 'own'\n    facts = {}\n    def probe(self):\n        return up()\n"
    answer = ask(environment(configuration(tmp_path, own=own)), None, None)
    assert answer.problems == ()


def test_a_process_left_behind_that_holds_the_pipe_keeps_no_answer(tmp_path: Path) -> None:
    own = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\n    os._exit(0)\nfrom watchtower.probes import Probe, up\nclass Own(Probe):\n    kind = 'own'\n    facts = {}\n    def probe(self):\n        return up()\n"
    began = time.monotonic()
    answer = ask(environment(configuration(tmp_path, own=own)), None, None)
    assert answer.problems == ()
    assert time.monotonic() - began < 50


UNPORTABLE = """
from typing import Annotated, Any
from watchtower.fields import BeforeValidator
from watchtower.probes import Probe, up

class Own(Probe):
    kind = "own"
    facts = {}

    class Settings(Probe.Settings):
        what: Annotated[Any, BeforeValidator(lambda text: lambda: text)]

    def probe(self):
        return up()
"""


def test_settings_that_cannot_be_handed_over_are_named(tmp_path: Path) -> None:
    checks = CHECK + '[[check]]\nname = "b"\nprobe = "own"\nwhat = "x"\n'
    environ = environment(configuration(tmp_path, checks, own=UNPORTABLE))
    (problem,) = ask(environ, None, None).problems
    assert (problem.line, problem.where) == (5, 'check "b"')
    assert "its settings cannot be handed over to the daemon" in problem.what
    assert "no lambda" in problem.hint


@pytest.mark.parametrize("cut", [0, 5, 20, 40, -1])
def test_half_an_answer_is_none(cut: int) -> None:
    frame = framed(HandoverAnswer(None, Secrets(), usage="x"))
    assert answer_of(frame) == HandoverAnswer(None, Secrets(), usage="x")
    assert answer_of(frame[:cut]) is None
    assert answer_of(frame + b"more") is None
    assert answer_of(frame[:30] + b"\xff" * (len(frame) - 30)) is None


def test_nothing_secret_stands_on_the_command_line(tmp_path: Path) -> None:
    own = "import sys, os, pathlib\npathlib.Path(os.environ['SEEN']).write_text(open('/proc/self/cmdline').read())\nfrom watchtower.probes import Probe, up\nclass Own(Probe):\n    kind = 'own'\n    facts = {}\n    def probe(self):\n        return up()\n"
    folder = configuration(tmp_path, own=own)
    ask(environment(folder, SEEN=str(tmp_path / "seen")), None, None)
    seen = (tmp_path / "seen").read_text()
    assert sys.executable in seen
    assert "hunter2" not in seen
    assert str(folder) not in seen


def test_one_that_nobody_waits_for_any_more_ends_by_itself(tmp_path: Path) -> None:
    folder = configuration(tmp_path, own="import time\ntime.sleep(600)\n")
    child = subprocess.Popen(
        [sys.executable, "-m", "watchtower.config.reader"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={**os.environ, **environment(folder)},
    )  # fmt: skip
    with child:
        assert child.stdin is not None
        child.stdin.write(b'{"seconds": 3}')
        child.stdin.close()
        assert child.wait(60) == -signal.SIGALRM


def test_others_have_their_turn_while_much_is_unpacked() -> None:
    """What is packed here makes no call of Python's by itself."""
    data, turns, ended = packed([str(n) for n in range(200_000)]), [0], threading.Event()

    def others() -> None:
        while not ended.is_set():
            turns[0] += 1

    thread, usual = threading.Thread(target=others), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        thread.start()
        before = turns[0]
        unpacked(data)
        assert turns[0] > before
    finally:
        ended.set()
        sys.setswitchinterval(usual)
        thread.join()


def test_a_check_that_is_as_it_was_is_the_same_object_also_at_another_line(tmp_path: Path) -> None:
    known = unpacked(ask(environment(configuration(tmp_path, EVERYTHING, RULES)), None, None).loaded).plan
    faster = EVERYTHING.replace('name = "orders"', 'name = "orders"\nevery = "20s"')
    configuration(tmp_path, "# a line more\n" + faster, RULES)
    plan = unpacked(ask(environment(tmp_path), None, None).loaded).plan
    source = plan.checks["log"].source
    keep_known(plan, known)
    assert [name for name, check in plan.checks.items() if check is not known.checks[name]] == ["orders"]
    assert known.checks["log"].source == plan.checks["log"].source == source
    assert known.checks["orders"].every != plan.checks["orders"].every == 20.0
