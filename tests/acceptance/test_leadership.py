"""Two daemons on one schema: one watches and pages, the other takes over when the first ends, is killed or hangs."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.certificates import Certificates
from tests.parts.child import PartFailed, wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.line import Line
from tests.parts.postgres import Postgres
from watchtower.core.incident.identity import TOLD_AS
from watchtower.store.lease import TTL


class Pair:
    """Two daemons with one schema and one target, each with a line of its own to the database."""

    def __init__(
        self, home: Path, world: HttpServer, postgres: Postgres, remind: str = "1h", certificates: Certificates | None = None,
        more: str = "", channels: Sequence[str] = ("webhook",),
    ) -> None:  # fmt: skip
        self.world, self.postgres = world, postgres
        world.on("/bank", Answer(200, "ok"))
        world.on("/page", Answer(200, "ok"))
        dsn = postgres.create_database()
        self.database = dsn.rpartition("/")[2]
        self.lines = [Line(postgres.port), Line(postgres.port)]
        self.daemons = []
        for number, line in enumerate(self.lines):
            line.__enter__()
            plan = rules(world.url("/page"), more, remind=remind, channels=channels)
            checks = {"bank.toml": check(world.url("/bank"))}
            store = {"WATCHTOWER_STORE": dsn.replace(f":{postgres.port}/", f":{line.port}/")}
            self.daemons.append(DaemonProcess(home / str(number), plan, checks, store, certificates))

    def start(self) -> tuple[DaemonProcess, DaemonProcess]:
        """The leader and its standby."""
        first, second = self.daemons
        first.start()
        wait_role(first, "leader")
        second.start()
        wait_role(second, "standby")
        return first, second

    def end(self) -> None:
        for daemon, line in zip(self.daemons, self.lines, strict=True):
            daemon.kill()
            line.__exit__(None, None, None)

    def fails(self) -> None:
        self.world.on("/bank", Answer(503, "no"))

    def recovers(self) -> None:
        self.world.on("/bank", Answer(200, "ok"))

    def told(self) -> list[tuple[str, str]]:
        """Kind and incident of every page that arrived, a repetition under the same id counted once."""
        pages = {str(r.json()["id"]): r.json() for r in self.world.requests_to("/page")}
        return [(str(page["kind"]), str(page["incident"])) for page in pages.values()]

    def wait_told(self, *expected: tuple[str, str]) -> None:
        with suppress(PartFailed):
            wait_until(lambda: self.told() == list(expected), "what is expected")
        assert self.told() == list(expected)


def role(daemon: DaemonProcess) -> str:
    return str(daemon.get("/readyz").json()["role"])


def wait_role(daemon: DaemonProcess, wanted: str, within: float = 20.0) -> None:
    wait_until(lambda: role(daemon) == wanted, wanted, within)


@pytest.fixture
def pair(tmp_path: Path, postgres: Postgres, http_server: HttpServer) -> Iterator[Pair]:
    made = Pair(tmp_path, http_server, postgres)
    yield made
    made.end()


def test_a_standby_says_so_and_answers_as_the_leader_does(pair: Pair) -> None:
    leader, standby = pair.start()
    ready = standby.get("/readyz")
    assert (ready.status_code, ready.json()["ready"], ready.json()["role"]) == (200, True, "standby")
    assert "watchtower_leader 0.0" in standby.get("/metrics").text
    assert "watchtower_leader 1.0" in leader.get("/metrics").text
    seen = [daemon.get("/api/v1/status").json() for daemon in (leader, standby)]
    assert seen[0]["instance"] == seen[1]["instance"] != ""
    assert seen[0]["leader"] == seen[1]["leader"]
    assert seen[1]["leader"]["url"] == f"http://127.0.0.1:{leader.port}"
    assert f'instance="{seen[0]["instance"]}"' in standby.get("/metrics").text
    pair.fails()
    pair.wait_told(("new", "INC-1"))
    board = standby.get("/")
    assert (board.status_code, board.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "INC-1" in board.text
    assert standby.get("/nothing").status_code == 404
    done = standby.post("/api/v1/incidents/INC-1/ack", {"by": "li"})
    assert (done.status_code, done.json()["changed"]) == (200, True)
    assert leader.get("/api/v1/incidents/INC-1").json()["acknowledged_by"] == "li"
    wrong = standby.post("/api/v1/incidents/INC-1/resolve", {"by": "li"}, "not-the-token-0123456789")
    assert wrong.status_code == 401
    assert standby.get("/healthz").status_code == 200
    said = standby.command("status")
    assert "role       standby since" in said
    assert f"at http://127.0.0.1:{leader.port}, term 1" in said


def test_a_leader_that_ends_well_is_followed_at_once_and_what_was_open_goes_on(pair: Pair) -> None:
    leader, standby = pair.start()
    pair.fails()
    pair.wait_told(("new", "INC-1"))
    assert leader.stop() == 0
    wait_role(standby, "leader")
    assert standby.post("/api/v1/incidents/INC-1/ack", {"by": "li"}).json()["changed"] is True
    pair.recovers()
    pair.wait_told(("new", "INC-1"), ("resolved", "INC-1"))
    leader.start()
    wait_role(leader, "standby")
    assert standby.stop() == 0
    wait_role(leader, "leader")
    assert leader.get("/api/v1/incidents/INC-1").json()["acknowledged_by"] == "li"


def test_a_page_that_is_owed_is_sent_by_whoever_leads_next(pair: Pair, http_server: HttpServer) -> None:
    leader, standby = pair.start()
    http_server.on("/page", Answer(503, "later"))
    pair.fails()
    wait_until(lambda: http_server.requests_to("/page"), "an attempt")
    leader.kill()
    http_server.on("/page", Answer(200, "ok"))
    wait_role(standby, "leader")
    pair.wait_told(("new", "INC-1"))
    assert len({str(r.json()["id"]) for r in http_server.requests_to("/page")}) == 1


def test_a_leader_that_hangs_is_replaced_and_pages_nobody_when_it_comes_back(pair: Pair) -> None:
    leader, standby = pair.start()
    leader.signal(signal.SIGSTOP)
    wait_role(standby, "leader")
    pair.fails()
    pair.wait_told(("new", "INC-1"))
    leader.signal(signal.SIGCONT)
    wait_role(leader, "standby")
    pair.recovers()
    pair.wait_told(("new", "INC-1"), ("resolved", "INC-1"))
    # It finds its lease taken, or before that its connection dead.
    wait_until(lambda: leader.events("deposed") or leader.events("store_away"), "it says so in its log")
    assert standby.stop() == 0
    wait_role(leader, "leader")
    pair.fails()
    pair.wait_told(("new", "INC-1"), ("resolved", "INC-1"), ("new", "INC-1"))  # reopened by who leads now


def test_a_leader_that_is_cut_off_is_replaced_and_two_numbers_are_never_one(pair: Pair) -> None:
    leader, standby = pair.start()
    time.sleep(2.0)  # until the leader has seen that somebody stands by
    pair.lines[0].cut()
    pair.fails()
    wait_role(standby, "leader")
    wait_until(lambda: standby.get("/api/v1/incidents").json()["incidents"], "what the successor sees itself")
    pair.lines[0].heal()
    wait_role(leader, "standby", 40)
    pair.recovers()
    wait_until(lambda: ("resolved", "INC-1") in pair.told(), "the all-clear")
    # Whose lease was still good when its line was cut has told of it, too: under an id of its own.
    assert pair.told()[:-1] in ([("new", "INC-1")], [("new", "INC-1"), ("new", "INC-1")])


def test_while_the_database_is_away_pages_go_out_and_the_same_leader_goes_on(
    tmp_path: Path, http_server: HttpServer
) -> None:
    with Postgres() as postgres:
        pair = Pair(tmp_path, http_server, postgres)
        try:
            leader = pair.daemons[0].start()
            term = postgres.sql("SELECT term FROM watchtower.lease", pair.database)

            def fails() -> None:
                time.sleep(TTL)  # until its lease is over, as far as it knows
                pair.fails()

            postgres.hang(7.0, fails)
            wait_until(pair.told, "the page")
            # Until the store has it, another daemon may give its number to another fault.
            ((kind, name),) = pair.told()
            assert (kind, bool(TOLD_AS.fullmatch(name))) == ("new", True)
            postgres.sql(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'watchtower'"
            )
            postgres.restart(3.0)
            # Until then the all-clear has the page's name. Written it may be before the restart or after it.
            stored = "SELECT string_agg(id || ' ' || state, ',') FROM watchtower.incidents"
            wait_until(
                lambda: postgres.sql(stored, pair.database) == "INC-1 triggered", "the number is the store's"
            )
            wait_until(lambda: leader.get("/readyz").status_code == 200, "ready again")
            pair.recovers()
            pair.wait_told(("new", name), ("resolved", "INC-1"))
            assert leader.get(f"/api/v1/incidents/{name}").json()["id"] == "INC-1"
            first, last = (r.json() for r in pair.world.requests_to("/page"))
            assert (first["unfenced"], last["unfenced"]) == (True, False)
            assert first["dedup_key"] == last["dedup_key"]
            brief = leader.get("/api/v1/incidents/INC-1/brief?lang=zh&format=text").text
            assert f"曾称 {name}" in brief, brief
            assert leader.get("/api/v1/status").json()["unfenced_pages"] == 1
            assert "watchtower_unfenced_pages_total 1.0" in leader.get("/metrics").text
            assert postgres.sql("SELECT term FROM watchtower.lease", pair.database) == term
            wait_until(lambda: postgres.sql(stored, pair.database) == "INC-1 resolved", "all is written")
            assert role(leader) == "leader"
        finally:
            pair.end()


def test_a_daemon_that_starts_while_its_database_is_away_waits_and_says_so(
    tmp_path: Path, http_server: HttpServer
) -> None:
    with Postgres() as postgres:
        pair = Pair(tmp_path, http_server, postgres)
        try:
            daemon = pair.daemons[0]
            postgres.away()
            daemon.start()  # /healthz is 200
            answer = daemon.get("/readyz")
            assert (answer.status_code, answer.json()["role"], answer.json()["reasons"]) == (
                503,
                "waiting",
                ["store"],
            )
            wait_until(lambda: daemon.events("store_away"), "it says so in its log")
            assert "ready      no: store" in daemon.command("status", status=1)
            postgres.back()
            wait_role(daemon, "leader")
            pair.fails()
            pair.wait_told(("new", "INC-1"))
            postgres.away()
            # In an incident without its database people see what is, and act.
            for page in ("/", "/incidents/INC-1", "/api/v1/incidents/INC-1", "/api/v1/incidents/INC-1/brief"):
                assert daemon.get(page).status_code == 200, page
            assert "The store does not answer" in daemon.get("/incidents/INC-1").text
            assert daemon.post("/api/v1/incidents/INC-1/ack", {"by": "li"}).json()["changed"] is True
            seen = daemon.get("/api/v1/incidents/INC-1").json()
            assert (seen["unread"], seen["acknowledged_by"]) == (True, "li")
            assert daemon.stop() == 0
        finally:
            pair.end()
