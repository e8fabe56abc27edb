"""The addresses that a page carries."""

from __future__ import annotations

import time

from watchtower.channels.contract import PageLinks
from watchtower.core.incident.incidents import Page
from watchtower.web import tokens


def links_of(base_url: str, key: bytes, page: Page) -> PageLinks:
    """Of the incident, and of what its responder may do, signed with `key`; none without a base URL."""
    base = base_url.rstrip("/")
    if not base:
        return PageLinks()
    if not page.kind.traits.of_incident:
        return PageLinks(f"{base}/")
    token = tokens.make(key, page.incident, page.responder, time.time() + tokens.LASTS)
    code = tokens.code(key, page.incident, page.responder)
    return PageLinks(f"{base}/incidents/{page.incident}", f"{base}/ack/{token}", code)
