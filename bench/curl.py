"""What a probe's GET costs: our fleet against libcurl's plain loop and AsyncCurlMulti, in slots of 100 ms.

    python -m bench.curl                   200 requests a second, new connections, for 5 s each
    python -m bench.curl --rate 1000

CPU time of this process only; the server is another one. Absolute figures differ between machines: read the
ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import time
from collections.abc import Awaitable, Callable

import pycurl
import uvloop

from watchtower.curl import CurlFleet, Request

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_SLOT = 0.1


class _Ok(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, _data: bytes) -> None:
        self.transport.write(_ANSWER)  # type: ignore[attr-defined]


def _serve(port: multiprocessing.Queue[int]) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Ok, "127.0.0.1", 0, backlog=4096)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


def _easy(url: str) -> pycurl.Curl:
    handle = pycurl.Curl()
    for option, value in (
        (pycurl.URL, url),
        (pycurl.WRITEFUNCTION, len),
        (pycurl.FRESH_CONNECT, 1),
        (pycurl.FORBID_REUSE, 1),
        (pycurl.NOSIGNAL, 1),
        (pycurl.TIMEOUT_MS, 5000),
    ):
        handle.setopt(option, value)
    return handle


def plain_loop(url: str, per_slot: int, seconds: float) -> int:
    """perform and select in one thread: the floor, which can serve nothing else."""
    multi, pool, done, until = (
        pycurl.CurlMulti(),
        [_easy(url) for _ in range(per_slot)],
        0,
        time.monotonic() + seconds,
    )
    while time.monotonic() < until:
        for handle in pool:
            multi.add_handle(handle)
        left = per_slot
        while left:
            multi.perform()
            queued = 1
            while queued:
                queued, well, failed = multi.info_read()
                for handle in [*well, *(one[0] for one in failed)]:
                    multi.remove_handle(handle)
                    left -= 1
            if left:
                multi.select(1.0)
        done += per_slot
        time.sleep(_SLOT)
    return done


async def _slots(one: Callable[[int], Awaitable[object]], per_slot: int, seconds: float) -> int:
    done, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.gather(*(one(index) for index in range(per_slot)))
        done += per_slot
        await asyncio.sleep(_SLOT)
    return done


def async_multi(url: str, per_slot: int, seconds: float) -> int:
    """pycurl's AsyncCurlMulti on uvloop."""

    async def main() -> int:
        pool = [_easy(url) for _ in range(per_slot)]
        async with pycurl.AsyncCurlMulti() as multi:
            return await _slots(lambda index: multi.perform(pool[index]), per_slot, seconds)

    return uvloop.run(main())


def our_fleet(url: str, per_slot: int, seconds: float) -> int:
    """CurlFleet on uvloop, with all that probes ask for: headers, phases, limits."""

    async def main() -> int:
        fleet, request = CurlFleet(), Request(url, keep_body=False)
        fleet.start(asyncio.get_running_loop())
        try:
            return await _slots(lambda _: fleet.fetch(request), per_slot, seconds)
        finally:
            fleet.stop()

    return uvloop.run(main())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=int, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(port,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port.get()}/"
    floor = 0.0
    for way in (plain_loop, async_multi, our_fleet):
        before = time.process_time()
        done = way(url, max(1, round(given.rate * _SLOT)), given.seconds)
        each = (time.process_time() - before) / done * 1e6
        floor = floor or each
        print(
            f"{way.__name__:12} {each:6.0f} us a request, {each / floor:.2f} of the plain loop ({done} requests)"
        )
    print(f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f} MiB")
    server.terminate()


if __name__ == "__main__":
    main()
