"""Every refusal that the API and the pages write has its Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from watchtower.api import refusals
from watchtower.api.refusals import in_language, translated
from watchtower.model import Language

SOURCE = Path(refusals.__file__).parents[1]
SAME = (  # addresses and commands
    "/api/v1/schedule/NAME.ics, or .json", "BASE_URL/callbacks/CHANNEL/SECRET: see docs/delivery.md", "watchtower account link",
    "watchtower account list",
)  # fmt: skip


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that an argument may be, with X for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "X" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from texts(one)
            yield from texts(other)
        case ast.BoolOp(values=several):
            for one in several:
                yield from texts(one)


ENGINE = (
    "*/actions.py", "actions/action.py", "changes/stage.py", "drills/stage.py", "silences/stage.py", "silences/silence.py",
    "pipeline/take_over.py", "pipeline/declare.py", "pipeline/afterwards.py", "people/overrides.py", "plan/recurrence.py",
    "parse_time.py", "matchers.py",
)  # fmt: skip
"""Where the engine says why it does not do what people ask for."""
AFTER_THE_RULE = ("silence.py", "recurrence.py")
"""Their texts follow the rule in a sentence."""


def reasons() -> Iterator[tuple[str, str]]:
    """Each reason of the engine with its file."""
    for file in [file for pattern in ENGINE for file in (SOURCE / "core").glob(pattern)]:
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Return(value=ast.expr() as said):
                    pass
                case ast.Raise(exc=ast.Call(func=ast.Name(id="ValueError"), args=[said, *_])):
                    pass
                case ast.Call(func=ast.Attribute(value=ast.Name(id="wrong"), attr="append"), args=[said]):
                    pass
                case _:
                    continue
            for text in texts(said):
                if re.search(r"[a-zX]+ [a-z]+ \w+|^[a-z]+ [a-z]+$", text):
                    yield f"X {text}: X" if file.name in AFTER_THE_RULE else text, file.name


def written() -> Iterator[tuple[str, str]]:
    """Each refusal with its file."""
    for file in [
        *(SOURCE / "api").glob("*.py"),
        *(SOURCE / "web").rglob("*.py"),
        *(SOURCE / "access").glob("*.py"),
    ]:
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="ApiError"), args=[_, *said]):
                    pass
                case ast.Call(func=ast.Name(id="refusal"), args=[_, _, *said]):
                    pass
                case ast.Call(func=ast.Name(id="AccessRefused"), args=said):
                    pass
                case ast.Call(func=ast.Attribute(value=ast.Name(id="wrong"), attr="append"), args=said):
                    pass
                case _:
                    continue
            for one in said:
                yield from ((text, file.name) for text in texts(one) if text)


def test_every_refusal_is_translated() -> None:
    found = {*written(), *reasons()}
    assert len(found) > 180
    missing = {(text, file) for text, file in found if text not in SAME and translated(text) is None}
    known = {  # of parts that stand in the table each by itself
        ("the configuration X; the one before it stays in force", "operations.py"),
        ('"X" is no cause of [review] causesX', "actions.py"),
        ("X is X", "actions.py"),
    }
    assert missing == known, "write them into src/watchtower/api/refusals.tsv"


def test_the_table_has_each_sentence_once_and_its_gaps_in_both_languages() -> None:
    rows = [row.split("\t") for row in (SOURCE / "api" / "refusals.tsv").read_text().splitlines()]
    assert len({en for en, _ in rows}) == len(rows)
    for en, zh in rows:
        assert en.count("{}") == zh.count("{}") + zh.count("{0}") + zh.count("{1}"), en


def test_sentences_within_sentences_and_lines() -> None:
    said = 'there is no flow "chekout": did you mean "checkout"?\n"kind" is none of deploy, config\nli wrote this'
    assert in_language(said, Language.ZH) == (
        '没有业务 "chekout"：是否指 "checkout"？\n"kind" 不是以下之一：deploy, config\nli wrote this'
    )
    assert in_language(said, Language.EN) == said
