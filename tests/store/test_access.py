"""What a store keeps of access: the same in every database."""

from __future__ import annotations

from tests.store.conftest import store, url
from watchtower.access.accounts import Accounts
from watchtower.access.audit import Audit
from watchtower.model import AccessRole
from watchtower.store import Store

__all__ = ["store", "url"]


async def test_accounts_sessions_and_tokens_are_there_after_a_restart(store: Store) -> None:
    before = Accounts(store)
    await before.put_account("李", AccessRole.ADMIN)
    cookie = await before.sign_in("李", "10.0.0.7", "a browser")
    token = await before.make_token("李", "CI", ["read", "push:orders"], 0.0)
    link = await before.make_link("", AccessRole.ADMIN)
    ended = await before.sign_in("李", "10.0.0.8", "another")
    session = before.caller_of_session(ended)
    assert session is not None
    await before.sign_out(session.session)

    after = Accounts(store)
    await after.load()
    (account,) = after.accounts.values()
    assert (account.role, account.addresses) == (AccessRole.ADMIN, ("10.0.0.8", "10.0.0.7"))
    assert after.caller_of_session(cookie) is not None
    assert after.caller_of_session(ended) is None
    caller = after.caller_of_token(token)
    assert caller is not None
    assert (caller.role, caller.pushes("orders"), caller.pushes("other")) == (AccessRole.VIEW, True, False)
    assert after.link(link) is not None


async def test_the_audit_log_is_read_from_the_newest_and_ends_with_the_incidents(store: Store) -> None:
    now = [1000.0]
    audit = Audit(store, lambda: now[0])
    for actor in ("li", "wu", "anna\ud800"):
        audit.note(actor, "POST /silences", "", "10.0.0.7", 303)
        now[0] += 1
    assert [one.actor for one in await audit.read(2)] == ["anna\ufffd", "wu"]
    assert [one.actor for one in await audit.read(9, 1002.0)] == ["wu", "li"]
    await store.prune(1001.0)
    assert len(await audit.read(9)) == 2
