"""What a vendor's answer says: its JSON, and what follows from a refusal by a table of the vendor's codes.

For channels whose far side is one vendor; `verdict.py` is for those whose far side is anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from watchtower.bodies import BodyUnreadable, body_text, json_of
from watchtower.channels.http_call import Answer, Caller
from watchtower.channels.sentences import clean
from watchtower.errors import DeliveryError, DeliveryFault

FaultTable = Mapping[str, DeliveryFault]
"""By pattern of a code, as `isv.*`: the first that matches holds."""
_LONGEST = 80


def document_of(caller: Caller, answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer, whatever its status. Raises DeliveryError where there is none: by the status of a
    refusal, `unreadable` (ambiguous) of a success."""
    try:
        found = json_of(body_text(answer.body, answer.headers)) if not answer.cut else None
    except BodyUnreadable:
        found = None
    if isinstance(found, dict):
        return found
    if not answer.ok:
        raise caller.refusal(answer)
    said = answer.cut or caller.excerpt(answer) or "the answer is empty"
    detail = f"it is unknown whether it was accepted: {said}"
    raise DeliveryError("unreadable", detail, fault=DeliveryFault.AMBIGUOUS)


def fault_of(code: str, faults: FaultTable) -> DeliveryFault | None:
    """By the first pattern that matches this code; None when none does."""
    return next((fault for pattern, fault in faults.items() if fnmatchcase(code, pattern)), None)


def refused(
    caller: Caller, answer: Answer, code: str, faults: FaultTable, otherwise: DeliveryFault,
    retry_after: float | None = None,
) -> DeliveryError:  # fmt: skip
    """The error for a refusal with this code; `otherwise` is what follows from one that the table does not know."""
    code = clean(code)[:_LONGEST]
    fault = fault_of(code, faults) or otherwise
    asked = answer.retry_after() if retry_after is None else retry_after
    return DeliveryError(
        code or f"http {answer.status}", caller.excerpt(answer), fault=fault, retry_after=asked
    )
