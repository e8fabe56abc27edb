"""docs/probes/proof.md: against what each kind of probe was tested. Renew it: python -m tests.probes.proofs

A new kind needs one line in PROOFS. A server is named by its part of the tests, a vendor's library by what it sent
(tests/channels/vectors), and a library of the tests by its name in the lock: their versions are looked up, not typed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from watchtower.probes.registry import PROBES

TESTS = Path(__file__).parent
ROOT = TESTS.parents[1]
PAGE = ROOT / "docs" / "probes" / "proof.md"
VECTORS = ROOT / "tests" / "channels" / "vectors"


@dataclass(frozen=True, slots=True)
class Proof:
    """`tests` are files beside this one. `servers` are parts that these import, `sent` are vectors, `library` is locked.
    `answers` says whose documents the other answers follow; `untried` is what nobody has tried."""

    tests: tuple[str, ...]
    servers: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    library: str = ""
    answers: str = ""
    untried: str = ""


SERVERS = {
    "alertmanager": ("Alertmanager", "0.25", "prometheus-alertmanager"),
    "caddy": ("Caddy", "2.6", "caddy"),
    "clickhouse": ("ClickHouse", "18.16", "clickhouse-server"),
    "mariadb": ("MariaDB", "10.11", "mariadb-server"),
    "nginx": ("nginx", "1.22", "nginx-light"),
    "own_network": ("Linux, in a network namespace", "", "iproute2"),
    "postgres": ("PostgreSQL", "15", "postgresql-15"),
    "prometheus": ("Prometheus", "2.42", "prometheus"),
    "redis": ("Redis", "7.0", "redis-server"),
    "shop": ("the demo shop (Starlette on uvicorn)", "", ""),
}
"""Part of the tests -> what it starts, the version, and the Debian 12 package that brings it."""

_VENDOR = "the vendor itself was never asked"

PROOFS: dict[str, Proof] = {
    "http": Proof(("health/test_http_versions.py", "health/test_bodies_of_answers.py"), ("caddy", "nginx"), answers="RFC 6749 (OAuth), RFC 6455 (WebSocket)"),
    "steps": Proof(("health/test_steps.py", "../demo/test_shop.py"), ("shop",), untried="a vendor's sandbox"),
    "tcp": Proof(("health/test_ports_and_certificates.py",), answers="bytes of the tests' own servers"),
    "tls": Proof(("health/test_ports_and_certificates.py",), answers="certificates of the tests' own authority, by OpenSSL"),
    "dns": Proof(("health/test_dns.py",), answers="messages as RFC 1035 has them, from a name server of the tests", untried="BIND, Unbound"),
    "icmp": Proof(("health/test_icmp.py",), ("own_network",)),
    "grpc": Proof(("health/test_grpc.py",), library="grpcio-health-checking"),
    "domain": Proof(("health/test_domain.py",), answers="RFC 9083, ICANN's RDAP response profile", untried="a registry"),
    "kubernetes": Proof(("health/test_kubernetes.py",), answers="the API reference of v1 and apps/v1; by hand, an API server 1.20 with RBAC", untried="a cluster with kubelets and controllers"),
    "command": Proof(("health/test_command.py", "../docs/test_recipes.py", "../docs/test_recipe_browser.py"), library="playwright", answers="Debian's monitoring-plugins, run on [real servers](../recipes/README.md), and Chromium"),
    "postgres": Proof(("health/test_databases.py",), ("postgres",)),
    "mysql": Proof(("health/test_mysql.py",), ("mariadb",), answers="packets of MySQL's documented protocol", untried="MySQL itself, `caching_sha2_password`"),
    "redis": Proof(("health/test_databases.py",), ("redis",), untried="Sentinel, Cluster"),
    "mongodb": Proof(("health/test_mongodb.py",), library="pymongo", answers="MongoDB's manual, from a stand-in", untried="a real MongoDB: Debian has none"),
    "kafka": Proof(("traffic/test_kafka.py",), library="confluent-kafka", untried="a real Kafka (librdkafka's mock cluster was), SASL, a lost broker"),
    "metrics": Proof(("traffic/test_exposition.py",), library="prometheus-client", answers="the format's documents, read by the official parser too"),
    "prometheus": Proof(("traffic/test_prometheus.py",), ("prometheus",), answers="Loki's documents", untried="Thanos, VictoriaMetrics, a real Loki"),
    "access_log": Proof(("traffic/test_access_log.py",), ("nginx",), answers="lines of other servers' documents"),
    "sql": Proof(("traffic/test_sql_servers.py", "traffic/test_sql.py"), ("postgres", "mariadb", "clickhouse"), answers="newer ClickHouse's documents", untried="MySQL itself"),
    "counts.json": Proof(("traffic/test_counts_json.py",), answers="Elasticsearch 8, OpenSearch 2", untried="a real one of either"),
    "push": Proof(("traffic/test_push.py",), answers="its own documents: watchtower is the server"),
    "redis.counters": Proof(("traffic/test_redis_counters.py",), ("redis",)),
    "kafka.topics": Proof(("traffic/test_kafka.py",), library="confluent-kafka", untried="a real Kafka (librdkafka's mock cluster was), SASL"),
    "statsd": Proof(("traffic/test_statsd.py",), answers="StatsD and DogStatsD", untried="a client library"),
    "otlp": Proof(("traffic/test_otlp.py",), library="opentelemetry-proto", untried="a collector"),
    "webhook": Proof(("health/test_webhook.py", "../acceptance/test_webhook_in.py"), ("alertmanager",), answers="the documented bodies of Grafana, Zabbix and CloudWatch", untried="Grafana, Zabbix and Amazon themselves"),
    "alertmanager": Proof(("health/test_held_alerts.py", "../acceptance/test_prometheus_there.py"), ("prometheus",), answers="Alertmanager's API v2, and amtool 0.25", untried="Grafana, karma, vmalert"),
    "derive": Proof(("traffic/test_derive.py",), answers="nobody is asked"),
    "reconcile": Proof(("traffic/test_reconcile.py",), answers="nobody is asked"),
    "balance.alibaba": Proof(("traffic/test_balance_alibaba.py", "traffic/test_alibaba_packages.py"), library="alibabacloud-bssopenapi20171214", answers="QueryAccountBalance, QueryResourcePackageInstances", untried=_VENDOR),
    "balance.tencent": Proof(("traffic/test_balance_clouds.py",), sent=("tencent_billing",), answers="DescribeAccountBalance, SmsPackagesStatistics", untried=_VENDOR),
    "balance.huawei": Proof(("traffic/test_balance_clouds.py",), sent=("huawei",), answers="ShowCustomerAccountBalances", untried=_VENDOR),
    "balance.volcengine": Proof(("traffic/test_balance_clouds.py",), sent=("volcengine",), answers="QueryBalanceAcct", untried=_VENDOR),
    "quota.aws": Proof(("traffic/test_quota_aws.py",), sent=("aws",), answers="the shapes of botocore's models", untried=_VENDOR),
    "balance.json": Proof(("traffic/test_balance_recipes.py",), answers="[each vendor's own](balance.json.md), recipe by recipe", untried=_VENDOR),
}  # fmt: skip

_HEAD = """# What was proven of each probe

This table is made by `python -m tests.probes.proofs`, and a test holds it to the code. Every kind also stands under the
contract of `tests/probes/contract`: what asks an address is sent to hosts that refuse, hang, close, send garbage, answer
without an end, too slowly, in a wrong character set, or with false lengths. So is the newcomer's probe of
[your own](your-own.md).

- **Real server**: what the tests start, in the version of Debian 12.
- **Library**: whose requests ours are held to (*sent*, recorded from the vendor's SDK on loopback by `make oracles`), or
  what speaks the protocol in the tests.
- **Documented**: whose documents the answers of the tests' own servers follow.
- **Not tried**: what nobody has tried.

| Probe | Real server | Library | Documented | Not tried | Tests |
|---|---|---|---|---|---|
"""


def made() -> str:
    """The page."""
    rows = (row(kind, PROOFS[kind]) for kind in PROBES)
    return _HEAD + "".join(f"| {' | '.join(cell or '-' for cell in cells)} |\n" for cells in rows)


def row(kind: str, proof: Proof) -> tuple[str, ...]:
    """The cells of one kind."""
    return (
        f"[{kind}]({kind}.md)",
        ", ".join(" ".join(SERVERS[part][:2]).strip() for part in proof.servers),
        ", ".join(_libraries(proof)),
        proof.answers,
        proof.untried,
        ", ".join(f"`{Path(test).name}`" for test in proof.tests),
    )


def _libraries(proof: Proof) -> Iterator[str]:
    for vectors in proof.sent:
        made_by = json.loads((VECTORS / f"{vectors}.json").read_text("utf-8"))["made_by"]
        yield from (f"sent: {name} {version}" for name, version in made_by.items())
    if proof.library:
        yield f"{proof.library} {locked(proof.library)}"


def locked(library: str) -> str:
    """The version in the lock of the tests."""
    lock = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    found = re.search(rf"^{re.escape(library)}==([^\s\\]+)", lock, re.MULTILINE)
    assert found is not None, f"{library} is not locked"
    return found.group(1)


if __name__ == "__main__":
    PAGE.write_text(made(), encoding="utf-8")
