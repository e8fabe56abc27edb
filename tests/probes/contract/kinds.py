"""Every kind's entry. A kind of the registry that is not here fails a test."""

from tests.probes.contract.entries import command, dns, http, postgres, redis, tcp, tls
from tests.probes.contract.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    http.ENTRY,
    tcp.ENTRY,
    tls.ENTRY,
    dns.ENTRY,
    command.ENTRY,
    postgres.ENTRY,
    redis.ENTRY,
)
