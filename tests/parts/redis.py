"""A real Redis, in memory only, with a password where a test wants one."""

from __future__ import annotations

import socket

from tests.parts.child import Part, find_program, free_port


class RedisServer(Part):
    """Speaks on `port`; `url` carries the password, if there is one."""

    package = "redis-server"

    def __init__(self, password: str = "") -> None:
        super().__init__()
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
        command += ["--save", "", "--appendonly", "no"]
        if self.password:
            command += ["--requirepass", self.password]
        self.run(command, home / "redis.log")
        self.wait_ready(self._speaks)

    def _speaks(self) -> bool:
        with socket.create_connection((self.host, self.port), timeout=1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith((b"+PONG", b"-NOAUTH"))
