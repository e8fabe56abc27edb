"""All that is known of access, in memory, because every request asks; what changes is in the store before it counts.

One daemon leads, so nobody else changes it meanwhile. Times are UTC seconds since the epoch.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from watchtower.access.records import (
    KIND_OF,
    KINDS,
    OneTimeLink,
    PersonalToken,
    Record,
    UserAccount,
    UserSession,
    key_of,
)
from watchtower.access.refusals import AccessRefused
from watchtower.access.roles import Principal, SignInMethod, granted
from watchtower.errors import StoreError
from watchtower.model import AccessRole, Instant
from watchtower.store.store import Store
from watchtower.values import replace

IDLE, LONGEST = 12 * 3600.0, 7 * 86400.0
"""Seconds without a request after which a session ends, and after which it ends all the same."""
LINK_LASTS = 24 * 3600.0
SESSIONS_OF_ONE = 20
"""Sessions of one account; a further one ends the oldest."""
TOKEN_PREFIX = "wt_"  # noqa: S105 - how a personal token begins, so that scanners of repositories find it
_REMEMBERED = 5
_SEEN_EVERY = 60.0
"""Seconds after which it is noted again that a session or a token was used."""

R = TypeVar("R", UserAccount, UserSession, PersonalToken, OneTimeLink)


class Accounts:
    """Owned by the event loop. Each method that changes something raises StoreError where the store does not take it; then
    nothing is changed."""

    def __init__(self, store: Store, clock: Callable[[], Instant] = time.time) -> None:
        self._store, self._clock = store, clock
        self._kept: dict[type[Record], dict[str, Record]] = {kind: {} for kind in KIND_OF}
        self._unsaved: set[tuple[type[Record], str]] = set()
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Reads everything anew. Raises StoreError."""
        kept: dict[type[Record], dict[str, Record]] = {kind: {} for kind in KIND_OF}
        for name, id, data in await self._store.access():
            if (kind := KINDS.get(name)) is not None:
                try:
                    kept[kind][id] = msgspec.json.decode(data, type=kind, strict=False)
                except msgspec.MsgspecError as error:
                    raise StoreError(f"{name} {id} in the store cannot be read: {error}") from None
        self._kept = kept

    # ---- who asks ------------------------------------------------------------------------------------------

    @property
    def accounts(self) -> Mapping[str, UserAccount]:
        return self._all(UserAccount)

    def account(self, name: str) -> UserAccount | None:
        """By its name, in whatever case it is typed."""
        wanted = name.strip().casefold()
        return next((one for key, one in self.accounts.items() if key.casefold() == wanted), None)

    def caller_of_session(self, cookie: str) -> Principal | None:
        """None where there is no such session, or its time is over, or its account is gone."""
        key, now = key_of(cookie), self._clock()
        session = self._all(UserSession).get(key)
        owner = self.accounts.get(session.account) if session else None
        if session is None or owner is None or _over(session, now):
            return None
        if now - session.seen_at >= _SEEN_EVERY:
            self._later(key, replace(session, seen_at=now))
        return Principal(SignInMethod.SESSION, owner.name, owner.role, session=key)

    def caller_of_token(self, secret: str) -> Principal | None:
        if not secret.startswith(TOKEN_PREFIX):
            return None
        key, now = key_of(secret), self._clock()
        token = self._all(PersonalToken).get(key)
        owner = self.accounts.get(token.account) if token else None
        if token is None or owner is None or (token.expires_at and now >= token.expires_at):
            return None
        if now - token.used_at >= _SEEN_EVERY:
            self._later(key, replace(token, used_at=now))
        return Principal(SignInMethod.TOKEN, owner.name, *granted(token.scopes, owner.role))

    # ---- sessions ------------------------------------------------------------------------------------------

    async def sign_in(self, name: str, address: str, browser: str) -> str:
        """Begins a session, always a new one. Returns its cookie. Raises AccessRefused."""
        account, cookie, now = self._must(name), secrets.token_urlsafe(32), self._clock()
        mine = sorted(self._sessions(account.name), key=lambda key: self._all(UserSession)[key].seen_at)
        known = (address, *(one for one in account.addresses if one != address))[:_REMEMBERED]
        session = UserSession(account.name, now, now, address, browser)
        await self._write(
            {key_of(cookie): session, account.name: replace(account, addresses=known)},
            [(UserSession, key) for key in mine[: max(0, len(mine) - SESSIONS_OF_ONE + 1)]],
        )
        return cookie

    async def sign_out(self, session: str) -> None:
        await self._write({}, [(UserSession, session)])

    async def sign_out_everywhere(self, account: str, but: str = "") -> int:
        """Ends all sessions of an account, `but` this one. Returns how many."""
        ended = [key for key in self._sessions(account) if key != but]
        await self._write({}, [(UserSession, key) for key in ended])
        return len(ended)

    def sessions(self, account: str) -> Mapping[str, UserSession]:
        return {key: self._all(UserSession)[key] for key in self._sessions(account)}

    def counted(self) -> Counter[str]:
        """How many sessions each account has."""
        return Counter(one.account for one in self._all(UserSession).values())

    # ---- accounts ------------------------------------------------------------------------------------------

    async def put_account(self, name: str, role: AccessRole) -> UserAccount:
        """Makes the account, or gives it this role. Raises AccessRefused where nobody else would be admin."""
        before = self.account(name)
        if before and before.role is AccessRole.ADMIN and role is not AccessRole.ADMIN:
            self._other_admin(before.name)
        made = replace(before, role=role) if before else UserAccount(name, role, self._clock())
        await self._write({made.name: made})
        return made

    async def remove(self, name: str) -> None:
        """Removes the account with its sessions, tokens and links. Raises AccessRefused, also for the last admin."""
        self._other_admin(self._must(name).name)
        await self._write({}, [(UserAccount, name), *self._of(name)])

    async def set_password(self, name: str, hashed: str, session: str = "") -> None:
        """Sets it, and ends all other sessions and all links of the account. Raises AccessRefused."""
        account = self._must(name)
        ended = [
            (kind, key)
            for kind, key in self._of(account.name)
            if kind is not PersonalToken and key != session
        ]
        await self._write({account.name: replace(account, password=hashed)}, ended)

    async def rehash(self, name: str, hashed: str) -> None:
        await self._write({name: replace(self._must(name), password=hashed)})

    async def from_provider(self, name: str, subject: str, role: AccessRole) -> UserAccount:
        """The account of whom the provider vouches for, with the role that it says now. Raises AccessRefused where the name
        is somebody else's."""
        mine = next((one for one in self.accounts.values() if one.subject == subject), None)
        known = mine or self.account(name)
        if known is not None and known.subject != subject:
            what = f'the name "{name}" belongs to another account'
            raise AccessRefused(what, "an admin removes it first: watchtower account remove")
        account = replace(known or UserAccount(name, role, self._clock(), subject=subject), role=role)
        await self._write({account.name: account})
        return account

    # ---- one-time links ------------------------------------------------------------------------------------

    async def make_link(self, account: str, role: AccessRole) -> str:
        """A secret that lets its holder set a password, once and for a day. A new one ends the one before."""
        secret = secrets.token_urlsafe(32)
        made = OneTimeLink(account, role, self._clock() + LINK_LASTS)
        old = [(OneTimeLink, key) for key, one in self._all(OneTimeLink).items() if one.account == account]
        await self._write({key_of(secret): made}, old)
        return secret

    def link(self, secret: str) -> OneTimeLink | None:
        found = self._all(OneTimeLink).get(key_of(secret))
        return found if found and self._clock() < found.expires_at else None

    async def redeem(self, secret: str, name: str, hashed: str) -> UserAccount:
        """Uses the link up: the account that it is for, or a new one of this name, has the password. Raises AccessRefused."""
        link = self.link(secret)
        if link is None:
            raise AccessRefused("this link was used, or its time is over", "watchtower account link")
        known = self.account(link.account or name)
        if not link.account and known is not None:
            raise AccessRefused(f'there is an account "{known.name}" already', "choose another name")
        if link.account and known is None:
            raise AccessRefused(f'there is no account "{link.account}" any more')
        account = replace(known or UserAccount(name, link.role, self._clock()), password=hashed)
        sessions = [(UserSession, key) for key in self._sessions(account.name)]
        await self._write({account.name: account}, [(OneTimeLink, key_of(secret)), *sessions])
        return account

    # ---- personal tokens -----------------------------------------------------------------------------------

    async def make_token(self, account: str, title: str, scopes: Sequence[str], expires_at: Instant) -> str:
        """The token itself: it is shown once, and kept as a hash."""
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        key = key_of(secret)
        made = PersonalToken(key[:8], account, title, tuple(scopes), self._clock(), expires_at)
        await self._write({key: made})
        return secret

    def tokens(self, account: str = "") -> Sequence[PersonalToken]:
        """Those of an account, or all, the newest first."""
        found = [one for one in self._all(PersonalToken).values() if account in ("", one.account)]
        return sorted(found, key=lambda one: -one.created_at)

    async def revoke(self, id: str, account: str = "") -> bool:
        """Returns False where there is no such token, or it is not of this account."""
        found = [
            key
            for key, one in self._all(PersonalToken).items()
            if one.id == id and account in ("", one.account)
        ]
        await self._write({}, [(PersonalToken, key) for key in found])
        return bool(found)

    # ---- the store -----------------------------------------------------------------------------------------

    async def save(self) -> None:
        """Writes when sessions and tokens were last used, and removes what is over."""
        now = self._clock()
        over: list[tuple[type[Record], str]] = [
            (UserSession, k) for k, one in self._all(UserSession).items() if _over(one, now)
        ]
        over += [(OneTimeLink, k) for k, one in self._all(OneTimeLink).items() if now >= one.expires_at]
        unsaved, self._unsaved = self._unsaved, set()
        seen = {key: self._kept[kind][key] for kind, key in unsaved if key in self._kept[kind]}
        if seen or over:
            await self._write(seen, over)

    def _later(self, key: str, record: Record) -> None:
        self._kept[type(record)][key] = record
        self._unsaved.add((type(record), key))

    async def _write(self, kept: Mapping[str, Record], gone: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Changes memory at once, so that no other request acts on what was; takes it back where the store refuses."""
        new: dict[tuple[type[Record], str], Record | None] = dict.fromkeys(gone)
        new |= {(type(one), key): one for key, one in kept.items()}
        before = {(kind, key): self._kept[kind].get(key) for kind, key in new}
        if not new:
            return
        self._put(new)
        rows = [(KIND_OF[kind], key, one) for (kind, key), one in new.items()]
        try:
            async with self._lock:
                await self._store.save_access(
                    [(kind, key, msgspec.json.encode(one).decode()) for kind, key, one in rows if one],
                    [(kind, key) for kind, key, one in rows if not one],
                )
        except BaseException:
            # Not what another request has changed meanwhile: who was signed out stays so.
            self._put({it: was for it, was in before.items() if self._kept[it[0]].get(it[1]) is new[it]})
            raise

    def _put(self, records: Mapping[tuple[type[Record], str], Record | None]) -> None:
        for (kind, key), one in records.items():
            if one is None:
                self._kept[kind].pop(key, None)
            else:
                self._kept[kind][key] = one

    def _all(self, kind: type[R]) -> dict[str, R]:
        return self._kept[kind]  # type: ignore[return-value]  # each kind has a book of its own

    def _sessions(self, account: str) -> list[str]:
        return [key for key, one in self._all(UserSession).items() if one.account == account]

    def _of(self, account: str) -> Iterable[tuple[type[Record], str]]:
        """What hangs on an account."""
        for kind in (UserSession, PersonalToken, OneTimeLink):
            yield from (
                (kind, k) for k, one in self._kept[kind].items() if getattr(one, "account", "") == account
            )

    def _must(self, name: str) -> UserAccount:
        if (found := self.accounts.get(name)) is None:
            raise AccessRefused(f'there is no account "{name}"', "watchtower account list")
        return found

    def _other_admin(self, name: str) -> None:
        left = [one for one in self.accounts.values() if one.role is AccessRole.ADMIN and one.name != name]
        mine = self.accounts.get(name)
        if mine is not None and mine.role is AccessRole.ADMIN and not left:
            raise AccessRefused(f"{name} is the last admin", "make another one first: watchtower account add")


def _over(session: UserSession, now: Instant) -> bool:
    return now - session.seen_at >= IDLE or now - session.begun_at >= LONGEST
