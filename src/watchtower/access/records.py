"""What the store keeps of access, as JSON: nothing in it opens anything by itself. Secrets are there as hashes only."""

from __future__ import annotations

from hashlib import sha256

from watchtower.model import AccessRole, Instant
from watchtower.values import Frozen


class UserAccount(Frozen):
    """`name` is who acts in the log. `password` is Argon2's hash, `subject` the provider's own name for the person ("issuer
    sub"); empty where they do not sign in so. `addresses` are the last five from which they signed in."""

    name: str
    role: AccessRole
    created_at: Instant
    password: str = ""
    subject: str = ""
    addresses: tuple[str, ...] = ()


class UserSession(Frozen):
    """One browser of an account."""

    account: str
    begun_at: Instant
    seen_at: Instant
    address: str
    browser: str = ""


class PersonalToken(Frozen):
    """A program of an account. `id` is what people see of it; `expires_at` and `used_at` are 0 for never."""

    id: str
    account: str
    title: str
    scopes: tuple[str, ...]
    created_at: Instant
    expires_at: Instant = 0.0
    used_at: Instant = 0.0


class OneTimeLink(Frozen):
    """Lets its holder set the password of `account`, once; where that is empty, of one whose name they choose."""

    account: str
    role: AccessRole
    expires_at: Instant


Record = UserAccount | UserSession | PersonalToken | OneTimeLink
KINDS: dict[str, type[Record]] = {
    "account": UserAccount,
    "session": UserSession,
    "token": PersonalToken,
    "link": OneTimeLink,
}
KIND_OF = {kind: name for name, kind in KINDS.items()}


def key_of(secret: str) -> str:
    """The key under which a secret of 256 random bits is kept: it cannot be guessed from it, so it needs no salt."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
