"""A channel is one file: nothing else in the source names its kind."""

from __future__ import annotations

import ast
from pathlib import Path

import watchtower
from watchtower.channels import kinds

SOURCE = Path(watchtower.__file__).parent
NAMING = ("channels/kinds/", "demo/", "switches/")
"""The kinds themselves; a story of people who have them; `[degrade.NAME.on.webhook]`, which is no channel."""

OF_AN_ACCOUNT = ("access/oidc.py", "config/environment.py", "web/sign_in.py")
"""`email` is a claim of the provider by whom people sign in."""
OF_A_VENDOR = ("probes/balance_tencent.py",)
"""`sms` is a service of the vendor, whose packages are counted."""
OF_OTHERS = ("probes/webhook.py", "api/webhooks.py", "config/others_alerts.py", "probes/registry.py")
"""`webhook` is the probe that takes what others post."""


def test_no_other_module_names_a_kind() -> None:
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE).as_posix()
        if name.startswith((*NAMING, *OF_AN_ACCOUNT, *OF_A_VENDOR, *OF_OTHERS)):
            continue
        found += [
            f"{name}:{node.lineno}: {node.value}"
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and node.value in kinds()
        ]
    assert found == []
