"""The glossary is short and in use, and no text or name says a thing by another word."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest

from watchtower.core.incident.incidents import PageState
from watchtower.model import Severity
from watchtower.texts import units

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "watchtower"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| English")
]
HAN = re.compile(r"[\u4e00-\u9fff]")
STORED = {
    *re.findall(r"(?m)^\| `([\w.]+)`", (ROOT / "docs" / "incident-log.md").read_text()),
    *(str(state) for state in PageState),
}
"""Words of the persistent format: renaming one would cost a migration of every store."""


class Line(NamedTuple):
    file: Path
    number: int
    text: str


@dataclass(frozen=True)
class Ban:
    """A word that is not to be said, the term in its place, and how many lines may say it until they are renamed."""

    pattern: str
    term: str
    still: int = 0
    elsewhere: str = ""
    """Files in which the word is right, as a pattern: a law's own term, for example."""


OLD_KEYS = r"config/problems"
"""There stand keys of before, each with what it is called now: a hint names it."""
ENGLISH = (
    Ban(r"\btold\b", "notified", 0, r"detectors/"),
    Ban(r"\bow(e|es|ed)\b", "queued"),
    Ban(r"\bstor(y|ies)\b", "history"),
    Ban(r"\bcourse\b", "timeline"),
    Ban(r"\brotas?\b", "on-call schedule", 0, OLD_KEYS),
    Ban(
        r"\blevels?\b",
        "severity",
        0,
        rf"logs\.|settings\.md|access_log|command\.|kafka_client|texts/measured|checks\.schema|postgres\.py|environment\.py|detectors/|"
        rf"explain/(traffic|anomaly)|{OLD_KEYS}",
    ),
    Ban(r"\bblind(ness)?\b|\bwithout sight\b|\bcannot see\b", "no data", 0, rf"{OLD_KEYS}|docs/detectors/"),
    Ban(r"\breadings\b|\b(a|the|each|every|last|one) reading\b", "sample", 2),
    Ban(r"\bfacts?\b", "measurement", 32),
    Ban(r"\bsurpris(e|ing)\b", "anomaly score", 0, OLD_KEYS),
    Ban(r"\bladder\b|\brungs?\b", "thresholds", 0, OLD_KEYS),
    Ban(r"\bagree\b", "quorum", 0, OLD_KEYS),
    Ban(r"\bbleeding\b", "mitigate"),
    Ban(r"\blocated\b", "cause identified"),
    Ban(r"\brelapse[ds]?\b", "reopened"),
    Ban(r"\blooked after\b", "handled"),
    Ban(r"\bfar sides?\b", "receiver"),
    Ban(r"\bfaults? of ours\b", "bug in watchtower"),
    Ban(r"\bunwell\b", "unavailable"),
    Ban(r"\blanes?\b", "delivery task"),
    Ban(r"\brooms\b", "feature"),
    Ban(r"\bjudge[sd]?\b", "evaluate"),
    Ban(r"\bmend(ed|s)?\b", "fix"),
    Ban(r"\bdoings\b", "action"),
)
CHINESE = (
    Ban(
        "特别重大|（(重大|较大|一般)）|重大(故障|告警)", "致命/严重/中等/轻微", elsewhere="config/packs/"
    ),  # the law itself says so
    Ban("止血|缓解", "止损"),
    Ban("确认接手|我来处理", "认领"),
    Ban("彻底解决", "恢复"),
    Ban("重新打开|再次出现", "复发"),
    Ban("低谷", "低峰"),
    Ban("等效完全中断|等效中断|等效全中断(?!时长)", "等效全中断时长"),
    Ban("(?<!监控)盲区|失明|无法观测", "监控盲区"),
    Ban("核心流程", "核心业务"),
    Ban("支撑(业务|流程)", "次核心业务"),
    Ban("外围(业务|流程)", "非核心业务"),
    Ban("业务流(?!量)", "业务"),
    Ban("状态更新", "进展通报"),
    Ban("事件指挥|指挥人|总指挥", "应急指挥"),
    Ban("联络人", "渠道接口人"),
    Ban("用户感受", "故障现象"),
    Ban("召集会议|建立会议|开启会议", "应急会议"),
    Ban("备班|备岗", "备值"),
    Ban("排班|轮值|轮班", "值班表"),
    Ban("改进项", "改进措施"),
    Ban("关闭复盘|复盘未关闭", "完成复盘"),
    Ban("恢复手段", "快恢预案"),
    Ban("资金损失", "资损", 0, r"deadlines/evidence|internal_drafts|packs/"),
    Ban("意外度", "异常评分"),
    Ban("预警阶梯", "预警阈值"),
    Ban("呼叫|寻呼", "通知"),
    Ban("定责|追责", "复盘"),
)


def _strings(file: Path) -> Iterator[Line]:
    """String constants of a module that are no docstrings."""
    tree = ast.parse(file.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            for offset, text in enumerate(node.value.splitlines()):
                yield Line(file, node.lineno + offset, text)


def _lines(file: Path) -> Iterator[Line]:
    fenced = False
    for number, text in enumerate(file.read_text().splitlines(), 1):
        fenced ^= text.startswith("```")
        yield Line(file, number, text if not fenced else re.sub(r"^[^#]*(?=#|$)", "", text))


def _rows(file: Path) -> Iterator[Line]:
    """The texts of a file in both languages, without their names."""
    for number, row in enumerate(file.read_text().splitlines(), 1):
        yield from (Line(file, number, text) for text in row.split("\t")[1:])


@cache
def said() -> tuple[Line, ...]:
    """All that watchtower says: strings of the source, templates, texts in TOML, docs, and the schemas' keys."""
    out = [line for file in sorted(SOURCE.rglob("*.py")) for line in _strings(file)]
    out += [line for file in sorted(SOURCE.rglob("*.tsv")) for line in _rows(file)]
    shown = [
        *(f for f in sorted(SOURCE.rglob("*")) if f.suffix in (".toml", ".html", ".j2", ".jinja", ".js")),
        *sorted(ROOT.glob("schemas/*.json")), *sorted(ROOT.glob("docs/**/*.md")),
        *sorted(ROOT.glob("*.toml")), *sorted(ROOT.glob("checks/*.toml")),
        *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md")),
    ]  # fmt: skip
    return (*out, *(line for file in shown if file.name != "glossary.md" for line in _lines(file)))


def _unless_stored(line: str, word: re.Match[str]) -> str:
    """Nothing for a stored word that stands by itself, in code or in backticks; not for the same word in a sentence."""
    said = word.group()
    return "" if said.strip("`") in STORED and (said.startswith("`") or line == said) else said


@cache
def in_words() -> tuple[tuple[Line, str], ...]:
    """Each line, and what of it is no stored word."""
    word = re.compile(r"`?\b[\w.]+\b`?")
    return tuple((line, word.sub(partial(_unless_stored, line.text.strip()), line.text)) for line in said())


@cache
def whole(chinese: bool) -> str:
    text = "\n".join(words for _, words in in_words())
    return text if chinese else text.replace("_", " ")


def found(ban: Ban, chinese: bool) -> list[str]:
    pattern = re.compile(ban.pattern, re.IGNORECASE)
    if not pattern.search(whole(chinese)):
        return []
    out = []
    for line, words in in_words():
        path = str(line.file.relative_to(ROOT))
        text = words if chinese else words.replace("_", " ")
        if pattern.search(text) and not (ban.elsewhere and re.search(ban.elsewhere, path)):
            out.append(f"{path}:{line.number}: {line.text.strip()[:120]}")
    return out


@pytest.mark.parametrize("ban", [*ENGLISH, *CHINESE], ids=lambda ban: ban.term)
def test_a_thing_is_called_by_its_term(ban: Ban) -> None:
    lines = found(ban, bool(HAN.search(ban.pattern)))
    assert len(lines) <= ban.still, f"say {ban.term!r} instead:\n" + "\n".join(lines)


def test_the_glossary_has_at_most_fifty_terms_and_one_of_each() -> None:
    assert 0 < len(ROWS) <= 50
    for column in (0, 1):
        words = [row[column] for row in ROWS]
        assert sorted(set(words)) == sorted(words)


def test_each_term_has_one_sentence_in_each_language() -> None:
    for row in ROWS:
        assert len(row) == 4
        assert re.fullmatch(r"[^.]+\.", row[2]), row
        assert re.fullmatch(r"[^。]+。", row[3]), row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_term_is_in_use_in_both_languages(row: list[str]) -> None:
    text = "\n".join(line.text for line in said())
    assert re.search(rf"\b{row[0].replace(' ', '[ _.-]')}", text, re.IGNORECASE), row[0]
    assert row[1] in text, row[1]


def test_severities_are_called_as_the_glossary_calls_them() -> None:
    terms = {row[0]: row[1] for row in ROWS}
    for severity in Severity:
        name = units.SEVERITIES[severity]
        assert terms[name.en] == name.zh
