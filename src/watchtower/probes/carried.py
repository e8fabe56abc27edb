"""What a transaction carries from one step's answer into the next request: `{{ name }}` stands for it there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any
from urllib.parse import quote, quote_plus

from watchtower.curl import Response
from watchtower.fields import Field, Settings, model_validator
from watchtower.patterns import Regex
from watchtower.probes.http_answer import JmesPath, search

RUN_ID = "run_id"
"""Carried from the beginning: it is of this run alone."""
MOST_CHARACTERS = 8192
"""Of one value: no server takes a longer header."""

_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Spelling = Callable[[str], str]


class CannotCarry(Exception):
    """The sentence quotes nothing of the answer."""


class Carry(Settings):
    """Where a value stands in the answer."""

    json_: JmesPath | None = Field(
        default=None, alias="json", description="In the answer's JSON: a JMESPath to a text, number or bool."
    )
    header: str = Field(default="", description="In this header of the answer.")
    cookie: str = Field(default="", description="In the cookie of this name.")
    regex: Regex | None = Field(
        default=None,
        description="In the body, or in what another key finds: its one named group, `(?P<value>…)`.",
    )

    @model_validator(mode="after")
    def _is_one_place(self) -> Carry:
        places = sum(map(bool, (self.json_, self.header, self.cookie)))
        if places > 1 or not (places or self.regex):
            raise ValueError("name one place: json, header, cookie or regex")
        if self.regex and len(list(self.regex.groups)) != 1:
            raise ValueError("regex needs one named group, (?P<value>…): it is what is carried")
        return self

    @property
    def of_body(self) -> bool:
        return not (self.header or self.cookie)

    def taken(self, response: Response, text: str, document: Any) -> str:
        """The value, never empty. Raises CannotCarry."""
        found, where = self._found(response, text, document)
        if found is not None and self.regex:
            where = f"what {self.regex.pattern} finds{f' in {where}' if where else ''}"
            found = next(iter((self.regex.named(found) or {}).values()), None)
            if found and self.of_body and "html" in response.headers.get("content-type", "").lower():
                found = unescape(found)  # a browser sends `a&b` for value="a&amp;b"
        if not found:
            raise CannotCarry(f"{where} is not there")
        if len(found) > MOST_CHARACTERS:
            raise CannotCarry(f"{where} is longer than {MOST_CHARACTERS} characters")
        try:
            found.encode()
        except UnicodeEncodeError:  # half a character, as JSON can spell it
            raise CannotCarry(f"{where} is no text") from None
        return found

    def _found(self, response: Response, text: str, document: Any) -> tuple[str | None, str]:
        if self.header:
            return response.headers.get(self.header.lower()), f"header {self.header}"
        if self.cookie:
            return cookies_of(response.cookies).get(self.cookie), f"cookie {self.cookie}"
        if self.json_ is None:
            return text, ""
        try:
            found = search(self.json_, document)
        except ValueError:
            raise CannotCarry(f"{self.json_} does not fit what is there") from None
        if isinstance(found, (dict, list)):
            raise CannotCarry(f"{self.json_} is no single value")
        return (found if isinstance(found, str) or found is None else json.dumps(found)), self.json_


def cookies_of(jar: tuple[bytes, ...]) -> Mapping[str, str]:
    """Name -> value of the lines of a Netscape cookie file."""
    lines = (line.decode("utf-8", "replace").split("\t") for line in jar)
    return {fields[5]: fields[6] for fields in lines if len(fields) > 6}


def named_in(template: str) -> set[str]:
    """The names of its places."""
    return set(_PLACE.findall(template))


def tidy(template: str) -> str:
    """With its places written without blanks."""
    return _PLACE.sub(r"{{\1}}", template)


def is_one_place(template: str) -> bool:
    """Whether a value is all that it has."""
    return _PLACE.fullmatch(template) is not None


def filled(template: str, values: Mapping[str, str], spelling: Spelling) -> str:
    """With the values in their places. Raises CannotCarry for one that cannot stand there."""
    return _PLACE.sub(lambda found: spelling(values[found[1]]), template)


def in_url(value: str) -> str:
    """As one part of a path or query: what an answer says never chooses another host."""
    return quote(value, safe="")


def in_header(value: str) -> str:
    if _CONTROL.search(value):
        raise CannotCarry("a carried value holds a line's end, which no header can carry")
    return value


def in_body(media_type: str) -> Spelling:
    """As this Content-Type needs it; without one a body is a form."""
    if "json" in media_type:
        return lambda value: json.dumps(value)[1:-1]
    if not media_type or "form-urlencoded" in media_type:
        return quote_plus
    return str
