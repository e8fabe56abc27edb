"""docs/channels/proof.md, from what the tests and the channels hold. Renew it: python -m tests.channels.proofs"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from watchtower.channels import channel_class, kinds, providers
from watchtower.errors import DeliveryFault

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "channels" / "proof.md"
VECTORS = ROOT / "tests" / "channels" / "vectors"
RECORDED = {
    "dingtalk": "dingtalk",
    "feishu": "feishu",
    "pagerduty": "pagerduty",
    "sms-alibaba": "alibaba",
    "sms-tencent": "tencent",
    "sms-twilio": "twilio",
    "voice-alibaba": "alibaba_voice",
    "voice-twilio": "twilio",
}
"""What its SDK sent, by the page of the channel that is held to it."""
_HEAD = """# What was proven of each channel

This table is made by `python -m tests.channels.proofs`, and a test holds it to the code. **No channel was ever tried against the
real vendor.** Mail goes through a real Postfix; all others run against servers in the tests that answer as the vendor documents.

- **SDK**: the vendor's own library, whose requests on loopback (`make oracles`) ours are held to.
- **Codes**: how many codes of the vendor, or patterns of them, the channel tells apart, by [what follows](../delivery.md).
- **Hears**: presses or replies over a connection that we open. **Reports**: what became of a page later, because the vendor calls us or
  is asked. **Asked**: whether an earlier attempt was taken.

| Channel | SDK | Codes | Hears | Reports | Asked |
|---|---|---|---|---|---|
"""


def page_of(kind: str, provider: str) -> str:
    """The name of the page of docs/channels about it, without its ending."""
    usual = channel_class(kind) is channel_class(kind, provider)
    return kind if usual else f"{kind}-{provider}"


def made() -> str:
    """The page."""
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in _rows())


def _rows() -> Iterator[tuple[str, ...]]:
    for kind in kinds():
        for provider in providers(kind):
            found, page = channel_class(kind, provider), page_of(kind, provider)
            yield (
                f"[{page}]({page}.md)",
                _library(RECORDED.get(page, "")) or "-",
                _codes(found) or "-",
                _yes(hasattr(found, "listen")),
                _yes(hasattr(found, "called_back") or hasattr(found, "pull")),
                _yes(hasattr(found, "ask")),
            )


def _library(vectors: str) -> str:
    if not vectors:
        return ""
    made_by = json.loads((VECTORS / f"{vectors}.json").read_text("utf-8"))["made_by"]
    return ", ".join(f"{name} {version}" for name, version in made_by.items())


def _codes(found: Any) -> str:
    """Of its table, or of its account's, which it imports."""
    own = sys.modules[found.__module__]
    used = [one.__module__ for one in (*found.__mro__, *vars(own).values()) if isinstance(one, type)]
    tables = (vars(sys.modules[name]).get("FAULTS") for name in (found.__module__, *used))
    count = Counter(next((table for table in tables if table), {}).values())
    return ", ".join(f"{count[fault]} {fault.replace('_', ' ')}" for fault in DeliveryFault if count[fault])


def _yes(it: bool) -> str:
    return "yes" if it else ""


if __name__ == "__main__":
    PAGE.write_text(made(), encoding="utf-8")
