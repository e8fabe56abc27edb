"""A real ClickHouse in a temporary directory, of the version that Debian has (18.16)."""

from __future__ import annotations

import urllib.parse
import urllib.request

from tests.parts.child import Part, answers, find_program, free_port

_SERVER = """<yandex>
<logger><level>warning</level><console>1</console></logger>
<listen_host>{host}</listen_host><http_port>{port}</http_port>
<path>{home}/data/</path><tmp_path>{home}/tmp/</tmp_path><mark_cache_size>5242880</mark_cache_size>
<users_config>{home}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
</yandex>"""
_USERS = """<yandex>
<profiles><default/><strict><readonly>1</readonly></strict></profiles><quotas><default/></quotas>
<users>
<watch><password>{password}</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></watch>
<strict><password>{password}</password><networks><ip>::/0</ip></networks><profile>strict</profile><quota>default</quota></strict>
</users></yandex>"""


class ClickHouse(Part):
    """Speaks HTTP on `port`, as the users `watch` and `strict` (which may set nothing)."""

    package = "clickhouse-server"
    user = "watch"

    def __init__(self, password: str = "") -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self.password = password or self.user

    def start(self) -> None:
        program = find_program("clickhouse-server", self.package)
        home = self.directory()
        self.port = free_port()
        (home / "config.xml").write_text(_SERVER.format(host=self.host, port=self.port, home=home))
        (home / "users.xml").write_text(_USERS.format(password=self.password))
        self.run([program, f"--config-file={home}/config.xml"], home / "clickhouse.log")
        self.wait_ready(lambda: answers(self.port) and self.sql("SELECT 1") == "1")

    def dsn(self, database: str = "default", user: str = user) -> str:
        """The address of a database as watchtower takes it."""
        return f"clickhouse+http://{user}:{self.password}@{self.host}:{self.port}/{database}"

    def sql(self, statement: str) -> str:
        """Run one statement; returns its rows, fields separated by tabs."""
        asked = urllib.parse.urlencode({"user": self.user, "password": self.password})
        url = f"http://{self.host}:{self.port}/?{asked}"
        with urllib.request.urlopen(url, data=statement.encode(), timeout=10) as answer:
            text: str = answer.read().decode()
        return text.strip()
