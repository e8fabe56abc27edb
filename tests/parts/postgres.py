"""A real PostgreSQL in a temporary directory, tuned for being thrown away."""

from __future__ import annotations

import glob
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.parts.child import MissingPart, Part, answers, find_program, free_port

# Without synchronous_commit=off: what is committed must outlive `away`, as with the server's own defaults.
_THROWN_AWAY = ("fsync=off", "full_page_writes=off", "max_connections=60")


class Postgres(Part):
    """Databases on `port`; every `create_database` gives an empty one of its own."""

    package = "postgresql"
    # Its "fast" way: SIGTERM would wait for a client that forgot to leave.
    goodbye = signal.SIGINT
    user = "watchtower"
    password = "watchtower"

    def __init__(self) -> None:
        super().__init__()
        self.host = "127.0.0.1"

    def start(self) -> None:
        """Make a cluster and start its server; as user postgres when we are root, since it refuses root."""
        programs = _programs()
        home = self.directory()
        self._as_owner: list[str] = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(home, owner.pw_uid, owner.pw_gid)
            setpriv = find_program("setpriv", "util-linux")
            self._as_owner = [setpriv, "--reuid=postgres", "--regid=postgres", "--init-groups"]
        secret = home / "password"
        secret.write_text(self.password + "\n")
        secret.chmod(0o644)
        data = home / "data"
        self.programs = programs
        self._call(
            programs / "initdb", "--pgdata", data, "--username", self.user, "--pwfile", secret,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync",
        )  # fmt: skip
        self.port = free_port()
        command: list[str | Path] = [
            *self._as_owner,
            programs / "postgres",
            "-D",
            data,
            "-h",
            self.host,
            "-p",
            str(self.port),
        ]
        command += ["-k", home]
        for setting in _THROWN_AWAY:
            command += ["-c", setting]
        self._command = command, home / "postgres.log"
        self.run(*self._command)
        self.wait_ready(self._accepts)

    def restart(self, after: float = 0.0) -> None:
        """Stop the server as a crash does, and start it again after so many seconds."""
        self.away()
        time.sleep(after)
        self.back()

    def away(self) -> None:
        """Stop the server as a crash does."""
        assert self.process is not None
        for pid in (self.process.pid, *self._children()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._watcher.kill()
        self._watcher.communicate()

    def back(self) -> None:
        """Start it again after `away`."""
        (Path(self._command[1]).parent / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.run(*self._command)
        self.wait_ready(self._accepts)

    def hang(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """For so many seconds connections are taken and nothing is answered."""
        assert self.process is not None
        stopped = [self.process.pid, *self._children()]
        for signalled in (signal.SIGSTOP, signal.SIGCONT):
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signalled)
            if signalled is signal.SIGSTOP:
                meanwhile()
                time.sleep(seconds)

    def _children(self) -> list[int]:
        assert self.process is not None
        return [
            int(pid)
            for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def dsn(self, database: str = "postgres") -> str:
        """The address of a database as asyncpg and watchtower take it."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{database}"

    def create_database(self, name: str | None = None) -> str:
        """A new, empty database; returns its address."""
        name = name or f"t_{uuid.uuid4().hex}"
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
            raise ValueError(f"{name!r} is no plain name of a database")
        self.sql(f"CREATE DATABASE {name}")
        return self.dsn(name)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement by psql; returns its rows, unaligned."""
        return self._call(
            self.programs / "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--quiet",
            "--set", "ON_ERROR_STOP=1", "--dbname", self.dsn(database), "--command", statement,
        )  # fmt: skip

    def _accepts(self) -> bool:
        return answers(self.port) and self.sql("SELECT 1") == "1"

    def _call(self, *command: str | Path) -> str:
        done = subprocess.run(
            [*self._as_owner, *map(str, command)], capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode != 0:
            # The server that is still starting says so here; wait_ready asks again on an OSError.
            raise OSError(done.stderr.strip() or f"{command[0]} failed")
        return done.stdout.strip()


def _programs() -> Path:
    """The folder of initdb and postgres, which Debian keeps out of the PATH; the newest version wins."""
    found = shutil.which("initdb")
    if found is not None and shutil.which("postgres") is not None:
        return Path(found).resolve().parent
    folders = glob.glob("/usr/lib/postgresql/*/bin/initdb") + glob.glob("/usr/pgsql-*/bin/initdb")
    if not folders:
        raise MissingPart(
            "initdb is not installed (Debian: apt-get install postgresql; or scripts/setup-debian)"
        )
    return max((Path(folder).parent for folder in folders), key=_version)


def _version(folder: Path) -> int:
    digits = re.search(r"(\d+)", folder.parent.name)
    return int(digits.group(1)) if digits else 0
