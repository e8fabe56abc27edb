"""Why somebody is not let in, or a right is not given. No text holds a secret."""

from __future__ import annotations

from watchtower.errors import WatchtowerError


class AccessRefused(WatchtowerError):
    """What was asked for cannot be: the reason in English, a hint beside it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class WrongPassword(WatchtowerError):
    """The name or the password: which of them is not said."""


class LockedOut(WatchtowerError):
    """Too many wrong ones for this account from here."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many wrong passwords: wait for {seconds:.0f} s")
        self.seconds = seconds


class TooBusy(WatchtowerError):
    """Too many passwords are being tried."""


class ProviderFailed(WatchtowerError):
    """The provider did not vouch for anybody."""
