"""Two channels of one kind: `[channel.sms.cn]` and `[channel.sms.abroad]`, by responder, by number, by order."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.channels.kinds.sms.gateway import SmsGateway
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.config.summary import summary
from watchtower.core.notify.channel_choice import choices, chosen
from watchtower.core.plan.paging import Responder
from watchtower.errors import ConfigError

CHECK = '[[check]]\nname = "c"\nprobe = "tcp"\naddress = "127.0.0.1:9"\n'
RULE = '[[rule]]\nname = "down"\nmatch = {}\nwhen = "latency > 1.0"\nseverity = "P3"\nsummary = { en = "down", zh = "中断" }\n'
TWO = """
[channel.sms.cn]
file = "cn.txt"
numbers = ["+86"]

[channel.sms.abroad]
file = "abroad.txt"
"""


def read(folder: Path, channels: str, *people: str, **environ: str) -> Loaded:
    (folder / "checks").mkdir(exist_ok=True)
    (folder / "checks/one.toml").write_text(CHECK)
    text = (
        RULE + channels + "".join(f'\n[[responder]]\nname = "p{n}"\n{one}\n' for n, one in enumerate(people))
    )
    (folder / "rules.toml").write_text(text, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", environ)


def order(loaded: Loaded, name: str = "p0") -> list[str]:
    return chosen(loaded.plan.channels, loaded.plan.responders[name], "sms")


@pytest.mark.parametrize(
    ("person", "wanted"),
    [
        ('sms = "+8613800138000"', ["sms.cn", "sms.abroad"]),
        ('sms = "+4915112345678"', ["sms.abroad"]),
        ('sms = "+8613800138000"\nchannels = ["sms.abroad"]', ["sms.abroad"]),
        ('sms = "+8613800138000"\nchannels = ["sms.abroad", "sms.cn"]', ["sms.abroad", "sms.cn"]),
    ],
)
def test_a_responder_or_a_number_says_which_goes_first(
    tmp_path: Path, person: str, wanted: list[str]
) -> None:
    loaded = read(tmp_path, TWO, person)
    assert order(loaded) == wanted
    assert summary(loaded)["responders"][0]["channels"] == wanted, "check-config shows it"


def test_the_longest_beginning_goes_first_and_a_single_table_keeps_its_name(tmp_path: Path) -> None:
    hong_kong = '[channel.sms.all]\nfile = "a"\n[channel.sms.hk]\nfile = "h"\nnumbers = ["+85", "+852"]\n'
    asia = '[channel.sms.asia]\nfile = "b"\nnumbers = ["+85"]\n'
    assert order(read(tmp_path, hong_kong + asia, 'sms = "+85212345678"')) == [
        "sms.hk",
        "sms.asia",
        "sms.all",
    ]
    assert order(read(tmp_path, '[channel.sms]\nfile = "a"\n', 'sms = "+85212345678"')) == ["sms"]


def test_a_page_is_tried_where_nothing_fits_any_more() -> None:
    """A reload took the gateway of a number away while a page was in the outbox."""
    table = SmsGateway.Settings
    left = {"sms.de": table(file="a", numbers=("+49",)), "sms.us": table(file="b", numbers=("+1",))}
    li = Responder(name="li", role="oncall", addresses={"sms": "+8613800138000"}, channels=("sms.cn",))
    assert chosen(left, li, "sms") == ["sms.de", "sms.us"]


@pytest.mark.parametrize(
    ("channels", "person", "said"),
    [
        (TWO, 'sms = "+8613800138000"\nchannels = ["sms.cm"]', 'did you mean "sms.cn"?'),
        (TWO, 'sms = "+4915112345678"\nchannels = ["sms.cn"]', "sms.cn serves +86"),
        (TWO, 'email = "li@example.com"', "the channel email is not configured"),
        ('[channel.sms]\nfile = "a"\nnumbers = ["+86"]\n', 'sms = "+4915112345678"', "sms serves +86"),
        (
            '[channel.sms.cn]\nfile = "a"\nnumbers = ["0086"]\n',
            'sms = "+8613800138000"',
            "how a number begins",
        ),
        (TWO, 'sms = "0086 138 0013 8000"', "is not a phone number with its country code"),
        (TWO + '\n[channel.sms.cn2]\nfle = "x"\n', 'sms = "+8613800138000"', 'unknown key "fle"'),
        ('[channel.sms."c n"]\nfile = "x"\n', 'sms = "+8613800138000"', "is no name for a channel"),
        (
            '[channel.sms.cn]\nurl = "https://a.example"\npassword = "x"\njson = { to = "{{ to }}", t = "{{ text }}" }\n',
            'sms = "+8613800138000"',
            "SMS_CN_PASSWORD",
        ),
    ],
)
def test_check_config_says_what_cannot_be(tmp_path: Path, channels: str, person: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, channels, person)
    assert said in str(refused.value)


EQUAL = TWO.replace('"abroad.txt"', '"abroad.txt"\nnumbers = ["+86"]')


def test_two_that_serve_a_number_equally_are_refused_until_an_order_is_said(tmp_path: Path) -> None:
    person = 'sms = "+8613800138000"'
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, EQUAL, person)
    [problem] = refused.value.problems
    assert (Path(problem.file).name, problem.line) == ("rules.toml", 12)
    assert problem.what == "sms.cn and sms.abroad serve +86 equally, and nothing says which is tried first"
    assert "order = 1" in problem.hint
    assert order(read(tmp_path, EQUAL.replace('"cn.txt"', '"cn.txt"\norder = 1'), person)) == [
        "sms.abroad",
        "sms.cn",
    ]
    assert read(tmp_path, EQUAL, person + '\nchannels = ["sms.cn", "sms.abroad"]')


def test_what_is_chosen_says_why(tmp_path: Path) -> None:
    loaded = read(tmp_path, TWO, 'sms = "+8613800138000"')
    found = choices(loaded.plan.channels, loaded.plan.responders["p0"], "sms")
    assert [(one.name, one.why.en) for one in found] == [
        ("sms.cn", "for +86"),
        ("sms.abroad", "for any number"),
    ]
