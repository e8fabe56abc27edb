"""Every kind of probe by its name: ours, those of installed packages, and the Python files in checks/.

Ours are a literal, imported when first used. The others are imported at load, so that everything wrong
with them is known, with file and line, before anything starts.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from watchtower.errors import Problem
from watchtower.probes.contract import Probe
from watchtower.probes.soundness import faults

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PROBES: Mapping[str, str] = {
    "http": "watchtower.probes.http:Http",
    "steps": "watchtower.probes.steps:StepsProbe",
    "tcp": "watchtower.probes.tcp:Tcp",
    "tls": "watchtower.probes.tls:Tls",
    "dns": "watchtower.probes.dns:Dns",
    "icmp": "watchtower.probes.icmp:Icmp",
    "grpc": "watchtower.probes.grpc:Grpc",
    "domain": "watchtower.probes.domain:Domain",
    "kubernetes": "watchtower.probes.kubernetes:Kubernetes",
    "command": "watchtower.probes.command:Command",
    "postgres": "watchtower.probes.postgres:Postgres",
    "mysql": "watchtower.probes.mysql:Mysql",
    "redis": "watchtower.probes.redis:Redis",
    "mongodb": "watchtower.probes.mongodb:MongoDb",
    "kafka": "watchtower.probes.kafka:Kafka",
    "metrics": "watchtower.probes.metrics:Metrics",
    "prometheus": "watchtower.probes.prometheus:Prometheus",
    "access_log": "watchtower.probes.access_log:AccessLog",
    "sql": "watchtower.probes.sql:Sql",
    "counts.json": "watchtower.probes.counts_json:JsonCounts",
    "push": "watchtower.probes.push:Push",
    "redis.counters": "watchtower.probes.redis_counters:RedisCounters",
    "kafka.topics": "watchtower.probes.kafka_topics:KafkaTopics",
    "statsd": "watchtower.probes.statsd:Statsd",
    "otlp": "watchtower.probes.otlp:Otlp",
    "alertmanager": "watchtower.probes.alertmanager:Alertmanager",
    "webhook": "watchtower.probes.webhook:Webhook",
    "derive": "watchtower.probes.derive:Derive",
    "reconcile": "watchtower.probes.reconcile:Reconcile",
    "balance.alibaba": "watchtower.probes.balance_alibaba:AlibabaBalance",
    "balance.tencent": "watchtower.probes.balance_tencent:TencentBalance",
    "balance.huawei": "watchtower.probes.balance_huawei:HuaweiBalance",
    "balance.volcengine": "watchtower.probes.balance_volcengine:VolcengineBalance",
    "quota.aws": "watchtower.probes.quota_aws:AwsQuota",
    "balance.json": "watchtower.probes.balance_json:JsonBalance",
}
"""Kind -> module:Class. A probe file without an entry here fails a test."""

GROUP = "watchtower.probes"
"""The entry point group by which an installed package adds a kind."""

_LONGEST = 300
"""Characters of what a site's own file says when it cannot be imported."""
_SITE_MODULE = "_watchtower_checks_"
_MACHINERY = ("<frozen", "importlib", __file__)
"""Who takes part in every import, and is never to blame."""


class Registry:
    """The kinds of `probe = "…"`. `problems` holds the errors of probes that are not built in."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._classes: dict[str, type[Probe]] = {}
        self._sources: dict[str, str] = dict.fromkeys(PROBES, "watchtower itself")

    @classmethod
    def load(cls, checks_dir: Path | None = None) -> Registry:
        """Loads the built-in probes, then the packages', then every `checks_dir/*.py` (one that begins with
        `_` is left to its importers)."""
        # It brings the parts of e-mail along, which the daemon's start else need not wait for.
        from importlib.metadata import entry_points

        registry = cls()
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            registry._add_packaged(entry)
        for file in sorted(checks_dir.glob("*.py")) if checks_dir is not None else ():
            if not file.name.startswith("_"):
                registry._add_file(file)
        return registry

    def get(self, kind: str) -> type[Probe]:
        """The class of this kind; KeyError when there is none."""
        if kind not in self._classes:
            self._classes[kind] = _import(PROBES[kind])
        return self._classes[kind]

    def kinds(self) -> list[str]:
        """All names, sorted."""
        return sorted({*PROBES, *self._classes})

    def _add_packaged(self, entry: EntryPoint) -> None:
        package = entry.dist.name if entry.dist else entry.module
        where = f'probe "{entry.name}"'
        try:
            found = entry.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever another package does at import
            self.problems.append(_crash(error, f"package {package}", where, file=None))
            return
        if not (isinstance(found, type) and issubclass(found, Probe)):
            what = f"{entry.value} is not a subclass of watchtower.probes.Probe"
            self.problems.append(Problem(f"package {package}", 0, where, what))
            return
        named = getattr(found, "kind", None)
        if named != entry.name:
            what = f'the entry point is named "{entry.name}", the class\'s kind is {named!r}'
            self.problems.append(Problem(*_place(found), where, what, "give both the same name"))
            return
        self._add(found, f"package {package}")

    def _add_file(self, file: Path) -> None:
        if wrong := _not_ours(file):
            hint = f"chown it to root or to the user that runs watchtower, and chmod go-w {file.name}"
            self.problems.append(Problem(str(file), 1, "", f"is not run, because {wrong}", hint))
            return
        try:
            module = _import_file(file)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a site's own file does at import
            self.problems.append(_crash(error, str(file), "", file))
            return
        found = list(_probes_of(module))
        if not found:
            hint = "subclass watchtower.probes.Probe and give it a kind; a file that only others import is named _….py"
            self.problems.append(Problem(str(file), 1, "", "defines no probe", hint))
        for probe in found:
            self._add(probe, str(file))

    def _add(self, probe: type[Probe], source: str) -> None:
        file, line = _place(probe)
        wrong = [Problem(file, line, f"class {probe.__name__}", what, hint) for what, hint in faults(probe)]
        if not wrong and probe.kind in self._sources:
            what = f'the kind "{probe.kind}" is taken by {self._sources[probe.kind]}'
            wrong.append(Problem(file, line, f"class {probe.__name__}", what, "choose another kind"))
        self.problems += wrong
        if not wrong:
            self._classes[probe.kind] = probe
            self._sources[probe.kind] = source


def _import(reference: str) -> type[Probe]:
    module, _, name = reference.partition(":")
    found: type[Probe] = getattr(importlib.import_module(module), name)
    return found


def _not_ours(file: Path) -> str:
    """Why this file is not loaded: others could write to it. "" when it may be loaded."""
    try:
        stat = file.stat()
    except OSError:
        return ""  # importing it says why
    if stat.st_uid not in (0, os.geteuid()):
        return f"it belongs to another user ({stat.st_uid})"
    return "its group or others may write it" if stat.st_mode & 0o022 else ""


def _import_file(file: Path) -> ModuleType:
    """Imports by path under a private name, so that checks/redis.py does not hide the library redis."""
    name = _SITE_MODULE + file.stem.replace("-", "_").replace(".", "_")
    if file.exists() and not file.is_file():
        raise ImportError(f"{file.name} is no regular file")  # a pipe would be waited for without end
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pydantic look their module up while it is being run.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _probes_of(module: ModuleType) -> Iterator[type[Probe]]:
    """The probes that this module itself defines. A class whose name begins with `_` is a base class."""
    for name, value in vars(module).items():
        if isinstance(value, type) and issubclass(value, Probe) and value.__module__ == module.__name__:
            if not name.startswith("_"):
                yield value


def _place(probe: type[Probe]) -> tuple[str, int]:
    try:
        return inspect.getsourcefile(probe) or probe.__module__, inspect.getsourcelines(probe)[1]
    except (OSError, TypeError):
        return probe.__module__, 0


def _crash(error: BaseException, source: str, where: str, file: Path | None) -> Problem:
    """The problem of a failed import, at the deepest line of the site's own file."""
    if isinstance(error, SyntaxError) and error.filename:
        return Problem(error.filename, error.lineno or 0, where, f"SyntaxError: {error.msg}")
    place, trace = (source, 0), error.__traceback__
    own = os.path.abspath(file) if file else ""
    while trace is not None:
        here = trace.tb_frame.f_code.co_filename
        if os.path.abspath(here) == own or (file is None and not any(part in here for part in _MACHINERY)):
            place = (source if file else here, trace.tb_lineno)
        trace = trace.tb_next
    hint = "install the missing package beside watchtower" if isinstance(error, ModuleNotFoundError) else ""
    return Problem(
        *place, where, f"cannot be imported: {type(error).__name__}: {str(error)[:_LONGEST]}", hint
    )
