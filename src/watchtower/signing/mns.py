"""The signature of Alibaba Cloud's message queue (MNS) for a request without a body.

Source: https://help.aliyun.com/zh/mns/developer-reference/sign-requests
"""

from __future__ import annotations

import base64
import hashlib
import hmac

VERSION = "2015-06-06"


def queue_headers(
    *, method: str, target: str, date: str, key_id: str, key_secret: str, security_token: str = ""
) -> dict[str, str]:
    """Returns the headers of a request. `target` is the path with its query, `date` is `Sun, 22 Nov 2026 14:43:10 GMT`."""
    to_sign = f"{method}\n\n\n{date}\nx-mns-version:{VERSION}\n{target}"
    made = base64.b64encode(hmac.new(key_secret.encode(), to_sign.encode(), hashlib.sha1).digest()).decode()
    headers = {"Date": date, "x-mns-version": VERSION, "Authorization": f"MNS {key_id}:{made}"}
    return headers | ({"security-token": security_token} if security_token else {})
