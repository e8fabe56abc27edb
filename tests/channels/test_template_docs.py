"""What the docs say to hand in, and what follows from a code, is what the code has: `python -m tests.channels.test_template_docs`
writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchtower.channels import channel_class
from watchtower.channels.kinds.sms import alibaba, tencent
from watchtower.channels.template_texts import PLACE, TemplateUse, text_of
from watchtower.channels.template_values import VARIABLES
from watchtower.channels.vendor_answer import FaultTable
from watchtower.errors import DeliveryFault
from watchtower.model import Language

DOCS = Path(__file__).resolve().parents[2] / "docs" / "channels"
FOLLOWS = {
    DeliveryFault.RETRY: "it is tried again",
    DeliveryFault.OTHER_CHANNEL: "the page goes on to another channel",
    DeliveryFault.ADDRESS: "the number is wrong or refuses us: another channel or person",
    DeliveryFault.OURS: "credentials, template, balance or clock: others are paged, and somebody of ours must act",
    DeliveryFault.AMBIGUOUS: "it may have been taken: the vendor is asked",
}


def templates(provider: str) -> Iterator[str]:
    link = channel_class("sms", provider).link
    yield "```text"
    for use in TemplateUse:
        for language in (Language.ZH, Language.EN):
            text = text_of(None, use, language, link)
            if provider == "alibaba":
                text = PLACE.sub(r"${\1}", text)
            else:
                names = iter(range(1, 99))
                text = PLACE.sub(lambda _, names=names: f"{{{next(names)}}}", text)  # type: ignore[misc]
            yield f"{use}.{language}  {text}"
    yield "```"


def variables() -> Iterator[str]:
    yield "| Variable | Characters, at most | Holds |"
    yield "|---|---|---|"
    for name, one in VARIABLES.items():
        yield f"| `{{{{ {name} }}}}` | {one.length} | {one.holds} |"


def faults(table: FaultTable) -> Iterator[str]:
    yield "| Code | What follows |"
    yield "|---|---|"
    for fault, follows in FOLLOWS.items():
        codes = ", ".join(f"`{code}`" for code, one in table.items() if one is fault)
        if codes:
            yield f"| {codes} | {follows} |"
    yield "| any other | the page goes on to another channel |"


PARTS = {
    ("sms-alibaba.md", "templates"): list(templates("alibaba")),
    ("sms-alibaba.md", "variables"): list(variables()),
    ("sms-alibaba.md", "alibaba faults"): list(faults(alibaba.FAULTS)),
    ("sms-tencent.md", "templates"): list(templates("tencent")),
    ("sms-tencent.md", "tencent faults"): list(faults(tencent.FAULTS)),
}


def _with(page: str, mark: str, lines: list[str]) -> str:
    """The page with these lines below the mark, up to the next blank line."""
    text = (DOCS / page).read_text("utf-8")
    made = "\n".join((f"<!-- {mark} -->", *lines, "", ""))
    return re.sub(
        rf"<!-- {mark} -->\n(?:(?:```text\n.*?```|(?:\|[^\n]*\n)+)\n?)?\n",
        lambda _: made,
        text,
        flags=re.DOTALL,
    )


@pytest.mark.parametrize(("page", "mark"), PARTS)
def test_the_page_has_what_the_code_has(page: str, mark: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert f"<!-- {mark} -->\n" in text
    assert _with(page, mark, PARTS[page, mark]) == text, "run: python -m tests.channels.test_template_docs"


if __name__ == "__main__":
    for (page, mark), lines in PARTS.items():
        (DOCS / page).write_text(_with(page, mark, lines), encoding="utf-8")
