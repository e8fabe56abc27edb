"""A request that is kept while nobody leads, for the next leader."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

MOST, LARGEST = 5000, 32 * 1024 * 1024
"""Requests, and bytes, that are kept at once; half of it is for programs that ask often."""
KEEP = """
INSERT INTO kept_requests (often, size, data)
SELECT $1::boolean, $2::integer, $3::text WHERE (
SELECT count(*) < $4::bigint AND coalesce(sum(size), 0) + $2::integer <= $5::bigint FROM kept_requests) RETURNING id"""
"""Keeps one, unless there are too many."""
OLDEST = """
SELECT id, extract(epoch FROM now() - at)::float8, data FROM kept_requests
WHERE NOT id = ANY($1::bigint[]) ORDER BY often, id LIMIT 1"""
DROP = "DELETE FROM kept_requests WHERE id = ?"


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """`target` is the path with its query, as it was asked. `client` and `scheme` are the visitor's. Headers
    and body may hold credentials."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    client: tuple[str, int]
    scheme: str
    keeper: str
    """The daemon that kept it."""
    often: bool = False

    def text(self) -> str:
        whom = [*self.client, self.scheme, self.keeper]
        body = b64encode(self.body).decode("ascii")
        return json.dumps([self.method, self.target, self.headers, body, whom])

    @classmethod
    def of(cls, text: str) -> KeptRequest:
        method, target, headers, body, (host, port, scheme, keeper) = json.loads(text)
        pairs = tuple((name, value) for name, value in headers)
        return cls(method, target, pairs, b64decode(body), (host, port), scheme, keeper)
