"""The first account: a one-time link for an admin, while nobody can sign in."""

from __future__ import annotations

import sys

from watchtower.api.auth import Access
from watchtower.logs import log
from watchtower.model import AccessRole

ACCESS = 2.0
"""Seconds after which the audit log is written, and when sessions and tokens were last used."""


async def invite(access: Access) -> None:
    """Writes the link to the terminal. It is a secret: where standard error is none, the log says by which command it is
    had."""
    if access.accounts is None or access.accounts.accounts or (access.sign_in and access.sign_in.provider):
        return
    if not sys.stderr.isatty():
        log.info("no_accounts", hint="watchtower account link: a one-time link for the first admin")
        return
    base = access.cookies.base_url or access.address
    link = f"{base}/welcome/{await access.accounts.make_link('', AccessRole.ADMIN)}"
    sys.stderr.write(f"nobody has an account: make yourself an admin, once, within a day, at\n  {link}\n")
