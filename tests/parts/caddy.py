"""A real Caddy: a web server that speaks HTTP/1.1, HTTP/2 and, by QUIC, HTTP/3."""

from __future__ import annotations

from tests.parts.certificates import Pair
from tests.parts.child import Part, answers, find_program, free_port

_CONFIGURATION = """\
{{
    admin off
    auto_https off
    servers {{
        protocols {protocols}
    }}
}}
https://localhost:{port} {{
    bind 127.0.0.1
    tls {certificate} {key}
    respond "ok"
}}
"""


class Caddy(Part):
    """Answers `ok` at `url`, in these protocols of `h1`, `h2`, `h3`."""

    package = "caddy"

    def __init__(self, pair: Pair, protocols: str = "h1 h2 h3") -> None:
        super().__init__()
        self._pair, self._protocols = pair, protocols

    def start(self) -> None:
        """Write the configuration and start it in the foreground."""
        program = find_program("caddy", self.package)
        home = self.directory()
        self.port = free_port()
        self.url = f"https://localhost:{self.port}/"
        file = home / "Caddyfile"
        file.write_text(
            _CONFIGURATION.format(
                protocols=self._protocols,
                port=self.port,
                certificate=self._pair.certificate,
                key=self._pair.key,
            )
        )
        own = {"XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home), "HOME": str(home)}
        self.run([program, "run", "--adapter", "caddyfile", "--config", file], home / "caddy.log", own)
        self.wait_ready(lambda: answers(self.port))
