"""Whether a far side took the message: many say no inside an HTTP 200.

    success = "code == 'OK'"            # JMESPath, for an answer in JSON

Without `success`, any 2xx is yes, whatever its body. With it, an answer that cannot be read is neither yes nor no:
it is tried again under the same id, three times in all, and then others are asked.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from watchtower.bodies import BodyUnreadable, body_text, json_of
from watchtower.channels import sentences
from watchtower.channels.contract import Receipt
from watchtower.channels.http_call import Answer, Caller
from watchtower.errors import DeliveryError
from watchtower.fields import Field, Settings, field_validator

_LONGEST = 200


class Verdict(Settings):
    """The settings by which an answer is judged: a part of every channel that speaks HTTP."""

    success: str = Field("", description="JMESPath over the JSON answer that must be true, as code == 'OK'")
    reference: str = Field("", description="JMESPath of the far side's message id")
    code: str = Field("", description="JMESPath of the far side's result code")
    permanent: tuple[str, ...] = Field((), description="codes for which trying again is useless; * matches")
    retry: tuple[str, ...] = Field((), description="codes worth another try, whatever the HTTP status")

    @field_validator("permanent", "retry", mode="before")
    @classmethod
    def _tuples(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("success", "reference", "code")
    @classmethod
    def _compiles(cls, value: str) -> str:
        _compiled(value)
        return value

    @property
    def reads(self) -> bool:
        """Whether the answer's body says anything to us."""
        return bool(self.success or self.reference or self.code)


class Judge:
    """Reads answers by their settings; the expressions are compiled once."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._success, self._reference, self._code = map(
            _compiled, (verdict.success, verdict.reference, verdict.code)
        )

    def judged(self, caller: Caller, answer: Answer) -> Receipt:
        """A receipt, if the far side took the message. Raises DeliveryError otherwise."""
        said, why = _read(answer) if self._verdict.reads else (None, "")
        code = _found(self._code, said)
        if answer.ok and self._success is None:
            return Receipt(_found(self._reference, said), f"http {answer.status} {code}".strip())
        if answer.ok and why:
            detail = f"nobody can tell whether it was taken: {why}: {caller.excerpt(answer) or 'it is empty'}"
            raise DeliveryError("unreadable", detail, unclear=True)
        if answer.ok and _search(self._success, said):
            return Receipt(_found(self._reference, said), f"http {answer.status} {code}".strip())
        refusal = caller.refusal(answer)
        permanent = refusal.permanent
        if any(fnmatchcase(code, pattern) for pattern in self._verdict.retry):
            permanent = False
        elif any(fnmatchcase(code, pattern) for pattern in self._verdict.permanent):
            permanent = True
        raise DeliveryError(
            code or refusal.code, refusal.detail, permanent=permanent, retry_after=refusal.retry_after
        )


def _read(answer: Answer) -> tuple[Any, str]:
    """What the answer says as JSON, and why it cannot be read."""
    if answer.cut:
        return None, f"the answer is cut off ({answer.cut})"
    try:
        return json_of(body_text(answer.body, answer.headers)), ""
    except BodyUnreadable as error:
        return None, error.detail


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
    return sentences.clean(str(value))[:_LONGEST] if isinstance(value, (str, int, float)) else ""
