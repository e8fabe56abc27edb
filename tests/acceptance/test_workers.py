"""Processes that make checks for the daemon: each shard has an owner whose samples count, whatever happens to them."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import requests

from tests.acceptance.plans import rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer, Request
from tests.parts.line import Line
from tests.parts.postgres import Postgres
from watchtower.access.records import key_of
from watchtower.channels.kinds.webhook import sign

FAR = "far-token-0123456789"
HELD = """
SELECT w.name, count(*) FROM watchtower.shards s JOIN watchtower.workers w ON w.id = s.owner AND w.until > now()
GROUP BY w.name ORDER BY w.name"""


class Place:
    """A daemon with its workers, each with a line of its own to the database. Every check asks for its own path."""

    def __init__(self, home: Path, world: HttpServer, postgres: Postgres, checks: int = 24) -> None:
        self.world, self.postgres, self.home = world, postgres, home
        world.on("/page", Answer(200, "ok"))
        self.dsn = postgres.create_database()
        self.database = self.dsn.rpartition("/")[2]
        self.names = [f"c{number}" for number in range(checks)]
        for name in self.names:
            world.on(f"/{name}", Answer(200, "ok"))
        self.text = "".join(
            f'[[check]]\nname = "{name}"\nprobe = "http"\nurl = "{world.url("/" + name)}"\nevery = "1s"\n'
            "network = true\n"
            for name in self.names
        )
        self.rules = rules(world.url("/page"))
        self.all: list[DaemonProcess] = []
        self.lines: dict[str, Line] = {}

    def far_worker(
        self, daemon: DaemonProcess, name: str, location: str = "", **environment: str
    ) -> DaemonProcess:
        """One that knows the daemon's address only."""
        more = ("--to", daemon.url, *(("--location", location) if location else ()))
        store = {"WATCHTOWER_STORE": "sqlite:///none.db", "WATCHTOWER_WORK_TOKEN": FAR, **environment}
        made = DaemonProcess(self.home / name, self.rules, {"a.toml": self.text}, store)
        self.all.append(made)
        return made.start(wait=False, words=("work", "--name", name, *more))

    def process(self, name: str, **environment: str) -> DaemonProcess:
        line = self.lines[name] = Line(self.postgres.port)
        line.__enter__()
        store = {
            "WATCHTOWER_STORE": self.dsn.replace(f":{self.postgres.port}/", f":{line.port}/"),
            **environment,
        }
        made = DaemonProcess(self.home / name, self.rules, {"a.toml": self.text}, store)
        self.all.append(made)
        return made

    def work(self, name: str, *more: str, **environment: str) -> DaemonProcess:
        made = self.process(name, **environment)
        return made.start(wait=False, words=("work", "--name", name, *more))

    def held(self) -> dict[str, int]:
        rows = self.postgres.sql(HELD, self.database).splitlines()
        return {name: int(count) for name, _, count in (row.partition("|") for row in rows)}

    def wait_held(self, **expected: int) -> float:
        begun = time.monotonic()
        wait_until(lambda: self.held() == expected, f"{expected}, but {self.held()}", 30)
        return time.monotonic() - begun

    def asked(self) -> int:
        return len({request.path for request in self.world.requests if request.path.startswith("/c")})

    def wait_all_asked_anew(self) -> None:
        self.world.requests.clear()
        wait_until(lambda: self.asked() == len(self.names), "every check is made", 20)

    def told(self) -> list[str]:
        return [str(page.json()["incident"]) for page in self.world.requests_to("/page")]

    def end(self) -> None:
        for process in self.all:
            process.kill()
        for line in self.lines.values():
            line.__exit__(None, None, None)


@pytest.fixture
def place(tmp_path: Path, postgres: Postgres, http_server: HttpServer) -> Iterator[Place]:
    made = Place(tmp_path, http_server, postgres)
    yield made
    made.end()


def test_workers_join_and_leave_and_what_each_measures_counts(place: Place) -> None:
    daemon = place.process("daemon").start()
    first = place.work("first")
    place.wait_held(first=256)
    place.work("second")
    place.wait_held(first=128, second=128)
    # The daemon looks once a second who holds what.
    shards = lambda: [one["shards"] for one in daemon.get("/api/v1/status").json()["workers"]]  # noqa: E731
    wait_until(lambda: shards() == [128, 128], "the daemon knows who holds what")
    told = daemon.command("status")
    assert "2, 256 of 256 shards held" in told
    assert "first since" in told
    assert "plan is not" not in told
    assert 'watchtower_shards{location="",state="held"} 256.0' in daemon.get("/metrics").text
    place.world.on("/c7", Answer(503, "no"))
    wait_until(lambda: place.told() == ["INC-1"], "a page about it")
    assert first.stop() == 0
    place.wait_held(second=256)
    place.wait_all_asked_anew()
    assert place.told() == []


def test_a_killed_worker_is_followed_and_one_that_stood_still_comes_back_without_its_shards(
    place: Place,
) -> None:
    daemon = place.process("daemon").start()
    first, second = place.work("first"), place.work("second")
    place.wait_held(first=128, second=128)
    first.signal(signal.SIGSTOP)
    place.wait_held(second=256)
    first.signal(signal.SIGCONT)
    place.wait_held(first=128, second=128)
    second.kill()
    place.wait_held(first=256)
    place.wait_all_asked_anew()
    # Without any the daemon does it itself.
    first.kill()
    wait_until(lambda: place.held() == {}, "nobody holds a shard")
    place.wait_all_asked_anew()
    assert place.told() == []
    assert daemon.get("/api/v1/incidents").json()["incidents"] == []


def test_a_worker_that_was_cut_off_counts_no_more_and_its_minute_is_kept(place: Place) -> None:
    daemon = place.process("daemon").start()
    place.work("first")
    place.wait_held(first=256)
    place.lines["first"].cut()
    wait_until(lambda: place.held() == {}, "it is not heard")
    place.wait_all_asked_anew()
    place.lines["first"].heal()
    place.wait_held(first=256)
    place.world.on("/c3", Answer(503, "no"))
    wait_until(lambda: place.told() == ["INC-1"], "a page about it")
    assert daemon.get("/readyz").json()["ready"] is True


def test_a_worker_without_the_database_hands_over_to_a_daemon_that_stands_by(place: Place) -> None:
    tokens = {"WATCHTOWER_TOKENS": f"far probe: {FAR}"}
    leader = place.process("leader", **tokens).start()
    standby = place.process("standby", **tokens).start()
    far = place.far_worker(standby, "far")
    place.wait_held(far=256)
    place.wait_all_asked_anew()
    place.world.on("/c5", Answer(503, "no"))
    wait_until(lambda: place.told() == ["INC-1"], "a page about it")
    # What is forged, or sent again, changes nothing; the token opens no other door.
    body = json.dumps({"id": "x", "name": "x", "home": True, "state": ["", "", 0.0, 0, 1]}).encode()
    for at, key, status in (
        (time.time(), FAR, 200),
        (time.time(), FAR + "0", 401),
        (time.time() - 400, FAR, 401),
    ):
        signed = {"Watchtower-Token": key_of(FAR), "Watchtower-Signature": sign(key.encode(), int(at), body)}
        answer = requests.post(f"{leader.url}/api/v1/work", body, headers=signed, timeout=30)
        assert answer.status_code == status, answer.text
    assert leader.post("/api/v1/incidents/INC-1/ack", {"by": "li"}, FAR).status_code == 401
    assert FAR not in far.log.read_text()
    assert far.stop() == 0
    wait_until(lambda: place.held() == {}, "nobody holds a shard")
    place.wait_all_asked_anew()


def test_a_leader_that_is_killed_is_followed_with_what_workers_measure_meanwhile(place: Place) -> None:
    """One page about a check that fails just then, and none about a counter that grew on."""
    grown = count(1)
    place.world.on(
        "/orders", lambda _: Answer(200, f"# TYPE orders_total counter\norders_total {next(grown)}\n")
    )
    place.rules += (
        '\n[[rule]]\nname = "none"\nmatch = { probe = "metrics" }\nwhen = "requests == 0"\nseverity = "P1"\n'
    )
    place.text += (
        f'[[check]]\nname = "orders"\nprobe = "metrics"\nurl = "{place.world.url("/orders")}"\nquery = "orders_total"\n'
        'every = "1s"\nnetwork = true\n'
    )
    tokens = {"WATCHTOWER_TOKENS": f"far probe: {FAR}"}
    leader = place.process("leader", **tokens).start()
    standby = place.process("standby", **tokens).start()
    place.work("near")
    place.far_worker(standby, "far")
    place.wait_held(near=128, far=128)
    place.wait_all_asked_anew()
    for name in place.names[:4]:  # some of each worker
        place.world.on(f"/{name}", Answer(503, "no"))
    leader.kill()
    wait_until(lambda: standby.get("/readyz").json()["role"] == "leader", "a successor", 20)
    assert place.held() == {"near": 128, "far": 128}
    incidents = lambda: standby.get("/api/v1/incidents").json()["incidents"]  # noqa: E731
    wait_until(lambda: len(incidents()) == 4, "what failed", 20)
    for name in place.names[:4]:
        place.world.on(f"/{name}", Answer(200, "ok"))
    wait_until(lambda: all(one["resolved_at"] for one in incidents()), "it is over", 30)
    since = len(place.world.requests)
    asked = lambda: [request.path for request in place.world.requests[since:]]  # noqa: E731
    wait_until(
        lambda: {f"/{name}" for name in place.names} <= set(asked()) and asked().count("/orders") > 2,
        "all is made",
        20,
    )
    assert sorted(one["key"] for one in incidents()) == [f"check:c{number}" for number in range(4)]
    # The same page twice, should the leader have sent it too, is one by its id.
    pages = {page["id"]: page for page in map(Request.json, place.world.requests_to("/page"))}.values()
    new = [page["check"] for page in pages if page["kind"] == "new"]
    assert (len(new), set(new) <= set(place.names[:4])) == (len(set(new)), True)
    assert new


def test_two_of_three_places_page_and_one_that_is_cut_off_is_about_that_place(place: Place) -> None:
    place.world.on("/bank", Answer(200, "ok"))
    place.text = (
        "[location.inside]\n[location.hk]\n[location.sg]\n"
        f'[[check]]\nname = "bank"\nprobe = "http"\nurl = "{place.world.url("/bank")}"\nevery = "1s"\n'
        'headers = { X-Key = "${BANK_KEY}" }\nlocations = ["inside", "hk", "sg"]\nquorum = 2\n'
        f'[[check]]\nname = "ledger"\nprobe = "http"\nurl = "{place.world.url("/c0")}"\n'
        'headers = { X-Key = "${LEDGER_KEY}" }\n'
    )
    inside = {"WATCHTOWER_LOCATION": "inside", "BANK_KEY": "bank-key-0123", "LEDGER_KEY": "ledger-key-0123"}
    daemon = place.process("daemon", WATCHTOWER_TOKENS=f"sg probe:sg {FAR}", **inside).start()
    place.work("hk", "--location", "hk", BANK_KEY="bank-key-0123")  # of the ledger's key it knows nothing
    far = place.far_worker(daemon, "sg", "sg", BANK_KEY="bank-key-0123")
    place.wait_held(hk=256, sg=256)
    place.world.on("/bank", Answer(503, "no"))
    wait_until(lambda: place.told() == ["INC-1"], "a page about it")
    assert b"down from" in place.world.requests_to("/page")[0].body
    place.world.on("/bank", Answer(200, "ok"))
    resolved = lambda: all(one["resolved_at"] for one in daemon.get("/api/v1/incidents").json()["incidents"])  # noqa: E731
    wait_until(resolved, "it is over", 30)
    far.signal(signal.SIGSTOP)
    keys = lambda: [one["key"] for one in daemon.get("/api/v1/incidents").json()["incidents"]]  # noqa: E731
    wait_until(lambda: "location:sg" in keys(), "an incident about the place", 40)
    assert sorted(keys()) == ["check:bank", "location:sg"]
    assert "the daemon makes the rest" in daemon.command("status")
