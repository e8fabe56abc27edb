"""The WebSocket: what it carries, how it fails, and that it never holds the loop."""

from __future__ import annotations

import asyncio
import ssl
import time

import pytest

from tests.parts.certificates import Certificates
from tests.parts.child import free_port
from tests.parts.tunnel import Tunnel
from tests.parts.websocket import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, FarSide, WebSocketServer
from watchtower.curl import FetchError
from watchtower.curl.websocket import WebSocket


async def echo(far: FarSide) -> None:
    while True:
        await far.send(await far.receive())


async def silent(far: FarSide) -> None:
    await asyncio.Event().wait()


async def reason_of(url: str, **how: object) -> FetchError:
    with pytest.raises(FetchError) as failure:
        await WebSocket.connect(url, **how)  # type: ignore[arg-type]
    return failure.value


@pytest.mark.parametrize("message", ["", "你好", "x" * 200_000, b"\x00\xff" * 300, b""])
async def test_a_message_comes_back_as_it_was_sent(message: str | bytes) -> None:
    async with WebSocketServer(echo) as server, await WebSocket.connect(server.url) as socket:
        await socket.send(message)
        assert await socket.receive() == message


async def test_by_tls_only_a_trusted_far_side_is_spoken_to(certificates: Certificates) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.good.certificate, certificates.good.key)
    async with WebSocketServer(echo, tls) as server:
        assert (await reason_of(server.url)).reason == "tls"
        async with await WebSocket.connect(server.url, ca_file=str(certificates.authority)) as socket:
            for size in (1, 70_000, 300_000):
                await socket.send("y" * size)
                assert await socket.receive() == "y" * size


async def test_a_proxy_carries_it_and_a_dead_one_is_named() -> None:
    async with WebSocketServer(echo) as server, Tunnel() as proxy:
        async with await WebSocket.connect(server.url, proxy=proxy.url) as socket:
            await socket.send("by the proxy")
            assert await socket.receive() == "by the proxy"
        assert proxy.asked == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"]
        assert (await reason_of(server.url, proxy=f"http://127.0.0.1:{free_port()}")).reason == "proxy"


async def test_fragments_are_one_message_and_control_frames_none() -> None:
    answered: list[tuple[int, bytes]] = []

    async def script(far: FarSide) -> None:
        await far.send_frame(TEXT, b"one ", final=False)
        await far.send_frame(PING, b"alive?")
        await far.send_frame(CONTINUED, b"message")
        answered.append(await far.receive_frame())
        await far.send_frame(BINARY, b"two")

    async with WebSocketServer(script) as server, await WebSocket.connect(server.url) as socket:
        assert await socket.receive() == "one message"
        assert await socket.receive() == b"two"
    assert answered == [(PONG, b"alive?")]


async def test_a_ping_of_ours_is_answered() -> None:
    seen = asyncio.Event()

    async def script(far: FarSide) -> None:
        if (await far.receive_frame())[0] == PING:
            await far.send_frame(PONG)
            seen.set()
            await far.send("still here")

    async with WebSocketServer(script) as server, await WebSocket.connect(server.url) as socket:
        await socket.ping()
        assert await socket.receive() == "still here"
    assert seen.is_set()


async def test_a_goodbye_says_why() -> None:
    async def script(far: FarSide) -> None:
        await far.send_frame(CLOSE, (1012).to_bytes(2) + b"restart")

    async with WebSocketServer(script) as server, await WebSocket.connect(server.url) as socket:
        with pytest.raises(FetchError, match="1012 restart") as failure:
            await socket.receive()
    assert failure.value.reason == "closed"


async def test_who_is_gone_is_noticed() -> None:
    async def script(far: FarSide) -> None:
        far.writer.transport.abort()

    async with WebSocketServer(script) as server, await WebSocket.connect(server.url) as socket:
        with pytest.raises(FetchError) as failure:
            await socket.receive()
    assert failure.value.reason == "reset"


async def test_a_message_has_a_bound() -> None:
    async def script(far: FarSide) -> None:
        await far.send("z" * 5000)

    async with WebSocketServer(script) as server:
        socket = await WebSocket.connect(server.url, most_bytes=4096)
        with pytest.raises(FetchError) as failure:
            await socket.receive()
        await socket.close()
    assert failure.value.reason == "too_large"


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_a_refused_upgrade_says_its_status(status: int) -> None:
    async with WebSocketServer(silent, status=status) as server:
        error = await reason_of(server.url)
    assert (error.reason, str(status) in error.detail) == ("protocol", True)


async def test_a_handshake_has_one_deadline_and_the_loop_goes_on() -> None:
    async with WebSocketServer(silent, status=None) as server:
        ticks, begun = 0, time.monotonic()
        waiting = asyncio.create_task(reason_of(server.url, timeout=0.3))
        while not waiting.done():
            await asyncio.sleep(0.01)
            ticks += 1
    assert waiting.result().reason == "timeout"
    assert ticks > 5
    assert time.monotonic() - begun < 5


async def test_whoever_floods_us_does_not_hold_the_loop() -> None:
    async def script(far: FarSide) -> None:
        while True:
            far.writer.write(b"\x81\x01x" * 1000)
            await far.writer.drain()

    async def read(socket: WebSocket) -> None:
        while True:
            await socket.receive()

    async with WebSocketServer(script) as server, await WebSocket.connect(server.url) as socket:
        reading = asyncio.create_task(read(socket))
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert not reading.done()
        reading.cancel()


async def test_two_send_at_once_and_each_message_is_whole() -> None:
    async with WebSocketServer(echo) as server, await WebSocket.connect(server.url) as socket:
        sent = [letter * 100_000 for letter in "abcdef"]
        sending = asyncio.gather(*(socket.send(one) for one in sent))
        got = [await socket.receive() for _ in sent]
        await sending
    assert sorted(map(str, got)) == sent


async def test_nobody_there_and_no_such_url() -> None:
    assert (await reason_of(f"ws://127.0.0.1:{free_port()}/")).reason == "refused"
    assert (await reason_of("https://example.com/")).reason == "config"


async def test_after_close_nothing_is_carried() -> None:
    async with WebSocketServer(echo) as server:
        socket = await WebSocket.connect(server.url)
        await socket.close()
        await socket.close()
        with pytest.raises(FetchError) as failure:
            await socket.send("late")
    assert failure.value.reason == "stopped"
