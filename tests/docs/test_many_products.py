"""docs/many-products.md: its files and commands, on one PostgreSQL: two products, a worker each, and the board of all."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.parts.child import free_port, wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.postgres import Postgres

PAGE = (Path(__file__).parents[2] / "docs" / "many-products.md").read_text("utf-8")
BLOCKS = re.findall(r"```(toml|sh)\n(.*?)```", PAGE, re.DOTALL)
RUN, WORK = (text for kind, text in BLOCKS if text.startswith("set -a"))
PRODUCTS = ("wallet", "loans")


class Company:
    """The page's folders, with targets, ports and a database that are there."""

    def __init__(self, home: Path, world: HttpServer, dsn: str, stack: ExitStack) -> None:
        self.home, self._stack, self.world = home, stack, world
        self.ports = {name: free_port() for name in ("all", *PRODUCTS)}
        there = {
            "postgresql://watchtower:secret@db.internal/incidents": dsn,
            "https://bank.example/health": world.url("/bank"),
            "https://bureau.example/health": world.url("/bureau"),
            **{f":{9460 + n}": f":{port}" for n, port in enumerate(self.ports.values())},
        }
        files = defaultdict(list)
        for _, text in BLOCKS:
            if name := re.match(r"# ([\w/.]+)\n", text):
                files[name[1]].append(text)
        for product in PRODUCTS:
            files[f"{product}/environment"].append(
                "ALL_TOKEN=products-send-alerts-0123\nWATCHTOWER_LOG_FORMAT=json\n"
            )
        for file, parts in files.items():
            text = "\n".join(parts)
            for old, new in there.items():
                text = text.replace(old, new)
            (home / file).parent.mkdir(parents=True, exist_ok=True)
            (home / file).write_text(text)
        programs = home / "bin"
        programs.mkdir()
        (programs / "watchtower").write_text(f'#!/bin/sh\nexec {sys.executable} -m watchtower "$@"\n')
        (programs / "watchtower").chmod(0o755)
        self.path = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(home)}

    def start(self, name: str, commands: str) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self.home / f"{name}.log").open("ab"))
        child = subprocess.Popen(
            ["sh", "-e", "-c", commands], cwd=self.home / name, env=self.path, stdout=log, stderr=log, start_new_session=True
        )  # fmt: skip
        self._stack.callback(child.wait)
        self._stack.callback(child.send_signal, signal.SIGKILL)
        return child

    def get(self, name: str, path: str) -> requests.Response:
        [token] = re.findall(r"WATCHTOWER_API_TOKEN=(\S+)", (self.home / name / "environment").read_text())
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"http://127.0.0.1:{self.ports[name]}{path}", headers=headers, timeout=30)

    def incidents(self, name: str) -> list[tuple[str, str]]:
        found = self.get(name, "/api/v1/incidents").json()["incidents"]
        return sorted((one["key"], one["severity"]) for one in found)


@pytest.fixture
def company(tmp_path: Path, http_server: HttpServer, postgres: Postgres) -> Iterator[Company]:
    http_server.on("/bank", Answer(200, "ok"))
    http_server.on("/bureau", Answer(200, "ok"))
    with ExitStack() as stack:
        yield Company(tmp_path, http_server, postgres.create_database(), stack)


def test_two_products_a_worker_each_and_one_board(company: Company) -> None:
    run = f"{RUN.rpartition('watchtower run')[0]}exec watchtower run"
    for name in ("all", *PRODUCTS):
        company.start(name, run)
    work = WORK.replace("watchtower work", "exec watchtower work")
    for name in PRODUCTS:
        wait_until(lambda name=name: company.get(name, "/readyz").json()["role"] == "leader", f"{name} leads")
        company.start(name, work.replace('"$(hostname)"', "near"))
    wait_until(lambda: company.get("all", "/readyz").status_code == 200, "the board of all")
    for name in PRODUCTS:
        wait_until(
            lambda name=name: len(company.get(name, "/api/v1/status").json()["workers"]) == 1,
            f"{name}'s worker",
        )
    company.world.on("/bank", Answer(503, "no"))
    wait_until(lambda: company.incidents("all"), "the board of all shows it")
    assert company.incidents("wallet") == [("check:bank", "P2")]
    assert company.incidents("all") == [("flow:wallet", "P2")]
    assert company.incidents("loans") == []
    board = company.get("all", "/").text
    assert "Wallet" in board
    mailbox = lambda name: (company.home / name / "mailbox").read_text()  # noqa: E731
    wait_until(lambda: mailbox("wallet") and mailbox("all"), "mails")
    assert "Wallet" in mailbox("wallet")
    assert not (company.home / "loans" / "mailbox").exists()
    metrics = {name: company.get(name, "/metrics").text for name in PRODUCTS}
    [query] = re.findall(r"```promql\nsum by .*? \((\w+)\)", PAGE)
    assert all(query in text for text in metrics.values())
