"""A real MariaDB in a temporary directory, tuned for being thrown away. Debian has no MySQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

from tests.parts.certificates import Pair
from tests.parts.child import Part, answers, find_program, free_port

_THROWN_AWAY = (
    "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M",
    "--innodb-flush-method=nosync", "--innodb-doublewrite=OFF", "--sync-binlog=0", "--log-bin",
    "--performance-schema=OFF", "--max-connections=60",
)  # fmt: skip


class MariaDb(Part):
    """Databases on `port`; every `create_database` gives an empty one of its own."""

    package = "mariadb-server"
    user = "watchtower"

    def __init__(self, pair: Pair | None = None, password: str = "", number: int = 1) -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self.password = password or self.user
        self._pair, self._number = pair, number

    def start(self) -> None:
        """Make a data directory and start its server; as user mysql when we are root, since it refuses root."""
        server, install = (find_program(name, self.package) for name in ("mariadbd", "mariadb-install-db"))
        self._client = find_program("mariadb", self.package)
        home = self.directory()
        data, self._socket = home / "data", home / "socket"
        as_owner = ["--user=mysql"] if os.getuid() == 0 else []
        if as_owner:
            shutil.chown(home, "mysql")
        plain = [f"--datadir={data}", *as_owner]
        made = subprocess.run(
            [install, "--no-defaults", *plain, "--auth-root-authentication-method=normal", "--skip-test-db",
             "--innodb-log-file-size=4M"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.port = free_port()
        command = [server, "--no-defaults", *plain, *_THROWN_AWAY, f"--socket={self._socket}"]
        command += [f"--port={self.port}", f"--bind-address={self.host}", f"--server-id={self._number}"]
        if self._pair is not None:
            for name, file in (("cert", self._pair.certificate), ("key", self._pair.key)):
                shutil.copy(file, home / name)  # the user mysql may not enter the directory that they are in
                (home / name).chmod(0o644)
                command.append(f"--ssl-{name}={home / name}")
        self.run(command, home / "mariadb.log")
        self.wait_ready(self._accepts)
        self.sql(f"CREATE USER {self.user} IDENTIFIED BY '{self.password}'; GRANT ALL ON *.* TO {self.user}")

    def dsn(self, database: str = "mysql") -> str:
        """The address of a database as watchtower takes it."""
        return f"mysql://{self.user}:{self.password}@{self.host}:{self.port}/{database}"

    def create_database(self) -> str:
        """A new, empty database; returns its address."""
        name = f"t_{uuid.uuid4().hex}"
        self.sql(f"CREATE DATABASE {name}")
        return self.dsn(name)

    def sql(self, statements: str, database: str = "mysql") -> str:
        """Run statements as root; returns their rows, fields separated by tabs."""
        done = subprocess.run(
            [self._client, "--no-defaults", "--user=root", f"--socket={self._socket}", "--batch",
             "--skip-column-names", f"--database={database}", f"--execute={statements}"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return done.stdout.strip()

    def _accepts(self) -> bool:
        return Path(self._socket).exists() and answers(self.port) and self.sql("SELECT 1") == "1"
