"""Warnings of channels and checks that will not do what is meant: an error inside an HTTP 200 that counts as
success, missing files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from watchtower.channels.urls import host_of
from watchtower.channels.verdict import Verdict
from watchtower.channels.why import tls_trouble, why
from watchtower.config.check_drafts import ChecksDraft
from watchtower.config.problems import Entry
from watchtower.config.rule_drafts import RulesDraft
from watchtower.trust import tls_context

LINTS: Mapping[str, str] = {
    "missing-ca-file": "a file of authorities, of a certificate or of its key that cannot be used on this machine",
    "vendor-ends": "an address at a vendor that has announced its end",
    "no-success": "a gateway or a receiver that says no inside an HTTP 200, and no `success` that would notice",
}

OPSGENIE = ("https://api.opsgenie.com/", "https://api.eu.opsgenie.com/", "opsgenie://")
"""Its API ends on 2027-04-05."""
SUCCESS: Mapping[str, str] = {
    "oapi.dingtalk.com": 'success = "errcode == `0`"',
    "qyapi.weixin.qq.com": 'success = "errcode == `0`"',
    "open.feishu.cn": 'success = "code == `0`"',
    "open.larksuite.com": 'success = "code == `0`"',
    "slack.com": 'success = "ok"',
    "dysmsapi.aliyuncs.com": "success = \"Code == 'OK'\"",
    "dyvmsapi.aliyuncs.com": "success = \"Code == 'OK'\"",
    "sms.tencentcloudapi.com": "success = \"Response.SendStatusSet[0].Code == 'Ok'\"",
    "sms.yunpian.com": 'success = "code == `0`"',
    "api.smsbao.com": "success_matches = '^0$'",
    "rest.nexmo.com": "success = \"messages[0].status == '0'\"",
    "api.clickatell.com": "success_matches = '^ID: (?P<reference>.+)'",
    "rest.clicksend.com": "success = \"data.messages[0].status == 'SUCCESS'\"",
    "api.netgsm.com.tr": "success_matches = '^0[0-2] (?P<reference>[0-9]+)'",
    "smsc.ru": "success_matches = '^OK'",
    "sms.ru": "success = \"status == 'OK'\"",
}
"""The setting `success` that fits what each gateway documents as its yes."""

BETTER: Mapping[str, str] = {
    "oapi.dingtalk.com": "[channel.dingtalk]",
    "qyapi.weixin.qq.com": "[channel.wecom]",
    "open.feishu.cn": "[channel.feishu]",
    "open.larksuite.com": "[channel.feishu]",
    "slack.com": "[channel.slack]",
}
"""The channel that is made for each: it speaks the vendor's form and knows what follows from each of its codes."""


def warn(checks: ChecksDraft, rules: RulesDraft) -> None:
    """Warns of channels and checks. Call this only when no problem was reported. It leaves out channels that stand
    in where nothing is sent: no file has them."""
    files = [(draft.entry, draft.table) for draft in rules.channel_drafts.values()]
    _warn_of_files([*files, *((check.entry, check.settings) for check in checks.checks)])
    for responder in rules.responders:
        for kind in rules.channels:
            if responder.entry.text(kind).lower().startswith(OPSGENIE):
                hint = "move it to Jira Service Management, such as by the channel apprise with a URL jira://"
                responder.entry.doubtful("vendor-ends", (kind,), "Opsgenie's API ends on 2027-04-05", hint)
    for entry, key, url, settings in _called(rules):
        if settings is None or settings.success or settings.success_matches or settings.success_status:
            continue
        host = host_of(url).lower().rstrip(".")
        known = next((name for name in SUCCESS if host == name or host.endswith(f".{name}")), "")
        if known:
            what = f"{host} says no inside an HTTP 200: such a page would count as delivered"
            hint = f"write {SUCCESS[known]} in the channel's table"
            if known in BETTER:
                hint = f"use {BETTER[known]}, which knows its answers; or {hint}"
            entry.doubtful("no-success", (key,), what, hint)


def _warn_of_files(entries: Iterable[tuple[Entry, object]]) -> None:
    faults: dict[tuple[bool, str], str] = {}
    for entry, settings in entries:
        for key in ("ca_file", "cert_file", "key_file"):
            file = getattr(settings, key, "")
            if not file:
                continue
            anchors = key == "ca_file"
            if (anchors, file) not in faults:
                faults[anchors, file] = _fault(file, anchors)
            if problem := faults[anchors, file]:
                hint = "correct the path, or let this user read the file; until then every attempt fails"
                entry.doubtful("missing-ca-file", (key,), problem, hint)


def _fault(file: str, anchors: bool) -> str:
    """Returns why a file cannot be used; "" where it can. Of authorities (`anchors`) the certificates are read too."""
    try:
        if anchors:
            tls_context(file)
        else:
            with open(file, "rb"):
                pass
    except OSError as error:
        return f"{file} cannot be used: {tls_trouble(error) or why(error)}"
    return ""


def _called(rules: RulesDraft) -> Iterator[tuple[Entry, str, str, Verdict | None]]:
    for draft in rules.channel_drafts.values():
        if isinstance(draft.table, Verdict) and (url := getattr(draft.table, "url", None)) is not None:
            yield draft.entry, "url", url.get_secret_value(), draft.table
    for responder in rules.responders:
        for kind, table in rules.channels.items():
            address = responder.entry.text(kind)
            if address.startswith(("http://", "https://")) and isinstance(table, Verdict):
                yield responder.entry, kind, address, table
