"""What Volcengine's SDK sends for the balance of an account."""

from __future__ import annotations

import volcenginesdkcore
from recorder import recording
from volcenginesdkbilling import BILLINGApi, QueryBalanceAcctRequest

with recording("volcengine", "volcenginesdk-billing", "volcenginesdk-core") as recorder:
    recorder.answer = {"ResponseMetadata": {"RequestId": "r"}, "Result": {"AvailableBalance": "77.01"}}
    for token in (None, "sts-token-1"):
        settings = volcenginesdkcore.Configuration()
        settings.ak, settings.sk, settings.region = "AK-test-id", "test-secret-9", "cn-beijing"
        settings.session_token = token
        settings.scheme, settings.host = "http", f"127.0.0.1:{recorder.port}"
        BILLINGApi(volcenginesdkcore.ApiClient(settings)).query_balance_acct(QueryBalanceAcctRequest())
        recorder.take("QueryBalanceAcct")
