"""A scripted IMAP server on loopback: one folder of mails, as a program of 1996 would read them."""

from __future__ import annotations

import re
import socketserver
import threading
from types import TracebackType


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        part: ImapServer = self.server.part  # type: ignore[attr-defined]
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, said = line.decode().rstrip("\r\n").partition(" ")
            part.said.append(said)
            word = said.upper()
            self.wfile.write(b"".join(part.answers(word)))
            no = word.startswith("LOGIN") and part.password not in said
            verdict = "NO [AUTHENTICATIONFAILED] wrong: " + said if no else "OK done"
            self.wfile.write(f"{tag} {verdict}\r\n".encode())
            if word == "LOGOUT":
                return


class ImapServer:
    """`mails` by uid; `seen` those that were marked; `said` every command."""

    def __init__(self, *mails: bytes, password: str = "mailbox-password") -> None:  # noqa: S107 - of a test
        self.mails = dict(enumerate(mails, 11))
        self.seen: set[int] = set()
        self.said: list[str] = []
        self.password = password
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session)
        self._server.daemon_threads = True
        self._server.part = self  # type: ignore[attr-defined]
        self.port: int = self._server.server_address[1]

    def answers(self, word: str) -> list[bytes]:
        """The untagged answers to a command."""
        if word == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1\r\n"]
        if word.startswith("SELECT"):
            return [f"* {len(self.mails)} EXISTS\r\n".encode()]
        if word.startswith("UID SEARCH"):
            unseen = " ".join(str(uid) for uid in self.mails if uid not in self.seen)
            return [f"* SEARCH {unseen}\r\n".encode()]
        if found := re.match(r"UID (FETCH|STORE) (\d+)", word):
            uid = int(found[2])
            if found[1] == "STORE":
                self.seen.add(uid)
                return []
            mail = self.mails[uid]
            return [f"* 1 FETCH (UID {uid} BODY[] {{{len(mail)}}}\r\n".encode(), mail, b")\r\n"]
        return [b"* BYE\r\n"] if word == "LOGOUT" else []

    def __enter__(self) -> ImapServer:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
