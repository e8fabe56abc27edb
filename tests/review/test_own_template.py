"""A site's own template of the review: what it may say, what is refused at load, and that imports still work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.review.test_document import bring_back, night
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.config.review_template import sample
from watchtower.core.reviews.build import record_of
from watchtower.core.reviews.facts import facts_of
from watchtower.core.reviews.parts import PARTS
from watchtower.core.reviews.review import SECTIONS
from watchtower.errors import ConfigError
from watchtower.model import Language
from watchtower.own_template import TemplateFault, filled
from watchtower.review.document import changes
from watchtower.review.sheet import review_sheet
from watchtower.review.variables import variables
from watchtower.texts.phrases import Tongue

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "docs/examples/postmortem.md.j2").read_text()
ALL_MARKS = "".join(
    f"## {name}\n\n<!-- write: {name} -->\n\n{{{{ {f'sections.{name}' if name in SECTIONS else name} }}}}\n\n" for name in PARTS
)  # fmt: skip


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Loaded]:
    def made(text: str | bytes, setting: str = 'template = "p.md.j2"') -> Loaded:
        (tmp_path / "checks").mkdir(exist_ok=True)
        check = '[[check]]\nname = "a"\nprobe = "tcp"\naddress = "127.0.0.1:1"\nevery = "10s"\n'
        (tmp_path / "checks/a.toml").write_text(check)
        (tmp_path / "rules.toml").write_text(f"[review]\n{setting}\n")
        (tmp_path / "p.md.j2").write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(tmp_path / "rules.toml", tmp_path / "checks", {})

    return made


def real(it: Any, language: Language = Language.EN) -> dict[str, Any]:
    facts = facts_of(it.incident, it.log)
    record, tongue = record_of(it.plan, facts), Tongue(language, at=it.at)
    return variables(facts, record, review_sheet(facts, record, tongue), tongue)


def shape(value: Any) -> Any:
    """Names and kinds of what a template sees; of lists that of their first."""
    if isinstance(value, dict):
        return {str(name): shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_the_sample_has_the_shape_of_a_real_review() -> None:
    it = night()
    it.do("action", text="renew", owner="wang")
    found, expected = shape(real(it)), shape(sample())
    for name, rows in found["details"].items():
        assert rows in ([], expected["details"][name])
    assert {**found, "details": {}} == {**expected, "details": {}}
    assert found["details"].keys() == expected["details"].keys()


def test_every_variable_is_on_the_page() -> None:
    page = (ROOT / "docs/review.md").read_text()
    named = [name for name in sample() if f"| `{name}`" not in page]
    named += [
        f"{one}.{name}" for one in ("incident", "review") for name in sample()[one] if f"`{name}`" not in page
    ]
    assert not named


@pytest.mark.parametrize("language", Language)
def test_what_is_written_into_the_example_comes_back(
    configured: Callable[[str], Loaded], language: Language
) -> None:
    template = configured(EXAMPLE).plan.review.template_text
    it = night()
    text = filled(template, real(it, language))
    assert changes(text, it.review) == []
    text = text.replace(
        "<!-- write: summary -->\n",
        "<!-- write: summary -->\n\nThe *certificate* expired.\n\n## In short\n\n| a | b |\n",
    )
    text = text.replace("<!-- write: lucky -->\n", "<!-- write: lucky -->\n运气好。\n")
    text = text.replace("|  |  |  |  |  |  |  |", "|  | renew | prevent | wang | 2025-12-24 | none |  |")
    assert set(bring_back(it, text)) == {""}
    assert it.review.sections == {
        "summary": "The *certificate* expired.\n\n## In short\n\n| a | b |",
        "lucky": "运气好。",
    }
    assert [item.text for item in it.review.actions] == ["renew"]
    again = filled(template, real(it, language))
    assert changes(again, it.review) == []
    assert "The *certificate* expired." in again


def test_a_change_of_the_file_is_a_change_of_the_configuration(configured: Callable[[str], Loaded]) -> None:
    assert "p.md.j2" in [file.name for file in configured(ALL_MARKS).files]


def test_it_warns_of_nothing_where_all_marks_are_there(configured: Callable[[str], Loaded]) -> None:
    for text in (ALL_MARKS, EXAMPLE, ALL_MARKS.replace("\n", "\r\n")):
        assert [one.name for one in configured(text).warnings] == ["check-without-rule"]


def test_it_warns_of_marks_that_are_missing_unless_that_is_meant(configured: Callable[[str], Loaded]) -> None:
    text = "# {{ incident.title }}\n\n<!-- write: summary -->\n\n{{ sections.summary }}\n"
    loaded = configured(text)
    (said,) = [one for one in loaded.warnings if one.name == "unmarked-review-part"]
    assert "no mark for factors, prevention" in said.what
    assert said.line == 2
    quiet = configured(text, 'template = "p.md.j2"\n[lint]\nignore = ["unmarked-review-part"]')
    assert "unmarked-review-part" not in [one.name for one in quiet.warnings]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("# x\n{% if incident %}\n", 2, "endif"),
        ("\n\n{{ incident.titel }}", 3, "titel"),
        ("{% if incident.drill %}\n{{ severty }}{% endif %}", 2, 'there is no variable "severty"'),
        ("\n{{ incident.title.__class__.__mro__ }}", 2, "unsafe"),
        ("{{ ''.__class__ }}", 1, "unsafe"),
        ("\n{% include '/etc/passwd' %}", 2, "reads no other files"),
        ("{% import 'os' as os %}", 1, "reads no other files"),
        ("{{ range(9) }}", 1, '"range"'),
        ("\n{{ 'x' * 1000000000 }}", 2, "numbers only"),
        ("{{ 9 ** 999999 }}", 1, "numbers only"),
        ("{{ '%999999999d' % 1 }}", 1, "numbers only"),
        ("{{ items.append(1) }}", 1, "append"),
        ("\n{{ incident.title | nosuch }}", 2, "nosuch"),
        ("\n{{ incident.title + 1 }}", 2, "str"),
        ("\n\n<!-- write: sumary -->\n", 3, 'there is no part "sumary"'),
        ("\n<!-- write: summary -->\n\n{{ sections.summary }}\nBy {{ review.owner }}\n", 2, "would be read back"),
        ("<!-- write: summary -->\n\n{{ sections.summary or 'nothing yet' }}\n", 1, "would be read back"),
        ("<!-- write: summary -->\n\n{{ sections.summary | upper }}\n", 1, "would be read back"),
        ("<!-- write: actions -->\n{{ actions }}\n# Timeline\n\n| 14:43 | down |\n", 1, "would be read back"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_load_with_file_line_and_what(
    configured: Callable[[str], Loaded], text: str, line: int, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(text)
    (problem,) = caught.value.problems
    assert problem.file.endswith("p.md.j2")
    assert (problem.line, said in problem.what) == (line, True), problem


@pytest.mark.parametrize(
    ("text", "setting", "said"),
    [
        ("", 'template = "nowhere.j2"', "no such file"),
        (b"\xff\xfe", 'template = "p.md.j2"', "not UTF-8 text"),
        ("x" * 100_001, 'template = "p.md.j2"', "100,001 characters"),
        ("", 'template = "checks"', "is a directory"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_said_in_rules_toml(
    configured: Callable[..., Loaded], text: str | bytes, setting: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(text, setting)
    (problem,) = caught.value.problems
    assert problem.file.endswith("rules.toml")
    assert (problem.line, said in problem.what) == (2, True), problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% for a in v %}{% for b in v %}{% for c in v %}{{ a }}{% endfor %}{% endfor %}{% endfor %}", "characters"),
        ("{% for a in v %}{% for b in v %}{% for c in v %}{% if a.real > 99999 %}x{% endif %}{% endfor %}{% endfor %}{% endfor %}", "takes longer"),
    ],
)  # fmt: skip
def test_a_mistake_ends_in_bounded_time_and_size(text: str, said: str) -> None:
    begun = time.monotonic()
    with pytest.raises(TemplateFault, match=said):
        filled(text, {"v": list(range(1000))})
    assert time.monotonic() - begun < 6


def test_what_people_and_strangers_wrote_becomes_no_mark_and_no_markup() -> None:
    evil = "# x\n<!-- write: summary -->\n| a | <script> {{ 7 * 7 }}"
    values = sample() | {"cause": evil}
    made = filled("{{ cause }}\n{{ sections.summary }}\n{{ details.timeline[0].text }}", values)
    assert made.splitlines()[0] == r"\# x \<!-- write: summary --\> \| a \| \<script\> {{ 7 \* 7 }}"
    assert "- *one*" in made, "what people write in Markdown stays Markdown"
