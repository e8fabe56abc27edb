"""Where the trial's mails and SMS end: a mail server and an SMS gateway that keep what they are given, for a page to show."""

from __future__ import annotations

import asyncio
import email
import email.policy
import time
from collections import deque
from contextlib import suppress

from watchtower.values import Frozen

_KEPT, _LONGEST, _LINE = 50, 1 << 20, "\n"


class Caught(Frozen):
    """A message. `at` is in seconds since the epoch."""

    at: float
    way: str
    to: str
    text: str

    @property
    def clock(self) -> str:
        """As people read it, in local time."""
        return time.strftime("%H:%M:%S", time.localtime(self.at))


class Catcher:
    """`caught` has the newest first."""

    def __init__(self) -> None:
        self.caught = deque[Caught](maxlen=_KEPT)

    def add(self, way: str, to: str, text: str) -> None:
        """As if somebody's phone rang."""
        self.caught.appendleft(Caught(time.time(), way, to, text))

    async def start(self, port: int, host: str = "127.0.0.1") -> None:
        """Listens for mails until the loop ends."""
        await asyncio.start_server(self._mail, host, port, limit=_LONGEST)

    async def _mail(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As much of SMTP as a client without TLS asks for."""
        to = ""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.write(b"220 catcher\r\n")
            while line := (await reader.readuntil(b"\r\n")).decode("utf-8", "replace").strip():
                word = line[:4].upper()
                if word == "RCPT":
                    to = line.partition("<")[2].partition(">")[0]
                if word == "DATA":
                    writer.write(b"354 go on\r\n")
                    body = await reader.readuntil(b"\r\n.\r\n")
                    self.add("mail", to, _said(body))
                writer.write(b"221 bye\r\n" if word == "QUIT" else b"250 ok\r\n")
        writer.close()


def _said(mail: bytes) -> str:
    """Its subject, and the first line of its text."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    plain = message.get_body(("plain",))
    text = "" if plain is None else str(plain.get_content())
    return f"{message['subject']}\n{text.strip().partition(_LINE)[0]}"
