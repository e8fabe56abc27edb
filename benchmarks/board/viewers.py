"""Browsers that follow the board: `python -m benchmarks.board.viewers PORT COUNT SECONDS` prints events and bytes."""

from __future__ import annotations

import asyncio
import sys

_ASKS = b"GET /live?lang=en HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def follow(port: int, seen: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(_ASKS)
    try:
        while line := await reader.readline():
            if line.startswith(b"data: {"):
                seen.append(len(line))
    finally:
        writer.close()


async def main(port: int, count: int, seconds: float) -> None:
    seen: list[int] = []
    viewers = [asyncio.create_task(follow(port, seen)) for _ in range(count)]
    await asyncio.sleep(seconds)
    ended = sum(one.done() for one in viewers)
    for one in viewers:
        one.cancel()
    print(len(seen), sum(seen), ended)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
