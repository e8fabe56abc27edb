"""What an e-mail address is."""

from __future__ import annotations

import pytest

from watchtower.channels.kinds.email import EmailChannel


@pytest.mark.parametrize(
    ("address", "fine"),
    [
        ("li@example.com", True),
        ("li.wang+oncall@sub.example.com.cn", True),
        ("root@localhost", True),
        ("li@example..com", False),
        ("li example.com", False),
        ("Li <li@example.com>", False),
        ("li@example.com\r\nBcc: x@y.z", False),
        ("li@example.com\n", False),
        ("李@example.com", False),
        (f"{'a' * 65}@example.com", False),
        ("@example.com", False),
    ],
)
def test_an_address_is_an_e_mail_address(address: str, fine: bool) -> None:
    assert (EmailChannel.problem_of_address(address) is None) == fine
