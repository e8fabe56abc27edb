"""A person who opens the link of a page and presses a button of a form, as a browser without scripts does it."""

from __future__ import annotations

import re
import time
from html import unescape

import requests

from watchtower.api.proofs import SOONEST


def proof_of(html: str, action: str) -> str:
    """The proof in the button of this action; empty where the page has none."""
    found = re.search(rf'/do/{action}(?:\?[^"]*)?"[^>]*>.*?name="press" value="([^"]+)"', html, re.DOTALL)
    return unescape(found[1]) if found else ""


def press(
    link: str, action: str, browser: requests.Session | None = None, **fields: str
) -> requests.Response:
    """Opens the page, reads for a second, and presses. Fields are those of the action."""
    browser = browser or requests.Session()
    proof = proof_of(browser.get(link, timeout=5).text, action)
    assert proof, f"{link} has no button for {action}"
    time.sleep(SOONEST + 0.1)
    data = {"press": proof} | {f"{action}.{name}": value for name, value in fields.items()}
    return browser.post(f"{link}/do/{action}", data=data, timeout=5)
