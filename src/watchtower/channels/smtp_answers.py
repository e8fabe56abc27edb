"""Classifies a mail server's refusal: who caused it, and whether another attempt can help.

Only an answer about the mailbox (RFC 3463: subjects 1 and 2) is the recipient's, and final. A server that does not
like our HELO, sender, address, content or rate refuses *us*: that is ours to mend, so it is tried again, and others
are asked at once.
"""

from __future__ import annotations

import re

import aiosmtplib

from watchtower.channels.sentences import clean
from watchtower.channels.why import spent, tls_trouble, why
from watchtower.errors import DeliveryError, DeliveryFault

_ENHANCED = re.compile(r"\s*[245]\.(\d{1,3})\.(\d{1,3})\b")
_THE_SENDERS = (("1", "7"), ("1", "8"))
"""Subject 1 and yet about the sender's mailbox."""
_BARE = (550, 551, 553)
"""Without an enhanced code these may speak of the mailbox (RFC 5321, 4.2.3), or be anybody's own policy."""
_SENDERS = re.compile(r"(sender address|helo command|client host) rejected|\bspam\b", re.IGNORECASE)
"""Servers say so also under codes that speak of a mailbox (`550 5.2.0 Spam message rejected`)."""
_US = re.compile(
    r"\b(helo|ehlo|sender|client|relay\w*|rcpthosts|host\w*|block\w*|black\w*|spam\w*|policy|reputation|denied|reject\w*"
    r"|authenticat\w*|spf|dkim|dmarc|r?dns|ptr|grey\w*|gray\w*|rate|quota exceeded for sender)\b",
    re.IGNORECASE,
)
_QUOTED = 200
_LOOKED_AT = 1000


def explained(error: BaseException, where: str, timeout: float, *, late: bool) -> DeliveryError:
    """`where` is the mail server; `late`: its time was up."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused() if error.recipients:
            refused = error.recipients[0]
            return _refusal(refused.code, refused.message, where, at_rcpt=True)
        case aiosmtplib.SMTPAuthenticationError():
            return _no(error.code, f"{where} refuses the user name and password")
        case aiosmtplib.SMTPSenderRefused():
            return _no(error.code, f"{where} refuses the sender: {quoted(error.message)}")
        case aiosmtplib.SMTPDataError():
            return _refusal(error.code, error.message, where, at_rcpt=False)
        case aiosmtplib.SMTPResponseException():
            return _no(error.code, f"{where} refuses us: {quoted(error.message)}")
    if spent(error):
        return DeliveryError("ours", f"we cannot open a connection to {where}: {why(error)}")
    if trouble := tls_trouble(error):
        return DeliveryError("tls", f"{where}: {trouble}")
    if late or isinstance(error, TimeoutError):
        return DeliveryError("timeout", f"no answer of {where} within {timeout:g} s")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return DeliveryError("disconnected", f"{where} closed the connection")
    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, aiosmtplib.SMTPConnectError):
        # STARTTLS, AUTH or SMTPUTF8 is not offered: the library's own sentence.
        return DeliveryError(
            "unsupported", f"{where}: {quoted(str(error.message))}", fault=DeliveryFault.OURS
        )
    return DeliveryError("connect", f"cannot reach {where}: {why(error)}")


def about_the_recipient(code: int, answer: str, *, at_rcpt: bool) -> bool:
    """Whether this refusal is for good: nobody but the recipient can change it."""
    answer = answer[:_LOOKED_AT]
    if code < 500:
        return False
    if found := _ENHANCED.match(answer):
        about = found[1] in ("1", "2") and found.groups() not in _THE_SENDERS
        return about and _SENDERS.search(answer) is None
    return at_rcpt and code in _BARE and _US.search(answer) is None


def quoted(answer: str) -> str:
    """The beginning of the answer as one line. A server that writes no UTF-8 writes, where we live, GB 18030."""
    raw = answer[:_LOOKED_AT].encode("utf-8", "surrogateescape")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    return clean(text)[:_QUOTED]


def _refusal(code: int, answer: str, where: str, *, at_rcpt: bool) -> DeliveryError:
    if about_the_recipient(code, answer, at_rcpt=at_rcpt):
        return DeliveryError(
            str(code), f"refuses the recipient: {quoted(answer)}", fault=DeliveryFault.ADDRESS
        )
    whom = "for now" if code < 500 else "us, not the recipient"
    return _no(code, f"{where} refuses {whom}: {quoted(answer)}")


def _no(code: int, detail: str) -> DeliveryError:
    """Its 4xx is for now, its 5xx ours to mend."""
    return DeliveryError(str(code), detail, fault=DeliveryFault.RETRY if code < 500 else DeliveryFault.OURS)
