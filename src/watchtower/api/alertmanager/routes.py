"""The addresses of Alertmanager's API, and what it says of itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchtower.api.alertmanager import alerts, silences
from watchtower.api.alertmanager.requests import receiver_fits
from watchtower.api.alertmanager.shown import RECEIVER, time_text
from watchtower.api.parameters import read_by
from watchtower.api.responses import JsonAnswer

LIKE = "0.25.0"
"""The release whose API this is like: clients go by it. amtool warns at every other one than its own."""
_CONFIGURATION = """\
# rules.toml of watchtower decides who is notified
route:
  receiver: watchtower
receivers:
- name: watchtower
"""


async def status(request: Request) -> Response:
    """200, alone and without a cluster. Clients look at it before anything else."""
    now = read_by(request).status()
    return JsonAnswer(
        {
            "cluster": {"status": "disabled", "peers": []},
            "versionInfo": {
                "version": LIKE, "revision": now.version, "branch": "watchtower",
                "buildUser": "", "buildDate": "", "goVersion": "",
            },
            "config": {"original": _CONFIGURATION},
            "uptime": time_text(now.started_at),
        }
    )  # fmt: skip


async def receivers(request: Request) -> Response:
    """200 with the only one."""
    read_by(request)
    return JsonAnswer([RECEIVER] if receiver_fits(request, RECEIVER["name"]) else [])


ROUTES = [
    Route("/api/v2/status", status),
    Route("/api/v2/receivers", receivers),
    Route("/api/v2/alerts", alerts.listed),
    Route("/api/v2/alerts", alerts.post, methods=["POST"]),
    Route("/api/v2/alerts/groups", alerts.groups),
    Route("/api/v2/silences", silences.listed),
    Route("/api/v2/silences", silences.create, methods=["POST"]),
    Route("/api/v2/silence/{id}", silences.one),
    Route("/api/v2/silence/{id}", silences.expire, methods=["DELETE"]),
]
