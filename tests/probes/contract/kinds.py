"""Every kind's entry. A kind of the registry that is not here fails a test."""

from tests.probes.contract.entries import (
    access_log,
    balance_alibaba,
    balance_json,
    command,
    derive,
    dns,
    domain,
    grpc,
    http,
    icmp,
    metrics,
    postgres,
    prometheus,
    push,
    redis,
    sql,
    tcp,
    tls,
)
from tests.probes.contract.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    http.ENTRY,
    tcp.ENTRY,
    tls.ENTRY,
    dns.ENTRY,
    icmp.ENTRY,
    grpc.ENTRY,
    domain.ENTRY,
    command.ENTRY,
    postgres.ENTRY,
    redis.ENTRY,
    metrics.ENTRY,
    prometheus.ENTRY,
    access_log.ENTRY,
    sql.ENTRY,
    push.ENTRY,
    derive.ENTRY,
    balance_alibaba.ENTRY,
    balance_json.ENTRY,
)
