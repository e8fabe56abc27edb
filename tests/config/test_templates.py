"""check-config proves that every page of a plan fits the approved templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.channels.test_two_of_a_kind import RULE
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.errors import ConfigError

FOUR = '{use} = {{ zh = "1" }}\n'
USES = ("page", "reminder", "resolved", "notice")
ALIBABA = 'provider = "alibaba"\naccess_key_id = "${K}"\naccess_key_secret = "${K}"\nsign_name = "守望"\n'
TENCENT = 'provider = "tencent"\nsecret_id = "${K}"\nsecret_key = "${K}"\nsdk_app_id = "1400006666"\nsign_name = "守望"\n'
LI = '\n[[responder]]\nname = "li"\nsms = "+8613800138000"\nlanguage = "zh"\n'
WANG = '\n[[responder]]\nname = "wang"\nsms = "+8613800138001"\nlanguage = "en"\n'
MAIL = '[channel.email]\nsender = "w@example.com"\nhost = "mail.example.com"\n'


def read(
    folder: Path,
    vendor: str,
    more: str = "",
    uses: tuple[str, ...] = USES,
    title: str = "登录",
    people: str = LI,
    severity: str = "P3",
) -> Loaded:
    (folder / "checks").mkdir()
    flow = f'[flow.f]\ntitle = {{ en = "Login", zh = "{title}" }}\n'
    check = '[[check]]\nname = "c"\nprobe = "tcp"\naddress = "127.0.0.1:9"\nflow = "f"\ntitle = "TCP"\n'
    (folder / "checks/one.toml").write_text(flow + check, encoding="utf-8")
    tables = f"[channel.sms.cn]\n{vendor}{more}\n[channel.sms.cn.templates]\n"
    tables += "".join(f'{use} = {{ zh = "1" }}\n' for use in uses)
    (folder / "rules.toml").write_text(RULE.replace("P3", severity) + tables + people, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", {"K": "key-of-the-tests-1"})


def problems(folder: Path, *args: str, **how: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, *args, **how)  # type: ignore[arg-type]
    assert all(one.line and one.file.endswith("rules.toml") for one in caught.value.problems)
    return [f"{one.where}: {one.what} {one.hint}" for one in caught.value.problems]


@pytest.mark.parametrize("vendor", [ALIBABA, TENCENT])
def test_a_plan_that_fits_is_taken(tmp_path: Path, vendor: str) -> None:
    loaded = read(tmp_path, vendor)
    assert not [one for one in loaded.warnings if one.name == "refused-word"]


def test_a_page_without_a_template_is_named(tmp_path: Path) -> None:
    [said] = problems(tmp_path, ALIBABA, uses=("page", "resolved"), people=LI + WANG)
    assert (
        "templates: there is no template for page.en, reminder.en, reminder.zh, resolved.en, notice.en, notice.zh"
        in said
    )
    assert "such pages would reach nobody by sms.cn" in said


def test_a_title_that_does_not_fit_is_named_with_its_length(tmp_path: Path) -> None:
    [said] = problems(tmp_path, TENCENT, title="企业网银批量转账")
    assert '6 characters fit into a template\'s title (zh), and "企业网银批量转账" has 8' in said
    assert 'short = { "企业网银批量转账" = "…" }' in said


def test_a_short_name_mends_it(tmp_path: Path) -> None:
    read(tmp_path, TENCENT, 'short = { "企业网银批量转账" = "批量业务" }\n', title="企业网银批量转账")


def test_a_language_that_nobody_reads_needs_to_fit_nothing(tmp_path: Path) -> None:
    read(tmp_path, TENCENT, title="登录")  # "Login" has five, but nobody reads English


def test_words_that_the_vendor_refuses_are_found(tmp_path: Path) -> None:
    [said] = [one for one in read(tmp_path, TENCENT, title="支付下单").warnings if one.name == "refused-word"]
    assert '"支付下单" (支付)' in said.what
    assert said.where == "channel.sms.cn: short"


def test_alibaba_takes_them(tmp_path: Path) -> None:
    loaded = read(tmp_path, ALIBABA, title="支付下单")
    assert not [one for one in loaded.warnings if one.name == "refused-word"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("parameter_length = 6\n", "a template holds the code of a link, which has 8 characters; 6 fit"),
        ("parameter_length = 5\n", "parameter_length: must be at least 6"),
        ("parameter_lengths = { titel = 9 }\n", '"titel" is none of'),
        ("parameter_lengths = { title = 3 }\n", "title must have 6 to 200 characters"),
        ('endpoint = "dysmsapi"\n', "endpoint: "),
        ('numbers = ["86"]\n', "is not how a number begins"),
        ('sing_name = "x"\n', 'unknown key "sing_name"'),
    ],
)
def test_a_wrong_setting_is_said(tmp_path: Path, more: str, said: str) -> None:
    assert any(said in one for one in problems(tmp_path, ALIBABA, more))


def test_a_text_that_no_vendor_approves_is_refused(tmp_path: Path) -> None:
    wrong = (
        '\n[channel.sms.cn.templates.page]\nzh = { code = "1", text = "告警{{ severity }}，{{ title }}" }\n'
    )
    assert any(
        "two variables beside each other" in one for one in problems(tmp_path, ALIBABA, wrong, uses=())
    )


def test_a_key_in_the_file_is_refused(tmp_path: Path) -> None:
    told = problems(tmp_path, ALIBABA.replace("${K}", "LTAI-in-the-file", 1))
    assert any("a secret does not belong in a file" in one for one in told)


def test_what_a_vendor_allows_by_default_is_played(tmp_path: Path) -> None:
    """Two SMS a day are Tencent's default: nobody wrote it, and a P0 does not fit into it."""
    [said] = [one for one in read(tmp_path, TENCENT, severity="P0").warnings if one.name == "small-budget"]
    assert said.where == "channel.sms.cn: budget"
    assert "2/1d carries to li" in said.what
