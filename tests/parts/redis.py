"""A real Redis, in memory only, with a password where a test wants one."""

from __future__ import annotations

import socket

from tests.parts.certificates import Pair
from tests.parts.child import Part, answers, find_program, free_port


class RedisServer(Part):
    """Speaks on `port`; `url` carries the password, if there is one."""

    package = "redis-server"

    def __init__(self, password: str = "", pair: Pair | None = None) -> None:
        super().__init__()
        self._pair = pair
        self.host = "127.0.0.1"
        self.password = password

    @property
    def url(self) -> str:
        """The address as redis-py and watchtower take it."""
        secret = f":{self.password}@" if self.password else ""
        return f"redis://{secret}{self.host}:{self.port}/0"

    def start(self) -> None:
        """Start the server without a configuration file."""
        program = find_program("redis-server", self.package)
        home = self.directory()
        self.port = free_port()
        command = [program, "--port", str(self.port), "--bind", self.host, "--dir", str(home)]
        if self._pair is not None:
            command[1:3] = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no"]
            command += ["--tls-cert-file", str(self._pair.certificate), "--tls-key-file", str(self._pair.key)]
            command += ["--tls-ca-cert-file", str(self._pair.certificate)]
        command += ["--save", "", "--appendonly", "no"]
        if self.password:
            command += ["--requirepass", self.password]
        self.run(command, home / "redis.log")
        self.wait_ready(self._speaks if self._pair is None else lambda: answers(self.port))

    def _speaks(self) -> bool:
        with socket.create_connection((self.host, self.port), timeout=1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith((b"+PONG", b"-NOAUTH"))
