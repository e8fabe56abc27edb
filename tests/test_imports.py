"""Importing a library without its optional parts."""

import subprocess
import sys

import pytest

from watchtower.imports import without


def run(program: str) -> None:
    """In a process of its own: what is imported here stays imported."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_hidden_module_fails_to_import_as_if_it_were_not_installed() -> None:
    with without("wave"), pytest.raises(ImportError):
        __import__("wave")
    assert __import__("wave")


def test_a_module_that_is_loaded_stays_so() -> None:
    with without("json"):
        assert __import__("json").loads("1") == 1
    assert "json" in sys.modules


def test_the_module_can_be_imported_after_a_failure_within() -> None:
    with pytest.raises(ZeroDivisionError), without("wave"):
        raise ZeroDivisionError
    assert __import__("wave")


def test_what_makes_calls_comes_with_the_first_one() -> None:
    run(
        "import sys\n"
        "from watchtower.channels import http_call, verdict\n"
        "from watchtower.channels.kinds import webhook\n"
        "from watchtower.channels.kinds.sms import gateway\n"
        "http_call.Caller('sms', 1.0), http_call.Caller('webhook', 1.0)\n"
        "assert not {'watchtower.channels.wire', 'jmespath', 'pydantic'} & set(sys.modules)\n"
        "import watchtower.channels.wire\n"
        "assert not {'requests', 'urllib3'} & set(sys.modules)\n"
    )


def test_a_hollow_module_is_the_real_one_afterwards() -> None:
    run(
        "import sys\n"
        "import json\n"
        "from watchtower.imports import hollow\n"
        "with hollow('cmd', 'json'):\n"
        "    from cmd import Cmd\n"
        "    import json; json.loads('1')\n"
        "import cmd; assert cmd.Cmd is not Cmd; cmd.Cmd.prompt\n"
    )


def test_what_serves_and_forks_is_not_there_until_somebody_needs_it() -> None:
    run(
        "import asyncio, sys, watchtower.telemetry, watchtower.scheduler\n"
        "unwanted = {'multiprocessing', 'concurrent.futures.process', 'http.server', 'wsgiref', 'urllib.request'}\n"
        "assert not unwanted & set(sys.modules), unwanted & set(sys.modules)\n"
        "import concurrent.futures, urllib.request, http.server\n"
        "concurrent.futures.ProcessPoolExecutor, urllib.request.urlopen, http.server.HTTPServer\n"
        "assert asyncio.run(watchtower.telemetry.Telemetry('1').scrape())\n"
    )


EXTRAS = {
    "aiomysql",
    "asyncpg",
    "confluent_kafka",
    "opentelemetry",
    "pgqueuer",
    "playwright",
    "pymongo",
    "pymysql",
    "redis",
}


def test_a_daemon_loads_no_kind_of_probe_until_a_check_has_it() -> None:
    run(
        "import sys, watchtower.app.daemon, watchtower.app.serving\n"
        "from watchtower.probes.registry import PROBES, Registry\n"
        "Registry.load(None)\n"
        f"early = {{one.partition(':')[0] for one in PROBES.values()}} | {EXTRAS | {'jmespath', 'watchtower.store.jobs'}}\n"
        "assert not early & set(sys.modules), early & set(sys.modules)\n"
    )


def test_all_kinds_together_load_no_library_of_a_server_until_they_open() -> None:
    """The configuration is read with all of them at hand, also where an extra is not installed."""
    run(
        "import sys\n"
        "from watchtower.probes.registry import PROBES, Registry\n"
        "for kind in PROBES: Registry.load(None).get(kind)\n"
        f"assert not {EXTRAS} & set(sys.modules), {EXTRAS} & set(sys.modules)\n"
    )


def test_a_start_writes_no_functions_for_its_values() -> None:
    """Frozen classes of the standard library cost 0.6 ms each: those that need more of a field than its default are few."""
    run(
        "import sys, watchtower.app.daemon\n"
        "ours = {one for name, module in list(sys.modules.items()) if name.startswith('watchtower')\n"
        "  for one in vars(module).values() if isinstance(one, type) and '__dataclass_params__' in vars(one)}\n"
        "assert len(ours) < 40, ours"
    )


def test_the_scheduler_looks_for_no_plugins_of_apscheduler() -> None:
    run(
        "import sys, watchtower.scheduler\n"
        "assert not {'importlib.metadata', 'tzlocal'} & set(sys.modules)\n"
        "from importlib.metadata import version; assert version('apscheduler') != '0'"
    )


def test_a_daemon_on_sqlite_loads_nothing_of_workers() -> None:
    run(
        "import sys, watchtower.app.leadership, watchtower.app.serving\n"
        "from watchtower.store import open_store\n"
        "assert open_store('sqlite:///x.db').shards() is None\n"
        "ours = {f'watchtower.{one}' for one in ('app.fleet', 'app.sharding', 'app.worker', 'store.shards')}\n"
        "assert not ours & set(sys.modules), ours & set(sys.modules)\n"
    )
