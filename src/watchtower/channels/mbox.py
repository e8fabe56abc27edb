"""A mailbox file instead of a mail server: for a first look and for demonstrations."""

from __future__ import annotations

import mailbox
from pathlib import Path

from watchtower.errors import DeliveryError


def append(file: Path, mail: bytes) -> None:
    """Add one mail. Readers and other writers are kept out meanwhile. Raises DeliveryError (transient)."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        box = mailbox.mbox(file)
        try:
            box.lock()
            box.add(mail)
        finally:
            box.close()
    except mailbox.ExternalClashError:
        raise DeliveryError("file", f"{file} is locked by another program") from None
    except OSError as error:
        raise DeliveryError("file", f"cannot write {file}: {(error.strerror or 'failed').lower()}") from None
