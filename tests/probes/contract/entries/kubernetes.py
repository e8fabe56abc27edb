"""kubernetes under contract: its good place is a stand-in, which is asked with a token from a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.httpserver import HttpServer
from tests.parts.kubernetes import deployment, pod, serve, status
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _well(stage: Stage) -> Iterator[str]:
    with HttpServer(stage.certificates.good) as server:
        serve(server, TOKEN, Deployment=[deployment(desired=1, ready=1)], Pod=[pod()])
        yield f"localhost:{server.port}"


@contextmanager
def _credentials(_stage: Stage) -> Iterator[str]:
    """Says what it was told, where a careless probe would repeat it."""
    with HttpServer() as server:
        server.on(
            "/apis/apps/v1/namespaces/shop/deployments",
            status(401, "Unauthorized", f"the token {TOKEN} has expired"),
        )
        yield f"127.0.0.1:{server.port}"


def _settings(place: Place) -> dict[str, Any]:
    token = place.stage.directory / "token"
    token.write_text(f"{TOKEN}\n")
    scheme = "https" if place.name in ("well", "expired") else "http"
    return {
        "url": f"{scheme}://{place.address}",
        "namespace": "shop",
        "token_file": str(token),
        "ca_file": str(place.stage.certificates.authority),
    }


ENTRY = Entry(
    kind="kubernetes",
    settings=_settings,
    says={
        "well": "up",
        "credentials": "unknown credentials",
        "refused": "unknown refused",
        "hang": "unknown timeout",
        "garbage": "unknown protocol",
        "closed": "unknown reset",
        "expired": "unknown tls",
    },
    places={"well": _well, "credentials": _credentials},
)
