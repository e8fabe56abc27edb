"""The cookie of a session, and which requests come from our own pages."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from watchtower.values import Frozen

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


class Cookies(Frozen):
    """`base_url` is how people reach us, `root` its path. `suffix` keeps two watchtowers of one host apart, because browsers
    send cookies to every port."""

    base_url: str
    root: str
    suffix: str

    @classmethod
    def of(cls, base_url: str, key: bytes) -> Cookies:
        parts = urlsplit(base_url)
        return cls(
            base_url, parts.path.rstrip("/"), hmac.new(key, b"watchtower-cookie", "sha256").hexdigest()[:6]
        )

    def secure(self, request: Request) -> bool:
        """Whether the visitor comes by TLS: ours, or that of the proxy for the base URL."""
        base = urlsplit(self.base_url)
        asked = request.headers.get("host", "").lower()
        return request.url.scheme == "https" or (base.scheme == "https" and asked == base.netloc.lower())

    def name(self, request: Request, kind: str = "watchtower") -> str:
        """Browsers take `__Host-` over TLS only, and for no path but the root."""
        prefix = ("__Secure-" if self.root else "__Host-") if self.secure(request) else ""
        return f"{prefix}{kind}_{self.suffix}"

    def read(self, request: Request, kind: str = "watchtower") -> str:
        return request.cookies.get(self.name(request, kind), "")

    def set(
        self, request: Request, response: Response, value: str, lasts: float, kind: str = "watchtower"
    ) -> None:
        """Sets it, or removes it where the value is empty. Lax: the return from a provider comes from another site."""
        response.set_cookie(
            self.name(request, kind), value, max_age=int(lasts) if value else 0, path=self.root or "/",
            secure=self.secure(request), httponly=True, samesite="lax",
        )  # fmt: skip

    def own_page(self, request: Request) -> bool:
        """Whether no other site sent it, by what the browser says. A browser that says nothing has the form's token."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        base = urlsplit(self.base_url)
        scheme = "https" if self.secure(request) else "http"
        own = {
            f"{scheme}://{request.headers.get('host', '')}".lower(),
            f"{base.scheme}://{base.netloc}".lower(),
        }
        return origin is None or origin.lower() in own


def own_path(given: str) -> str:
    """The address to go on to after signing in; `/` for what might lead elsewhere."""
    plain = given.isprintable() and given.startswith("/") and given[1:2] != "/" and "\\" not in given
    return given if plain and not urlsplit(given).netloc else "/"
