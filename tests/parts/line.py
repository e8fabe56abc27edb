"""A line to a server of loopback that can be cut: what is under way is held, nothing is refused, nobody is told."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from tests.parts.child import Part


class Line(Part):
    """Carries every connection to `port` on to `target`; `cut` and `heal` as often as liked."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self._target = target
        self._whole = threading.Event()
        self._whole.set()

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.cleanup.callback(self._listening.close)
        self.cleanup.callback(self.heal)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()

    def heal(self) -> None:
        self._whole.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        threading.Thread(target=self._pump, args=(near, far), daemon=True).start()
        self._pump(far, near)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self._whole.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
