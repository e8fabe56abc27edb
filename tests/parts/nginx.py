"""A real nginx with http and https on free ports; a test brings the `location` blocks it needs."""

from __future__ import annotations

import os

from tests.parts.certificates import Certificates, Pair
from tests.parts.child import Part, answers, find_program, free_port

_CONFIGURATION = """\
daemon off;
{user}
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log {home}/access.log;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    default_type text/plain;
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{tls_port} ssl;
        server_name localhost;
        root {home}/www;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location = /ok {{ return 200 "ok\\n"; }}
        location = /moved {{ return 302 /ok; }}
        location = /loop {{ return 302 /loop; }}
        {statuses}
        location = /basic_status {{ stub_status; }}
        {server}
    }}
}}
"""
_STATUSES = (204, 400, 401, 403, 404, 418, 429, 500, 502, 503, 504)


class Nginx(Part):
    """Answers /ok, /moved, /loop, /status/503 and such, /basic_status, and what `server` adds."""

    package = "nginx-light"

    def __init__(
        self, server: str = "", certificates: Certificates | None = None, pair: Pair | None = None
    ) -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self._server = server
        self._certificates = certificates
        self._pair = pair

    def start(self) -> None:
        """Write the configuration and start nginx in the foreground."""
        program = find_program("nginx", self.package)
        self.home = self.directory()
        self.www = self.home / "www"
        self.www.mkdir()
        self.certificates = self._certificates or Certificates(self.directory())
        pair = self._pair or self.certificates.good
        self.port, self.tls_port = free_port(), free_port()
        statuses = " ".join(f"location = /status/{status} {{ return {status}; }}" for status in _STATUSES)
        configuration = self.home / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                home=self.home,
                # Workers give up root's rights, and could then not read a test's private files.
                user="user root;" if os.getuid() == 0 else "",
                port=self.port,
                tls_port=self.tls_port,
                certificate=pair.certificate,
                key=pair.key,
                statuses=statuses,
                server=self._server,
            )
        )
        # -e: the log for what happens before the configuration is read.
        self.run(
            [program, "-p", self.home, "-e", self.home / "error.log", "-c", configuration],
            self.home / "start.log",
        )
        self.wait_ready(lambda: answers(self.port) and answers(self.tls_port))

    def url(self, path: str = "/ok", *, tls: bool = False) -> str:
        """The address of a path; by name, since the certificates are for `localhost`."""
        return f"https://localhost:{self.tls_port}{path}" if tls else f"http://127.0.0.1:{self.port}{path}"
