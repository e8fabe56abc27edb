"""The products that are watched, a process of its own: an exposition with a counter a flow for each check.

`GET /N` is what service N exposes; `GET /quiet/FLOW` stops a flow.
"""

from __future__ import annotations

import asyncio
import sys
import time

import numpy as np

from benchmarks.scale.flows import Fleet, kind, rate


class Product:
    """Counters of one service; they grow by chance when somebody looks."""

    def __init__(self, fleet: Fleet, n: int) -> None:
        self.names = [fleet.flow(n, m) for m in range(fleet.series)]
        self.kinds = np.array([kind(n, m) for m in range(fleet.series)])
        self.counts = np.full(fleet.series, 1000, dtype=np.int64)
        self.flowing = np.ones(fleet.series)
        self.at, self.rng = time.time(), np.random.default_rng(n)

    def text(self) -> str:
        now = time.time()
        rates = np.array([rate(k, now) for k in range(int(self.kinds.max()) + 1)])[self.kinds] * self.flowing
        self.counts += self.rng.poisson(rates * max(0.0, now - self.at))
        self.at = now
        lines = [
            f'requests_total{{flow="{f}"}} {c}' for f, c in zip(self.names, self.counts.tolist(), strict=True)
        ]
        return "\n".join(["# TYPE requests_total counter", *lines, ""])


async def serve(port: int, fleet: Fleet) -> None:
    products = [Product(fleet, n) for n in range(fleet.checks)]

    def answer(path: list[str]) -> str:
        if path[0] == "quiet":
            for each in products:
                if path[1] in each.names:
                    each.flowing[each.names.index(path[1])] = 0.0
            return ""
        return products[int(path[0])].text()

    async def visitor(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                body = answer(request.split()[1].decode().strip("/").split("/")).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(visitor, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Fleet(int(sys.argv[2]), int(sys.argv[3]))))
