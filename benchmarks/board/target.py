"""What the checks of this benchmark ask: a port that takes connections, and counters that grow by the clock."""

from __future__ import annotations

import asyncio
import sys
import time

RATE = 20.0
"""Requests a second of each flow."""


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        if await reader.readline():
            body = f"# TYPE requests_total counter\nrequests_total {time.time() * RATE % 1e9:.0f}\n".encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(port: int) -> None:
    async with await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
