"""Proves that every page of this plan fits the approved templates of the channels that carry it.

Measured values have texts for every length; what people named has one name each, so it is these that may not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from watchtower.channels import channel_class
from watchtower.channels.template_texts import PLACE, TemplateSettings, TemplateUse, text_of
from watchtower.channels.template_values import allowed
from watchtower.config.problems import Entry
from watchtower.config.rule_drafts import RulesDraft
from watchtower.core.notify.channel_choice import chosen, kind_of
from watchtower.core.notify.measured import title_of
from watchtower.core.plan import Plan
from watchtower.model import Language, Text

LINTS: Mapping[str, str] = {
    "refused-word": "a name or a summary with a word that the vendor of approved templates refuses",
}
_CODE = 8
_NAMED = 5
"""Names in one sentence."""


def check_templates(rules: RulesDraft, plan: Plan) -> None:
    """Reports pages without a template, and names that do not fit; warns of words that a vendor refuses."""
    for name, draft in rules.channel_drafts.items():
        table = draft.table
        if not isinstance(table, TemplateSettings):
            continue
        languages = _languages(plan, name)
        lacking = [
            f"{use}.{one}" for use in TemplateUse for one in languages if table.templates.of(use, one) is None
        ]
        if lacking:
            what = f"there is no template for {', '.join(lacking)}: such pages would reach nobody by {name}"
            draft.entry.wrong(
                ("templates",), what, f'write {lacking[0]} = "the code of the approved template"'
            )
        for language in languages:
            _check_fit(draft.entry, table, plan, language, _texts(name, table, language))
            _warn_of_words(draft.entry, table, plan, language, _refused(name, table))


def _languages(plan: Plan, name: str) -> list[Language]:
    """Returns the languages of those who may be paged by this channel."""
    found = {
        one.language
        for one in plan.responders.values()
        if kind_of(name) in one.addresses and name in chosen(plan.channels, one, kind_of(name))
    }
    return sorted(found)


def _texts(name: str, table: TemplateSettings, language: Language) -> list[str]:
    link: Text = channel_class(kind_of(name), getattr(table, "provider", "")).link
    return [text_of(table.templates.of(use, language), use, language, link) for use in TemplateUse]


def _refused(name: str, table: TemplateSettings) -> Sequence[str]:
    made = channel_class(kind_of(name), getattr(table, "provider", ""))
    words: Sequence[str] = getattr(made, "refused_words", ())
    return words


def _check_fit(
    entry: Entry, table: TemplateSettings, plan: Plan, language: Language, texts: Sequence[str]
) -> None:
    used = {name for text in texts for name in PLACE.findall(text)}
    if "code" in used and table.most("code") < _CODE:
        what = f"a template holds the code of a link, which has {_CODE} characters; {table.most('code')} fit"
        entry.wrong(
            ("parameter_length",), what, "write parameter_lengths = { code = 8 }, or a text without it"
        )
    if "title" not in used:
        return
    most = table.most("title")
    names = {title.in_(language) for title in _titles(plan)}
    long = sorted(name for name in names if len(allowed(table.named(name))) > most)
    if long:
        said = ", ".join(f'"{name}" has {len(allowed(table.named(name)))}' for name in long[:_NAMED])
        more = f" and {len(long) - _NAMED} more" if len(long) > _NAMED else ""
        what = f"{most} characters fit into a template's title ({language}), and {said}{more}"
        entry.wrong(("short",), what, f'give each a short name: short = {{ "{long[0]}" = "…" }}')


def _warn_of_words(
    entry: Entry, table: TemplateSettings, plan: Plan, language: Language, words: Sequence[str]
) -> None:
    said = [table.named(title.in_(language)) for title in (*_titles(plan), plan.product)]
    said += [
        re.sub(r"\{\{.*?\}\}", "", rule.summary.in_(language)) for rule in plan.rules.values() if rule.summary
    ]
    found = {
        text: word
        for text in dict.fromkeys(said)
        if (word := next((word for word in words if word in text.lower()), ""))
    }
    if found:
        named = ", ".join(f'"{text}" ({word})' for text, word in list(found.items())[:_NAMED])
        what = f"the vendor refuses content about finance in every class, and a page may say {named}"
        first = next(iter(found))
        entry.doubtful(
            "refused-word", ("short",), what, f'give it another name: short = {{ "{first}" = "…" }}'
        )


def _titles(plan: Plan) -> Iterator[Text]:
    """Yields what an incident may be about."""
    yield from (flow.title for flow in plan.flows.values())
    yield from (title_of(check) for check in plan.checks.values())
