"""What pages that are tables and forms say; `texts/lists.tsv` has the words."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Severity, Text
from watchtower.texts.text_file import TextFile
from watchtower.texts.units import SEVERITIES

_TEXTS = TextFile("lists")
STATES, PERIODS, SINCES = _TEXTS["STATES"], _TEXTS["PERIODS"], _TEXTS["SINCES"]
LEVELS: Mapping[str, Text] = {
    **{str(one): Text(f"{one} {SEVERITIES[one].en}", f"{one} {SEVERITIES[one].zh}") for one in Severity},
    "": _TEXTS.one("BY_NUMBERS"),
}
WHYS, LASTS, CONFIRMS = _TEXTS["WHYS"], _TEXTS["LASTS"], _TEXTS["CONFIRMS"]
AUDIT_FIELDS, AUDIT_WORDS = tuple(_TEXTS["AUDIT_FIELDS"].values()), _TEXTS["AUDIT_WORDS"]


def __getattr__(name: str) -> Text:
    return _TEXTS.one(name)
