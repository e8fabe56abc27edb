"""Where a page leads: the host that answers in the end, and the hosts that its scripts, frames and forms are of."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from watchtower.curl import Response
from watchtower.probes.http_answer import Fault

_READ = 1 << 20
"""Characters of a page that are looked at."""
_LONGEST = 500
_MOST_NAMED = 5
_TAG = re.compile(r"<(?:script|iframe|frame|form|link|object|embed|base|meta)\b([^>]{0,2000})", re.IGNORECASE)
_PLACE = re.compile(
    r"(?:src|href|action|data|url)\s{0,9}=\s{0,9}[\"']?\s{0,9}(?:https?:)?//([a-z0-9][a-z0-9.-]{0,252})",
    re.IGNORECASE,
)


def final_host(response: Response) -> str:
    """Who answers in the end; of a redirect that is not followed, whom it leads to."""
    try:
        return (urlsplit(response.redirect_url or response.url).hostname or "")[:253]
    except ValueError:
        return ""


def hosts_of(page: str) -> list[str]:
    """The hosts that the page names in what a browser loads, or sends a form to."""
    found = {place.lower().rstrip(".") for tag in _TAG.findall(page[:_READ]) for place in _PLACE.findall(tag)}
    return sorted(found)


def content_of(page: str, hosts: Iterable[str], mode: str) -> str:
    """The measurement `content`: the hosts, or the SHA-256 of the text."""
    listed = " ".join(hosts)
    if mode == "hosts" and len(listed) <= _LONGEST:
        return listed
    return hashlib.sha256((listed if mode == "hosts" else page).encode("utf-8", "replace")).hexdigest()


def foreign_host(url: str, own: Iterable[str], leads_to: str, hosts: Iterable[str]) -> Fault | None:
    """What leads away from us. The URL's own domain, with and without `www.`, and all below it are ours."""
    ours = [(urlsplit(url).hostname or "").removeprefix("www."), *own]
    if leads_to and not _is_of(leads_to, ours):
        return "foreign_redirect", f"it redirects to {leads_to}, which is not ours"
    others = [host for host in hosts if not _is_of(host, ours)]
    if not others:
        return None
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return (
        "foreign_content",
        f"the page loads from {', '.join(others[:_MOST_NAMED])}{more}, which is not ours",
    )


def _is_of(host: str, ours: Iterable[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in ours)
