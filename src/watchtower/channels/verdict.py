"""Whether a far side took the message: many say no inside an HTTP 200.

    success = "code == 'OK'"            # JMESPath, for an answer in JSON
    success_matches = '^ID: (?P<reference>\\S+)'       # a pattern of RE2, for one in text or XML
    code_matches = '^ERR: (?P<code>\\d+)'
    success_status = [202]
    faults = { "isv.OUT_OF_SERVICE" = "ours", "isv.MOBILE_*" = "address" }     # what follows from a code

Without any of these, every 2xx is yes, whatever its body. With `success` or `success_matches`, an answer that cannot
be read is neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from watchtower.bodies import BodyUnreadable, body_text, json_of
from watchtower.channels import sentences
from watchtower.channels.contract import Receipt
from watchtower.channels.http_call import Answer, Caller
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import BeforeValidator, Field, Settings, field_validator, model_validator
from watchtower.patterns import Regex
from watchtower.values import Frozen

_LONGEST = 200
SPENT: Mapping[str, DeliveryFault] = dict.fromkeys(
    (
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.DAY_LIMIT_CONTROL",
        "isv.MONTH_LIMIT_CONTROL",
        "LimitExceeded.*",
        "63038",
    ),
    DeliveryFault.OTHER_CHANNEL,
)
"""Codes by which Alibaba, Tencent and Twilio say that this number has had enough: another way is better than waiting."""


def _fault(value: object) -> DeliveryFault:
    if not isinstance(value, str) or value not in list(DeliveryFault):
        raise ValueError(f"{value!r} is no fault: write {', '.join(DeliveryFault)}")
    return DeliveryFault(value)


Faults = dict[str, Annotated[DeliveryFault, BeforeValidator(_fault)]]
"""What follows from which code; a pattern may hold `*`, and the first that matches decides."""


def fault_of(code: str, faults: Mapping[str, DeliveryFault]) -> DeliveryFault | None:
    """By the first pattern that matches this code; None when none does."""
    return next((fault for pattern, fault in faults.items() if fnmatchcase(code, pattern)), None)


class Verdict(Settings):
    """The settings that decide whether an answer is a success: a part of every channel that speaks HTTP."""

    success: str = Field("", description="JMESPath over the JSON answer that must be true, as code == 'OK'")
    success_matches: Regex | None = Field(
        None,
        description="pattern that must be found in an answer of text or XML, as '^ID: (?P<reference>.+)'",
    )
    success_status: tuple[int, ...] = Field(
        (), description="the only HTTP statuses that are a success, as [202]"
    )
    reference: str = Field("", description="JMESPath of the receiver's message id")
    code: str = Field("", description="JMESPath of the receiver's result code")
    code_matches: Regex | None = Field(
        None,
        description="pattern whose group `code` is the result code in text or XML, as 'ERR: (?P<code>[0-9]+)'",
    )
    faults: Faults = Field(
        default_factory=dict, description='what follows from a code, as { "NUMBER_*" = "address" }; * matches'
    )

    @field_validator("success_status", mode="before")
    @classmethod
    def _tuples(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("success", "reference", "code")
    @classmethod
    def _compiles(cls, value: str) -> str:
        _compiled(value)
        return value

    @model_validator(mode="after")
    def _judges(self) -> Self:
        if self.success and self.success_matches:
            raise ValueError("give either success (for JSON) or success_matches (for text and XML)")
        if self.code_matches and "code" not in self.code_matches.groups:
            raise ValueError("code_matches needs a group named code, as 'ERR: (?P<code>[0-9]+)'")
        if any(not 200 <= status < 300 for status in self.success_status):
            raise ValueError("success_status: only a status from 200 to 299 can be a success")
        if self.faults and not (self.code or self.code_matches):
            raise ValueError('faults compares the receiver\'s code: say where it is, as code = "Code"')
        return self

    @property
    def reads(self) -> bool:
        """Whether the settings read the answer's body."""
        return bool(self.success or self.success_matches or self.reference or self.code or self.code_matches)


class Judge:
    """Reads answers by their settings; the expressions are compiled once."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._asks = bool(verdict.success or verdict.success_matches)
        self._success, self._reference, self._code = map(
            _compiled, (verdict.success, verdict.reference, verdict.code)
        )

    def judged(self, caller: Caller, answer: Answer) -> Receipt:
        """A receipt, if the receiver accepted the message. Raises DeliveryError otherwise."""
        verdict, said, ok = self._verdict, _Said(), answer.ok
        if verdict.success_status:
            ok = answer.status in verdict.success_status
        if verdict.reads:
            said = self._read(answer)
        if ok and self._asks and said.unreadable:
            detail = f"it is unknown whether it was accepted: {said.unreadable}: {caller.excerpt(answer) or 'it is empty'}"
            raise DeliveryError("unreadable", detail, fault=DeliveryFault.AMBIGUOUS)
        if ok and (said.yes or not self._asks):
            return Receipt(said.reference, f"http {answer.status} {said.code}".strip())
        refusal = caller.refusal(answer)
        fault = fault_of(said.code, verdict.faults) or fault_of(said.code, SPENT) or refusal.fault
        raise DeliveryError(
            said.code or refusal.code, refusal.detail, fault=fault, retry_after=refusal.retry_after
        )

    def _read(self, answer: Answer) -> _Said:
        verdict = self._verdict
        if answer.cut:
            return _Said(unreadable=f"the answer is cut off ({answer.cut})")
        try:
            text = body_text(answer.body, answer.headers)
            if verdict.success_matches or (verdict.code_matches and not verdict.success):
                return self._matched(text)
            document = json_of(text)
        except BodyUnreadable as error:
            return _Said(unreadable=error.detail)
        code = _found(self._code, document)
        yes = bool(_search(self._success, document))
        return _Said(yes=yes, code=code, reference=_found(self._reference, document))

    def _matched(self, text: str) -> _Said:
        wanted, codes = self._verdict.success_matches, self._verdict.code_matches
        found = wanted.named(text) if wanted else None
        coded = codes.named(text) if codes else None
        if not text.strip():
            return _Said(unreadable="the answer is empty")
        return _Said(
            yes=found is not None,
            code=_short((coded or {}).get("code")),
            reference=_short((found or {}).get("reference")),
        )


class _Said(Frozen):
    """What an answer says; `unreadable` why it says nothing."""

    yes: bool = False
    code: str = ""
    reference: str = ""
    unreadable: str = ""


def _compiled(expression: str) -> Any:
    """None for none. Raises ValueError. The library is loaded for those who write one."""
    if not expression:
        return None
    import jmespath

    try:
        return jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"not a JMESPath expression: {' '.join(str(error).split())[:120]}") from None


def _search(expression: Any, said: Any) -> Any:
    try:
        return expression.search(said) if expression is not None else None
    except (ArithmeticError, TypeError, ValueError, RecursionError):  # JMESPath's own errors are ValueErrors
        return None


def _found(expression: Any, said: Any) -> str:
    value = _search(expression, said)
    return _short(str(value)) if isinstance(value, (str, int, float)) else ""


def _short(text: str | None) -> str:
    return sentences.clean(text or "")[:_LONGEST]
