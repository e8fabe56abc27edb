"""balance.alibaba with `package`: the documented answer of QueryResourcePackageInstances, read by the vendor's SDK too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.traffic.conftest import Make
from tests.probes.traffic.test_balance_alibaba import KEYS, account
from watchtower.model import Outcome, Reading

FUTURE, PAST = "2099-03-12T16:00:00Z", "2019-03-12T16:00:00Z"


def package(left: Any, unit: str = "条", ends: Any = FUTURE, status: str = "Available") -> dict[str, Any]:
    """The example of help.aliyun.com/document_detail/90486.html."""
    return {
        "ExpiryTime": ends, "Status": status, "Remark": "短信套餐包", "RemainingAmountUnit": unit, "TotalAmount": "1000",
        "InstanceId": "OSSBAG-cn-0xl0wczk****", "TotalAmountUnit": unit, "RemainingAmount": left, "Region": "cn",
        "EffectiveTime": "2019-02-12T16:00:00Z", "DeductType": "Absolute", "PackageType": "FPT_dysms",
    }  # fmt: skip


def answered(instances: Any, **of_account: Any) -> Any:
    def answer(request: Any) -> Answer:
        if request.headers["x-acs-action"] == "QueryAccountBalance":
            return Answer.json(account(**of_account))
        data = {
            "PageNum": "1",
            "PageSize": "300",
            "TotalCount": "1",
            "HostId": "cn",
            "Instances": {"Instance": instances},
        }
        return Answer.json(
            {"Code": "Success", "Success": True, "RequestId": "r", "Page": 1, "Total": 1, "Data": data}
        )

    return answer


async def ask(make: Make, server: HttpServer, instances: Any, unit: str = "", **of_account: Any) -> Reading:
    server.on("/", answered(instances, **of_account))
    place = server.url("").rstrip("/")
    return await (await make("balance.alibaba", **KEYS, endpoint=place, package="dysms", unit=unit)).one()


async def test_what_is_left_of_the_valid_ones(http_server: HttpServer, make: Make) -> None:
    listed = [
        package("1,204.00"),
        package("96"),
        package("7", ends=PAST),
        package("7", status="Expired", ends=""),
    ]
    reading = await ask(make, http_server, listed)
    assert (reading.outcome, reading.measurements["balance"], reading.measurements["packages"]) == (Outcome.UP, 1300.0, 2.0)  # fmt: skip
    assert http_server.requests[-1].query["ProductCode"] == ["dysms"]


async def test_in_arrears_though_a_package_is_left(http_server: HttpServer, make: Make) -> None:
    reading = await ask(make, http_server, [package("1200")], available="-11.19")
    assert (reading.outcome, reading.reason, reading.measurements["balance"]) == (
        Outcome.DOWN,
        "arrears",
        1200.0,
    )
    assert "calls may be refused though 1200 条 are left" in reading.detail


async def test_units_are_never_added_up(http_server: HttpServer, make: Make) -> None:
    listed = [package("50", "GB"), package("1200")]
    reading = await ask(make, http_server, listed)
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "unit")
    assert (await ask(make, http_server, listed, unit="GB")).measurements["balance"] == 50.0


@pytest.mark.parametrize(
    "listed", [None, [1], [package("")], [package("5", ends="soon")], [package("5")] * 300]
)
async def test_what_cannot_be_read(http_server: HttpServer, make: Make, listed: Any) -> None:
    reading = await ask(make, http_server, listed)
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, "garbage", {})


def test_the_vendors_sdk_reads_the_same(http_server: HttpServer) -> None:
    from alibabacloud_bssopenapi20171214.client import Client
    from alibabacloud_bssopenapi20171214.models import QueryResourcePackageInstancesRequest
    from alibabacloud_tea_openapi.models import Config

    http_server.on("/", answered([package("1200")]))
    config = Config(**KEYS, endpoint=f"127.0.0.1:{http_server.port}", protocol="http")
    asked = QueryResourcePackageInstancesRequest(product_code="dysms", page_num=1, page_size=300)
    [theirs] = Client(config).query_resource_package_instances(asked).body.data.instances.instance
    assert (theirs.remaining_amount, theirs.remaining_amount_unit, theirs.expiry_time) == (
        "1200",
        "条",
        FUTURE,
    )
    [request] = http_server.requests
    assert request.query["ProductCode"] == ["dysms"]
