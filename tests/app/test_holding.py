"""What a reload would drop: by whole kinds, by files that say nothing any more, by files that are cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.app.holding import weigh
from watchtower.config.load import load
from watchtower.config.loaded import Loaded

RULES = """
[channel.email]
mailbox = "var/mailbox"
[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P1"
"""
MORE = """
[[rule]]
name = "gone"
match = {}
when = 'outcome == "unknown"'
severity = "P3"
"""
CHECKS = {
    "a.toml": '[[check]]\nname = "bank"\nprobe = "tcp"\naddress = "bank.example:443"\n',
    "b.toml": '# the second\n[[check]]\nname = "mail"\nprobe = "tcp"\naddress = "mail.example:25"\n',
}


class Site:
    def __init__(self, home: Path) -> None:
        self.rules, self.checks = home / "rules.toml", home / "checks"
        self.checks.mkdir()
        self.rules.write_text('include = ["more*.toml"]\n' + RULES)
        self.more = home / "more.toml"
        self.more.write_text(MORE)
        (home / "more-people.toml").write_text("# nobody yet\n")
        for name, text in CHECKS.items():
            (self.checks / name).write_text(text)
        self.loaded = self.read()

    def read(self) -> Loaded:
        return load(self.rules, self.checks, {})

    def dropped(self) -> tuple[list[str], bool]:
        problems, every = weigh(self.loaded, self.read(), self.rules)
        return [f"{Path(problem.file).name}: {problem.what}" for problem in problems], every


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff", "\r\n# x\r\n"])
def test_a_file_that_came_out_empty_is_told(site: Site, text: str) -> None:
    (site.checks / "b.toml").write_text(text)
    assert site.dropped() == (['b.toml: it holds nothing any more; missing: check "mail"'], False)


def test_a_file_that_is_gone_is_told(site: Site) -> None:
    (site.checks / "b.toml").unlink()
    assert site.dropped() == (['b.toml: it is gone, and with it: check "mail"'], False)


def test_an_included_file_that_is_gone_is_told(site: Site) -> None:
    site.more.unlink()
    assert site.dropped() == (['more.toml: it is gone, and with it: rule "gone"'], False)


def test_an_empty_rules_file_drops_every_rule_and_everybody(site: Site) -> None:
    site.more.unlink()
    site.rules.write_text("")
    said, every = site.dropped()
    assert every
    assert said[:2] == [
        "rules.toml: every rule is gone: down, gone",
        "rules.toml: every responder is gone: li",
    ]


@pytest.mark.parametrize("cut", ["", "\n", "   "])
def test_a_file_that_is_cut_off_and_still_parses_is_told(site: Site, cut: str) -> None:
    whole = site.rules.read_text() + MORE.replace('"gone"', '"more"')
    site.rules.write_text(whole)
    site.loaded = site.read()
    site.rules.write_text(whole[: whole.index("[[rule]]", whole.index("[[rule]]") + 1)].rstrip() + cut)
    assert site.dropped() == (['rules.toml: it looks cut off; missing: rule "more"'], False)


def test_what_moves_to_another_file_or_is_edited_is_taken_at_once(site: Site) -> None:
    (site.checks / "b.toml").rename(site.checks / "c.toml")
    assert site.dropped() == ([], False)
    (site.checks / "a.toml").write_text(CHECKS["a.toml"].replace("bank.example", "bank2.example"))
    assert site.dropped() == ([], False)
    (site.checks / "c.toml").write_text(CHECKS["b.toml"].replace('"mail"', '"post"'))
    site.loaded = site.read()
    (site.checks / "a.toml").write_text(CHECKS["a.toml"] + "# a comment\n")
    assert site.dropped() == ([], False)


def test_one_rule_taken_out_in_the_middle_is_taken_at_once(site: Site) -> None:
    site.rules.write_text(site.rules.read_text() + MORE.replace('"gone"', '"more"'))
    site.loaded = site.read()
    text = site.rules.read_text()
    begin = text.index("[[rule]]")
    site.rules.write_text(text[:begin] + text[text.index("[[rule]]", begin + 1) :])
    assert site.dropped() == ([], False)


def test_files_of_secrets_are_not_kept(site: Site, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush")
    site.more.write_text(
        MORE
        + '[channel.sms]\nurl = "http://127.0.0.1/?key=${KEY}"\njson = { to = "{{ to }}", text = "{{ text }}" }\n'
    )
    loaded = load(site.rules, site.checks, {"KEY_FILE": str(tmp_path / "password")})
    assert tmp_path / "password" in loaded.files
    names = {"rules.toml", "more.toml", "more-people.toml", "a.toml", "b.toml"}
    assert {file.name for file in loaded.texts} == names
