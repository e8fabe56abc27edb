"""Far sides that never come to an end: sockets on loopback that do as a script of bytes says, for ever.

with Rude(HEAD_OF_ENDLESS, then=b"x") as rude:      # sends the head at once, and then a byte each `every` seconds
    ...
assert rude.open == 0                               # connections that the client has not closed
"""

from __future__ import annotations

import socket
import threading

from tests.parts.child import Part


class Rude(Part):
    """Accepts connections, sends `first`, then `then` every `every` seconds until the client goes away."""

    def __init__(self, first: bytes = b"", then: bytes = b"", every: float = 0.05) -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self.first, self.then, self.every = first, then, every
        self.connections = self.open = 0
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Listen, in a thread of its own and one more for each connection."""
        self._listener = socket.create_server((self.host, 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        self.cleanup.callback(self._listener.close)
        # A thread that waits in accept() is woken by this, not by close().
        self.cleanup.callback(self._listener.shutdown, socket.SHUT_RDWR)
        self.cleanup.callback(self._stopping.set)

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}:{self.port}{path}"

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self.open += 1
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        threading.Thread(target=self._read, args=(link,), daemon=True).start()
        try:
            link.sendall(self.first)
            while self.then and not self._stopping.wait(self.every):
                link.sendall(self.then)
        except OSError:
            pass

    def _read(self, link: socket.socket) -> None:
        try:
            while link.recv(65536):
                pass
        except OSError:
            pass
        with self._lock:
            self.open -= 1
        link.close()
