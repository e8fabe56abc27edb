"""A signal that comes before the daemon has started is not the system's to answer."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until

RULES = """
[[rule]]
name = "self-down"
match = {}
when = 'outcome == "down"'
severity = "P4"

[[responder]]
name = "li"
email = "li@example.com"

[channel.email]
mailbox = "var/mailbox"
"""
CHECK = '[[check]]\nname = "self"\nprobe = "tcp"\naddress = "127.0.0.1:9"\nevery = "10s"\ntimeout = "1s"\n'


@pytest.fixture
def daemon(tmp_path: Path) -> DaemonProcess:
    return DaemonProcess(tmp_path, RULES, {"self.toml": CHECK}, anew=True)


def _handles(daemon: DaemonProcess, number: signal.Signals) -> bool:
    """Whether the process itself answers this signal: the kernel's own word."""
    assert daemon.child is not None
    status = Path(f"/proc/{daemon.child.pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize("words", [("run",), ("work", "--to", "http://127.0.0.1:9")])
@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGTERM, 0.0), (signal.SIGINT, 0.1), (signal.SIGTERM, 0.3), (signal.SIGINT, 0.6), (signal.SIGTERM, 1.0),
        (signal.SIGINT, 1.5),
    ],
)  # fmt: skip
def test_a_signal_to_end_ends_it_well_at_any_moment_and_it_says_so(
    daemon: DaemonProcess, number: signal.Signals, moment: float, words: tuple[str, ...]
) -> None:
    daemon.environment["WATCHTOWER_WORK_TOKEN"] = "a-token-of-workers-0123"
    daemon.start(wait=False, words=words)
    try:
        wait_until(lambda: _handles(daemon, signal.SIGHUP), "the handlers, of which this is the last")
        time.sleep(moment)
        daemon.signal(number)
        assert daemon.child is not None
        assert daemon.child.wait(20) == 0
        assert daemon.log.read_text().count(number.name) == 1
    finally:
        daemon.kill()


def test_sighup_at_any_moment_is_kept_and_ends_nothing(daemon: DaemonProcess) -> None:
    daemon.start(wait=False)
    try:
        wait_until(lambda: _handles(daemon, signal.SIGHUP), "the handler")
        for _ in range(60):
            daemon.signal(signal.SIGHUP)
            time.sleep(0.05)
        daemon.wait_ready()
        wait_until(lambda: len(daemon.events("configuration_loaded")) >= 2, "what was remembered")
        assert daemon.stop() == 0
    finally:
        daemon.kill()
