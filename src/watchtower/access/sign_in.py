"""Signing in, by a password or by a provider: both end in a session, and both are in the audit log."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from watchtower.access.accounts import Accounts
from watchtower.access.audit import Audit
from watchtower.access.lockout import Lockout
from watchtower.access.names import usable_name
from watchtower.access.passwords import Passwords
from watchtower.access.records import key_of
from watchtower.access.refusals import AccessRefused, LockedOut, ProviderFailed, WrongPassword
from watchtower.config.environment import EnvironmentSettings

if TYPE_CHECKING:
    from watchtower.access.oidc import AuthorizationRequest, Provider

_AWAY = 600.0
"""Seconds for which somebody may be at the provider."""
_MOST_AWAY = 500


class SignIn:
    """Owned by the event loop. `provider` is None where none is set."""

    def __init__(self, accounts: Accounts, audit: Audit, settings: EnvironmentSettings) -> None:
        self._accounts, self._audit = accounts, audit
        self.passwords, self._lockout = Passwords(), Lockout()
        self.provider: Provider | None = None
        if settings.oidc_issuer:
            from watchtower.access.oidc import Provider

            self.provider = Provider(settings)
        self._away: dict[str, AuthorizationRequest] = {}
        """Who is at the provider, by browser and question: several tabs may ask at once."""

    async def by_password(self, name: str, password: str, address: str, browser: str) -> str:
        """Returns the cookie of a new session. Raises WrongPassword, LockedOut, TooBusy, StoreError."""
        return await self._begin(await self.must_be(name, password, address), "password", address, browser)

    def known_from(self, name: str, address: str) -> bool:
        """Whether this account has signed in from this address before: it does not pay for the guesses of others there."""
        account = self._accounts.account(name)
        return account is not None and address in account.addresses

    async def must_be(self, name: str, password: str, address: str) -> str:
        """The account with this name and password. Raises as `by_password`."""
        account = self._accounts.account(name)
        known = account.addresses if account else ()
        if seconds := self._lockout.waits(name, address, known, time.time()):
            raise LockedOut(seconds)
        right, renewed = await self.passwords.right(password, account.password if account else "")
        account = self._accounts.account(name)  # it may have gone meanwhile
        if not right or account is None:
            self._lockout.wrong(name, address, time.time())
            # A password that was typed as the name must not be kept.
            who, why = (name, "wrong password") if account else ("", "no such account")
            self._audit.note(who, "sign in", why, address, 403)
            raise WrongPassword("the name or the password is wrong")
        if renewed:
            await self._accounts.rehash(account.name, renewed)
        self._lockout.right(name, address)
        return account.name

    async def to_provider(self, browser_key: str, back: str, there: str) -> str:
        """The address of the provider for the browser with this cookie. Raises ProviderFailed."""
        if self.provider is None:
            raise ProviderFailed("no provider is set (WATCHTOWER_OIDC_ISSUER)")
        url, asked = await self.provider.begin(back, there)
        self._away[key_of(browser_key + asked.state)] = asked
        while len(self._away) > _MOST_AWAY:
            del self._away[next(iter(self._away))]
        return url

    async def from_provider(
        self,
        browser_key: str,
        answer: Mapping[str, str],
        called: Callable[[str], str],
        address: str,
        browser: str,
    ) -> tuple[str, str]:
        """The cookie of a new session, and where to go on. `called` makes a person's name of the provider's. Raises
        ProviderFailed, AccessRefused, StoreError."""
        asked = self._away.pop(key_of(browser_key + answer.get("state", "")), None)
        if asked is None or self.provider is None or time.monotonic() - asked.at > _AWAY:
            raise ProviderFailed("the answer is to no question of this browser: begin anew")
        try:
            vouched = await self.provider.finish(asked, answer)
            name = usable_name(called(vouched.claim))
            account = await self._accounts.from_provider(name, vouched.subject, vouched.role)
        except (ProviderFailed, AccessRefused, ValueError) as error:
            self._audit.note("", "sign in", str(error), address, 403)
            if isinstance(error, ValueError):
                raise ProviderFailed("the name that it gives cannot be used here") from None
            raise
        return await self._begin(account.name, self.provider.issuer, address, browser), asked.there

    async def _begin(self, name: str, by: str, address: str, browser: str) -> str:
        cookie = await self._accounts.sign_in(name, address, browser[:100])
        self._audit.note(name, "sign in", by, address)
        return cookie
