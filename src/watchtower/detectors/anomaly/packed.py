"""Arrays of short floats as text: a third of the size of JSON numbers, exact to the last bit."""

from __future__ import annotations

import base64
import sys
from array import array


def pack(values: array[float]) -> str:
    """Little-endian single precision, in base64."""
    out = array("f", values)
    if sys.byteorder == "big":
        out.byteswap()
    return base64.b64encode(out.tobytes()).decode("ascii")


def unpack(text: str) -> array[float]:
    """Reverses `pack`. Raises ValueError for any other text."""
    out = array("f")
    out.frombytes(base64.b64decode(text, validate=True))
    if sys.byteorder == "big":
        out.byteswap()
    return out
