"""The access_log probe: lines of real servers, a real nginx that rotates, and what cannot be told."""

from __future__ import annotations

import os
import shutil
import signal
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.parts.nginx import Nginx
from tests.probes.traffic.conftest import Make, Running
from watchtower.model import Outcome
from watchtower.probes.access_log import AccessLog
from watchtower.probes.log_lines import by_itself

READ = [
    # line -> (method, path, status, user), None: no request
    ('127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a?b=c HTTP/1.1" 200 3 "-" "curl/8"', ("GET", "/a", 200, "127.0.0.1")),
    ('127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 3', ("GET", "/a", 200, "127.0.0.1")),
    ('::1 - frank [22/Nov/2026:10:00:00 +0000] "POST /b HTTP/2.0" 502 0 "-" "x" 0.012', ("POST", "/b", 502, "::1")),
    ('shop.example:443 10.1.2.3 - - [22/Nov/2026:10:00:00 +0000] "GET /c HTTP/1.1" 304 -', ("GET", "/c", 304, "10.1.2.3")),
    (r'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /\"x HTTP/1.1" 404 1 "-" "-"', ("GET", r"/\"x", 404, "10.0.0.1")),
    (r'10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "\x16\x03\x01" 400 150 "-" "-"', ("", "", 400, "10.0.0.1")),
    ('10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "" 408 0 "-" "-"', ("", "", 408, "10.0.0.1")),
    ('{"request_method":"GET","request_uri":"/a?x=1","status":"200","remote_addr":"10.0.0.2"}', ("GET", "/a", 200, "10.0.0.2")),
    ('{"method":"GET","path":"/a","status":200}', ("GET", "/a", 200, "")),
    ('{"status":null}', None),
    ('{"status":1e999999999}', None),
    ('{"status":200,"latency":1e999999999}', ("", "", 200, "")),
    ('{"status":[200]}', None),
    ("[" * 100_000, None),
    ('{"a":' * 100_000, None),
    ("not a log line", None),
    ("a " * 500_000, None),  # in no time: see the limit on what a pattern runs over
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), READ, ids=range(len(READ)))
def test_a_line_is_read(line: str, expected: tuple[str, str, int, str] | None) -> None:
    entry = by_itself({})(line.encode())
    assert (entry and (entry.method, entry.path, entry.status, entry.user)) == expected


def line(path: str = "/checkout", status: int = 200, method: str = "POST", user: str = "10.0.0.1") -> str:
    return f'{user} - - [22/Nov/2026:10:00:00 +0000] "{method} {path} HTTP/1.1" {status} 5 "-" "-"\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(line())
    return path


def add(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.writelines(lines)


async def begun(make: Make, log: Path, **settings: object) -> Running:
    probe = await make("access_log", file=str(log), **settings)
    assert (await probe.poll())[0].reason in ("first_poll", "")
    return probe


async def test_counting_starts_at_the_end_and_no_new_line_is_a_measured_zero(log: Path, make: Make) -> None:
    probe = await make("access_log", file=str(log))
    first = await probe.one()
    assert (first.outcome, first.reason) == (Outcome.UNKNOWN, "first_poll")
    zero = await probe.one()
    assert (zero.outcome, zero.measurements["requests"], zero.measurements["users"]) == (Outcome.UP, 0.0, 0.0)
    assert zero.covers > 0


async def test_requests_errors_and_distinct_users(log: Path, make: Make) -> None:
    probe = await begun(make, log)
    add(log, line(), line(status=503), line(user="10.0.0.2"), line(status=404))
    reading = await probe.one()
    assert reading.measurements == {
        "requests": 4.0,
        "errors": 1.0,
        "error_ratio": 0.25,
        "users": 2.0,
        "unparsed": 0.0,
        "backlog": 0.0,
    }


FILTERS = [
    ({"route": "^/checkout"}, 4),
    ({"route": "out$"}, 3),
    ({"methods": ["POST"]}, 4),
    ({"status": "2.."}, 2),
    ({"status": "20"}, 0),  # in full
    ({"route": "^/checkout$", "methods": ["POST"], "status": "[25].."}, 2),
]


@pytest.mark.parametrize(("settings", "requests"), FILTERS)
async def test_only_what_matches_is_counted(
    log: Path, make: Make, settings: dict[str, object], requests: int
) -> None:
    probe = await begun(make, log, **settings)
    add(log, line(), line(status=503), line(method="GET"), line("/checkout/42?x", 404), line("/refund", 301))
    assert (await probe.one()).measurements["requests"] == requests


async def test_a_group_named_series_fans_out(log: Path, make: Make) -> None:
    probe = await make(
        "access_log", file=str(log), route="^/(?P<series>checkout|refund)", series=("checkout", "refund")
    )
    await probe.poll()
    add(log, line(), line("/checkout/2", 500), line("/other"))
    found = await probe.by_series()
    assert set(found) == {"", "checkout", "refund"}
    assert (found["checkout"].measurements["requests"], found["checkout"].measurements["errors"]) == (
        2.0,
        1.0,
    )
    assert found["refund"].measurements["requests"] == 0.0


async def test_json_lines_give_money_users_and_times(log: Path, make: Make) -> None:
    fields = {"path": "req.path", "amount": "order.total", "user": "uid", "latency": "ms"}
    probe = await begun(make, log, format="json", fields=fields, latency_unit="ms")
    add(
        log,
        *(
            f'{{"status":200,"req":{{"path":"/x"}},"order":{{"total":0.1}},"uid":{n % 7},"ms":{n}}}\n'
            for n in range(1, 101)
        ),
    )
    add(log, '{"status":500,"order":{"total":"9999.99"},"ms":"-"}\n')
    measured = (await probe.one()).measurements
    assert (measured["requests"], measured["users"], measured["errors"]) == (101.0, 7.0, 1.0)
    assert measured["amount"] == 10.0  # a hundred times 0.1, added as decimals; what failed moved no money
    assert measured["latency"] == pytest.approx(0.0505)
    assert measured["latency_p95"] == pytest.approx(0.095, rel=0.021)


async def test_a_pattern_of_ones_own(log: Path, make: Make) -> None:
    pattern = r"^(?P<method>\w+) (?P<path>\S+) -> (?P<status>\d+) in (?P<latency>[\d.]+)$"
    probe = await begun(make, log, pattern=pattern)
    add(log, "GET /a -> 200 in 0.5\n", "GET /a -> 500 in 1.5\n", "restarted\n")
    measured = (await probe.one()).measurements
    assert (measured["requests"], measured["errors"], measured["unparsed"]) == (2.0, 1.0, 1.0)
    assert measured["latency"] == 1.0
    assert "users" not in measured  # the log names nobody, which does not mean that nobody came


async def test_a_rotation_whose_signal_failed_is_no_silence(log: Path, make: Make) -> None:
    probe = await begun(make, log)
    old = log.rename(log.with_name("access.log.1"))
    log.write_text("")
    counts = []
    for count in (30, 29, 30):
        add(old, *[line()] * count)
        counts.append((await probe.one()).measurements["requests"])
    assert counts == [30.0, 29.0, 30.0]


async def test_lines_that_are_gone_make_the_interval_unknown(log: Path, make: Make) -> None:
    probe = await begun(make, log)
    log.write_text(line("/after") * 3)  # cut off, without a copy
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "rotated")
    add(log, line())
    assert (await probe.one()).measurements["requests"] == 1.0


GBK = '{"status":200,"path":"/支付","user":"张三"}\n'.encode("gbk")
HEX = b'{"status":200,"path":"/\\xE6\\x94\\xAF\\xE4\\xBB\\x98","agent":"a \\x22b\\x22 \\x5C"}\n'


@pytest.mark.parametrize(
    "written",
    [GBK, HEX, HEX.replace(b"\\xE6\\x94\\xAF\\xE4\\xBB\\x98", b"\\xD6\\xA7\\xB8\\xB6")],
    ids=["gbk", "nginx", "nginx gbk"],
)
async def test_json_lines_as_servers_in_china_write_them(log: Path, make: Make, written: bytes) -> None:
    probe = await begun(make, log, route="^/支付$")
    with log.open("ab") as file:
        file.write(written * 20)
    assert (await probe.one()).measurements["requests"] == 20.0


async def test_lines_that_cannot_be_read_are_no_zero(log: Path, make: Make) -> None:
    probe = await begun(make, log, route="^/checkout")
    add(log, '{"status": 200, "path": /x}\n', line("/other"), line("/other"), line("/other"))
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "garbage")
    add(log, *['{"status": 200, "path": "\n'] * 20, line())
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "garbage")


async def test_an_amount_that_cannot_be_read_makes_their_sum_unknown(log: Path, make: Make) -> None:
    probe = await begun(make, log, fields={"amount": "total"})
    add(
        log,
        '{"status":200,"total":"12.50"}\n',
        '{"status":200,"total":"0,95"}\n',
        '{"status":200,"total":"-"}\n',
    )
    measured = (await probe.one()).measurements
    assert measured["requests"] == 3.0
    assert "amount" not in measured


@pytest.mark.parametrize(
    "hostile",
    ['1.2.3.4 - - [t] "GET ' + "a" * 16_000, '1.2.3.4 - - [t] "GET ' + "a " * 8_000, "x " * 8_000 + "[", '1 - - [t] "' + '\\"' * 8_000,
     '{"status":200,"path":"' + "\\x41" * 60_000],
)  # fmt: skip
def test_no_line_takes_long(hostile: str) -> None:
    started = time.process_time()
    for _ in range(5):
        by_itself({})(hostile.encode())
    assert time.process_time() - started < 0.5


async def test_no_file_is_no_data_and_its_first_line_is_counted(tmp_path: Path, make: Make) -> None:
    log = tmp_path / "later.log"
    probe = await make("access_log", file=str(log))
    assert [(await probe.one()).reason for _ in range(2)] == ["absent", "absent"]
    add(log, line())
    assert (await probe.one()).measurements["requests"] == 1.0
    log.unlink()
    assert (await probe.one()).reason == "absent"


async def test_lines_that_nobody_can_read_are_not_silence(log: Path, make: Make) -> None:
    probe = await begun(make, log)
    add(log, "what is this\n", "and this\n")
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "garbage")


async def test_a_path_that_is_a_folder_is_unreadable(tmp_path: Path, make: Make) -> None:
    probe = await make("access_log", file=str(tmp_path))
    assert (await probe.one()).reason == "unreadable"


async def test_what_is_not_read_in_time_is_not_silence_either(log: Path, make: Make) -> None:
    """With no time at all nothing is read; the lines are there, and the next poll that has time counts them."""
    probe = await begun(make, log, route="^/checkout", timeout=0.0)
    add(log, line())
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "backlog")


def ask(nginx: Nginx, path: str) -> None:
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(nginx.url(path), timeout=5).close()  # noqa: S310 - our own server on loopback


async def counted(probe: Running, wanted: float) -> float:
    """Polls until that many were counted: nginx writes the line after it has answered."""
    total = 0.0
    for _ in range(100):
        reading = await probe.one()
        total += float(reading.measurements.get("requests") or 0.0)
        if total >= wanted:
            break
        time.sleep(0.02)
    return total


async def test_a_real_nginx_over_its_own_rotation(nginx: Nginx, make: Make) -> None:
    log = nginx.home / "access.log"
    probe = await begun(make, log, route="^/status/")
    for _ in range(3):
        ask(nginx, "/status/503")
    assert await counted(probe, 3) == 3.0
    log.rename(log.with_suffix(".1"))
    ask(nginx, "/status/404")  # still into the renamed file
    assert await counted(probe, 1) == 1.0
    os.kill(int((nginx.home / "nginx.pid").read_text()), signal.SIGUSR1)
    for _ in range(500):
        if log.exists():
            break
        time.sleep(0.01)
    for _ in range(2):
        ask(nginx, "/status/500")
    assert await counted(probe, 2) == 2.0
    shutil.copy(log, log.with_name("access.log.1"))
    log.write_text("")  # copytruncate
    ask(nginx, "/status/500")
    assert await counted(probe, 1) == 1.0


SETTINGS = [
    ({"route": "("}, "route is not a regular expression"),
    ({"pattern": "x"}, "needs a group named status"),
    ({"pattern": "(?P<status>.)", "format": "json"}, "takes the place of format"),
    ({"fields": {"bytes": "b"}}, "bytes"),
]


@pytest.mark.parametrize(("settings", "said"), SETTINGS)
def test_wrong_settings_are_explained(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        AccessLog.Settings.model_validate({"file": "/var/log/x", **settings})
