"""The texts that people get, one file each in golden/, to be read by a person.

`python -m tests.channels.golden` writes them anew, and the published JSON Schema of the page webhook; look at the difference before you commit it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.channels.letters import letter
from watchtower.channels import gsm7, mail_body, sms_text
from watchtower.channels.page_schema import page_schema
from watchtower.model import Language
from watchtower.page_kinds import PageKind

FOLDER = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parents[2] / "schemas" / "page.schema.json"
KINDS = tuple(PageKind)


def texts() -> Iterator[tuple[str, str]]:
    """Name of the file and text."""
    for kind in KINDS:
        for language in Language:
            one = letter(kind, language)
            short = sms_text.compose(one)
            units = "GSM-7" if gsm7.fits_gsm7(short) else "UCS-2"
            yield (
                f"{kind}.{language}.sms.txt",
                f"{short}\n-- {len(short)} characters of {units}, {gsm7.segments(short)} SMS\n",
            )
            subject = mail_body.subject(one.message, language)
            yield f"{kind}.{language}.email.txt", f"Subject: {subject}\n\n{mail_body.plain(one)}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts():
        (FOLDER / name).write_text(text, encoding="utf-8")
    SCHEMA.write_text(json.dumps(page_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
