"""A review as Markdown: the numbers are filled in, people write below the marks, and what they wrote is read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from watchtower.brief.markdown import markdown
from watchtower.brief.sheet import Sheet
from watchtower.core.reviews.parts import PARTS, parts, uncommented
from watchtower.core.reviews.review import SECTIONS, ActionItem, Review
from watchtower.model import Instant, Language, Text
from watchtower.values import Frozen

_DECIDED = re.compile(r"^[-*][ \t]+`(\w+)`[^:：\n]*[:：][ \t]*(.*)$", re.MULTILINE)
_CELL = re.compile(r"(?<!\\)\|")
_COLUMNS = ("id", "text", "type", "owner", "due", "acceptance", "state")

HOW = Text(
    "Write below the marks and read it back with `watchtower review {} --import FILE`; what is above is filled in by "
    "itself, and changes there are ignored.",
    "在标记下方撰写，然后用 `watchtower review {} --import 文件` 导入；以上内容自动生成，改动无效。",
)
TITLES = {
    "decided": Text("Decided", "结论"),
    "actions": Text("Actions", "改进措施"),
}
_KEYS: Mapping[str, Text] = {
    "owner": Text("who writes this review", "复盘负责人"),
    "meeting": Text("when it is talked through", "复盘会时间"),
    "cause": Text("the cause in a word or two", "原因标签"),
    "helped": Text("what ended it", "有效措施"),
    "reconciliation": Text("what reconciliation found", "对账结果"),
    "recouped": Text("what was recouped later, such as 1200.50 CNY", "事后补回金额，如 1200.50 CNY"),
    "false_page": Text("was it a false page? yes or no", "是否误报（yes / no）"),
    "source": Text(
        "who detected it first, one of probe, traffic, dependency, money, human, customer", "实际最先发现者"
    ),
}
_HEADS: Mapping[str, Text] = {
    "id": Text("", ""), "text": Text("what", "内容"), "type": Text("detect, prevent, mitigate, process", "类型"),
    "owner": Text("owner", "负责人"), "due": Text("due", "截止"), "acceptance": Text("acceptance criterion", "验收标准"),
    "state": Text("open, done, dropped: why", "状态"),
}  # fmt: skip


class ReviewEdit(Frozen):
    """One action to do, so that the review says what the document says."""

    action: str
    data: Mapping[str, Any]


def document(sheet: Sheet, review: Review, incident: str) -> str:
    """The whole review: what is known by itself, then what people write, with a mark before each part."""
    say = sheet.language
    out = [markdown(sheet), "---\n", f"> {HOW.in_(say).format(incident)}\n"]
    for name, title in SECTIONS.items():
        out.append(_part(title.in_(say), name, review.sections.get(name, "")))
    out.append(_part(TITLES["decided"].in_(say), "decided", decided_list(review, say)))
    out.append(_part(TITLES["actions"].in_(say), "actions", action_table(review, say)))
    return "\n".join(out)


def changes(text: str, review: Review) -> list[ReviewEdit]:
    """What must be done so that the review says what this document says. Raises ValueError with all that is wrong."""
    given = dict(parts(text))
    if not given:
        raise ValueError("there is no mark in it, such as <!-- write: summary -->: export it first")
    wrong = [f"there is no part {name}: {', '.join(PARTS)}" for name in given if name not in PARTS]
    out = [
        ReviewEdit("write", {"section": name, "text": given[name]})
        for name in SECTIONS
        if given.get(name) and given[name] != uncommented(review.sections.get(name, "")).strip()
    ]
    out += _from_decided(given.get("decided", ""), review, wrong)
    out += _from_table(given.get("actions", ""), review, wrong)
    if wrong:
        raise ValueError("\n".join(wrong))
    return out


def _part(title: str, name: str, body: str) -> str:
    return f"## {title}\n\n<!-- write: {name} -->\n\n{body}\n"


def _decided(review: Review) -> dict[str, str]:
    said = {True: "yes", False: "no", None: ""}[review.false_page]
    return {
        "owner": review.owner, "meeting": _iso(review.meeting_at), "cause": review.cause_tag, "helped": review.helped,
        "reconciliation": review.reconciliation, "recouped": review.recouped, "false_page": said, "source": review.source,
    }  # fmt: skip


def _from_decided(body: str, review: Review, wrong: list[str]) -> list[ReviewEdit]:
    given = {key: value.strip() for key, value in _DECIDED.findall(body)}
    wrong += [f"decided: there is no `{key}`: {', '.join(_KEYS)}" for key in given if key not in _KEYS]
    before = {key: " ".join(value.split()) for key, value in _decided(review).items()}
    new = {key: value for key, value in given.items() if value and value != before.get(key)}
    out = []
    if {"owner", "meeting"} & new.keys():
        out.append(_change("review_owner", owner=given.get("owner"), meeting=new.get("meeting")))
    if {"cause", "helped"} & new.keys():
        out.append(_change("tag", tag=given.get("cause") or before["cause"], helped=new.get("helped")))
    if {"reconciliation", "recouped"} & new.keys():
        out.append(_change("reconcile", text=given.get("reconciliation"), recouped=given.get("recouped")))
    if {"false_page", "source"} & new.keys():
        out.append(_change("verdict", false_page=new.get("false_page"), source=new.get("source")))
    return out


def _change(action: str, **data: str | None) -> ReviewEdit:
    return ReviewEdit(action, {name: value for name, value in data.items() if value})


def decided_list(review: Review, language: Language) -> str:
    """What was decided, a line each, to be written into."""
    values = _decided(review)
    lines = [
        f"- `{key}` ({title.in_(language)}): {' '.join(values[key].split())}" for key, title in _KEYS.items()
    ]
    return "\n".join(lines)


def action_table(review: Review, language: Language) -> str:
    """The action items, with an empty row for a new one."""
    heads = [_HEADS[name].in_(language) for name in _COLUMNS]
    rows = [heads, ["---"] * len(heads), *(_cells(item) for item in review.actions), [""] * len(heads)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(item: ActionItem) -> list[str]:
    state = f"dropped: {item.dropped}" if item.dropped else item.state
    row = [item.id, item.text, item.type, item.owner, _iso(item.due)[:10], item.acceptance, state]
    return [
        " ".join(cell.replace("\\", "\\\\").replace("|", "\\|").replace("<!--", "&lt;!--").split())
        for cell in row
    ]


def _from_table(body: str, review: Review, wrong: list[str]) -> list[ReviewEdit]:
    out: list[ReviewEdit] = []
    rows = [line.strip() for line in body.splitlines() if line.strip().startswith("|")]
    for row in rows[2:]:
        cells = [_plain(cell) for cell in _CELL.split(row.strip().removeprefix("|").removesuffix("|"))]
        if not any(cells):
            continue
        if len(cells) != len(_COLUMNS):
            wrong.append(f"actions: {row}: {len(cells)} columns instead of {len(_COLUMNS)}")
            continue
        given = dict(zip(_COLUMNS, cells, strict=True))
        out += _row(given, review, wrong)
    return out


def _row(given: dict[str, str], review: Review, wrong: list[str]) -> list[ReviewEdit]:
    id, state = given["id"].upper(), given.pop("state")
    item = review.action(id) if id else None
    if id and item is None:
        wrong.append(f"actions: there is no action {id}: leave its first column empty to add one")
        return []
    before = dict(zip(_COLUMNS, map(_plain, _cells(item)), strict=True)) if item else {}
    new = {
        name: value for name, value in given.items() if name != "id" and value and value != before.get(name)
    }
    out = [ReviewEdit("action", new | ({"id": id} if id else {}))] if new else []
    word, _, why = state.partition(":")
    if item is not None and item.open and word.strip().lower() in ("done", "dropped", "完成", "取消"):
        dropped = (
            {"dropped": why.strip() or word.strip()} if word.strip().lower() in ("dropped", "取消") else {}
        )
        out.append(ReviewEdit("action_done", {"id": id, **dropped}))
    elif word.strip().lower() not in ("", "open", "done", "dropped", "完成", "取消"):
        wrong.append(f'actions: {id or given["text"]}: state "{state}": write open, done or dropped: why')
    return out


def _plain(cell: str) -> str:
    return cell.strip().replace("&lt;!--", "<!--").replace("\\|", "|").replace("\\\\", "\\")


def _iso(at: Instant | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%MZ}"
