"""What Huawei Cloud's SDK sends for the balance of an account."""

from __future__ import annotations

from huaweicloudsdkbss.v2 import BssClient, ShowCustomerAccountBalancesRequest
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from recorder import recording

with recording("huawei", "huaweicloudsdkbss", "huaweicloudsdkcore") as recorder:
    recorder.answer = {"account_balances": [], "debt_amount": 0, "measure_id": 1, "currency": "CNY"}
    for token in (None, "sts-token-1"):
        keys = GlobalCredentials("AK-test-id", "test-secret-9", "domain-7")
        if token:
            keys = keys.with_security_token(token)
        client = BssClient.new_builder().with_credentials(keys)
        client.with_endpoint(f"http://127.0.0.1:{recorder.port}").build().show_customer_account_balances(
            ShowCustomerAccountBalancesRequest()
        )
        recorder.take("ShowCustomerAccountBalances")
