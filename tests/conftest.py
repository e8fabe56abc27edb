"""Real servers as fixtures, one instance for each test process and started only when a test asks for it.

A server that is not installed skips its tests on a laptop. With CI or WATCHTOWER_REQUIRE_PARTS=1 set it fails
them, and so does every other skip: there a test that did not run is a test that did not pass.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.parts.certificates import Certificates
from tests.parts.clickhouse import ClickHouse
from tests.parts.conditions import excused, parts_are_required, started
from tests.parts.httpserver import HttpServer
from tests.parts.kafka import KafkaMock
from tests.parts.mariadb import MariaDb
from tests.parts.nginx import Nginx
from tests.parts.postfix import Postfix
from tests.parts.postgres import Postgres
from tests.parts.prometheus import Prometheus
from tests.parts.redis import RedisServer
from watchtower.logs import log

# With it each `watchtower` that a test starts compiles all of its modules anew, which doubles its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A busy machine is no finding: an example may take its time.
settings.register_profile("patient", parent=settings.default, deadline=None)
settings.load_profile("patient")
# For `make fuzz`: what has no number of examples of its own takes this many, with a seed that was never tried.
settings.register_profile(
    "fuzz",
    max_examples=3000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


_LONG = ("tests/acceptance/", "tests/store/test_lease.py")
"""What waits for real time goes first, or one worker ends minutes after the other."""


def pytest_collection() -> None:
    gc.disable()  # eleven thousand tests are kept: looking for garbage among them is a fifth of their collection


def pytest_collection_finish() -> None:
    gc.freeze()  # and nothing that a test makes is ever looked for among them
    gc.set_threshold(20_000, 20, 100)  # as often as it is by itself, it takes a fourteenth of the time
    gc.enable()


def pytest_runtest_setup() -> None:
    vars(log).pop("bind", None)  # what it has cached is of a test before, and would go where that one looked


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where parts are required, a skip is a failure; an expected failure (xfail) stays what it is."""
    report = yield
    passes = hasattr(report, "wasxfail") or excused(report.longrepr)
    if report.skipped and not passes and parts_are_required():
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority and certificates: good, expiring, expired, wrong name, self-signed."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def postfix() -> Iterator[Postfix]:
    """A mail server that keeps every mail for the test to read."""
    with started(Postfix()) as server:
        yield server


@pytest.fixture(scope="session")
def nginx() -> Iterator[Nginx]:
    """A web server with http, https, error statuses and redirects."""
    with started(Nginx()) as server:
        yield server


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    """A Prometheus that scrapes what a test tells it to."""
    with started(Prometheus()) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A database server; `postgres.create_database()` gives an empty database."""
    with started(Postgres()) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(certificates: Certificates) -> Iterator[MariaDb]:
    """A database server that also takes TLS; `mariadb.create_database()` gives an empty database."""
    with started(MariaDb(certificates.good)) as server:
        yield server


@pytest.fixture(scope="session")
def clickhouse() -> Iterator[ClickHouse]:
    """A ClickHouse with an empty database."""
    with started(ClickHouse()) as server:
        yield server


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaMock]:
    """librdkafka's mock cluster of three brokers."""
    with KafkaMock() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis without a password."""
    with started(RedisServer()) as server:
        yield server


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    """A server of the test's own that answers, fails and remembers as told."""
    with HttpServer() as server:
        yield server
