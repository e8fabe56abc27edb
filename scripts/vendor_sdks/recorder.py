"""A server on loopback that writes down what an SDK sends, for the vectors of a vendor."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[2] / "tests" / "channels" / "vectors"


class Recorder:
    """`port` to point the SDK at; `answer` is the JSON it is told, `requests` what it sent, `more` what it computes."""

    def __init__(self) -> None:
        self.answer: Any = {}
        self.requests: list[dict[str, Any]] = []
        self.more: dict[str, Any] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append(
                    {
                        "method": self.command,
                        "target": self.path,
                        "headers": {name.lower(): value for name, value in self.headers.items()},
                        "body": body.decode(),
                    }
                )
                said = json.dumps(outer.answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 - as http.server calls them

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]

    def take(self, name: str) -> None:
        """Names the newest request."""
        self.requests[-1] = {"name": name, **self.requests[-1]}


@contextmanager
def recording(vendor: str, *distributions: str) -> Iterator[Recorder]:
    """Writes VENDOR.json at the end, with the versions of the SDK."""
    recorder = Recorder()
    threading.Thread(target=recorder.server.serve_forever, daemon=True).start()
    yield recorder
    recorder.server.shutdown()
    made = {
        "made_by": {name: version(name) for name in distributions},
        "requests": recorder.requests,
        **recorder.more,
    }
    VECTORS.mkdir(exist_ok=True)
    text = json.dumps(made, ensure_ascii=False, indent=2)
    (VECTORS / f"{vendor}.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"{vendor}: {len(recorder.requests)} requests")
