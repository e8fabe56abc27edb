"""The demo shop with all that it stands on, customers, and a page to break it by: `make demo-shop`, or

    python -m demo_shop.trial [--host 0.0.0.0] [COMMAND …]

The page is at :8088. COMMAND is started beside, such as `watchtower run`, and ends it. The authority of its certificate is
written to the file `SHOP_CERTIFICATE`; `WATCHTOWER_BASE_URL` with `WATCHTOWER_PUSH_TOKEN` is told of deployments.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jinja2
import requests
import uvicorn.config
import uvicorn.server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from demo_shop.catcher import Catcher
from demo_shop.customers import APP, come
from demo_shop.shop import Shop
from demo_shop.stands_on import ENDING_DAYS, FOREIGN, FRESH_DAYS, HOST, OURS, NameServer, TlsServer
from watchtower.model import Text
from watchtower.values import Frozen

WAYS = {
    "page": Text("The page is unreachable", "页面无法访问"),
    "gateway": Text("The bank's gateway answers 503", "银行网关返回 503"),
    "step": Text("Step 3, pay, fails", "第 3 步“支付”失败"),
    "balance": Text("The cloud account runs low", "云账户余额不足"),
    "certificate": Text("The certificate ends in 5 days", "证书 5 天后到期"),
    "dns": Text("A resolver gives a foreign answer", "DNS 应答被篡改"),
    "lost": Text("Half of the payments are lost", "一半支付丢失"),
    "database": Text("The database is slow", "数据库变慢"),
    "sms": Text("The SMS vendor is in arrears", "短信服务商欠费"),
    "deploy": Text("A deployment breaks the login", "发布导致登录失败"),
}
"""How it can be broken. Any of them can hold at once."""
_CUSTOMERS_EVERY = 0.5


class Ports(Frozen):
    """All of one machine."""

    page: int = 8088
    shop: int = 8089
    tls: int = 8090
    names: tuple[int, int] = (8053, 8054)
    mail: int = 1025


class _Server(uvicorn.server.Server):
    """One of several, so none takes the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Trial:
    """`broken` are the ways that hold now. `watchtower` is told of deployments, at this address with this push token."""

    def __init__(
        self,
        ports: Ports,
        certificate: Path,
        host: str = HOST,
        watchtower: tuple[str, str] | None = None,
    ) -> None:
        self.broken, self.shop, self.catcher = set[str](), Shop(), Catcher()
        self._ports, self._host, self._watchtower = ports, host, watchtower
        self._names, self._certificate = (NameServer(), NameServer()), TlsServer(certificate)
        self._serving: tuple[uvicorn.server.Server, asyncio.Task[None]] | None = None
        templates = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
        self._page = templates.get_template("trial.html")

    async def start(self) -> None:
        """Returns when everything listens. It ends with the loop."""
        for server, port in zip(self._names, self._ports.names, strict=True):
            await server.start(port)
        await self._certificate.start(self._ports.tls)
        await self.catcher.start(self._ports.mail)
        await self._serve(self._app(), self._ports.page)
        self._serving = await self._serve(self.shop.app(), self._ports.shop)

    async def put(self, way: str, broken: bool) -> None:
        """Break it this way, or heal it."""
        if (way in self.broken) is broken:
            return
        self.broken ^= {way}
        match way:
            case "page":
                await self._let_in(not broken)
            case "gateway":
                self.shop.gateway_open = not broken
            case "step":
                self.shop.broken["pay"] = "500" if broken else ""
            case "certificate":
                self._certificate.renew(ENDING_DAYS if broken else FRESH_DAYS)
            case "dns":
                self._names[1].address = FOREIGN if broken else OURS
            case "lost":
                self.shop.loses = APP if broken else ""
            case "database":
                self.shop.slow_database = broken
            case "deploy":
                self.shop.broken["login"] = "500" if broken else ""
                await asyncio.to_thread(self._report, "shop 2.1" if broken else "back to shop 2.0")

    async def _let_in(self, wanted: bool) -> None:
        """Whether anybody can connect to the shop."""
        if self._serving is not None:
            server, task = self._serving
            server.should_exit = server.force_exit = True
            await task
        self._serving = await self._serve(self.shop.app(), self._ports.shop) if wanted else None

    async def _serve(self, app: Starlette, port: int) -> tuple[uvicorn.server.Server, asyncio.Task[None]]:
        listener = socket.create_server((self._host, port))
        server = _Server(uvicorn.config.Config(app, log_config=None, log_level="warning", lifespan="off"))
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - it has no event for that
            await asyncio.sleep(0.01)
        return server, task

    def _report(self, text: str) -> None:
        """As CI does. A deployment goes on where nobody listens."""
        if self._watchtower is None:
            return
        url, token = self._watchtower
        change = {"by": "ci", "kind": "deploy", "flow": "checkout", "text": text}
        try:
            answer = requests.post(
                f"{url}/api/v1/changes", json=change, headers={"Authorization": f"Bearer {token}"}, timeout=5
            )
            answer.raise_for_status()
        except requests.RequestException as error:
            sys.stderr.write(f"the deployment was not reported: {error}\n")

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._shown),
                Route("/ways/{way}", self._put, methods=["POST"]),
                Route("/sms", self._sms, methods=["POST"]),
                Route("/bank", self._bank),
                Route("/accounts/{vendor}", self._account),
            ]
        )

    async def _shown(self, request: Request) -> Response:
        host = request.url.hostname
        return HTMLResponse(
            self._page.render(ways=WAYS, broken=self.broken, caught=self.catcher.caught, host=host)
        )

    async def _put(self, request: Request) -> Response:
        way, form = request.path_params["way"], (await request.body()).decode()
        if way not in WAYS or form not in ("broken=yes", "broken=no"):
            return PlainTextResponse(f"one of {', '.join(WAYS)}, with broken=yes or broken=no\n", 422)
        await self.put(way, form == "broken=yes")
        return RedirectResponse("/", 303)

    async def _sms(self, request: Request) -> Response:
        """As a vendor does that is paid in advance."""
        if "sms" in self.broken:
            return JSONResponse({"code": "NO_CREDIT"})
        asked = await request.json()
        self.catcher.add("SMS", asked["to"], asked["text"])
        return JSONResponse({"code": "OK"})

    async def _bank(self, request: Request) -> Response:
        opened = self.shop.gateway_open
        return JSONResponse({"state": "open" if opened else "closed"}, 200 if opened else 503)

    async def _account(self, request: Request) -> Response:
        low = {"cloud": ("12000.00", "310.00", "balance"), "sms": ("860.00", "-12.40", "sms")}
        well, ill, way = low[request.path_params["vendor"]]
        return JSONResponse({"balance": ill if way in self.broken else well, "currency": "CNY"})


async def main(arguments: Sequence[str]) -> int:
    """Returns the exit status: the command's."""
    host, command = HOST, list(arguments)
    if command[:1] == ["--host"]:
        host, command = command[1], command[2:]
    told = (
        os.environ.get("WATCHTOWER_BASE_URL", "http://127.0.0.1:9464"),
        os.environ.get("WATCHTOWER_PUSH_TOKEN", ""),
    )
    ports = Ports()
    trial = Trial(ports, Path(os.environ.get("SHOP_CERTIFICATE", "demo-shop.pem")), host, told)
    await trial.start()
    here = asyncio.current_task()
    assert here is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, here.cancel)
    customers = asyncio.create_task(come(f"http://{HOST}:{ports.shop}", _CUSTOMERS_EVERY))
    sys.stderr.write(f"break and heal the shop at http://{HOST}:{ports.page}\n")
    if not command:
        await customers
    child = await asyncio.create_subprocess_exec(*command)
    try:
        return await child.wait()
    finally:
        customers.cancel()
        if child.returncode is None:
            child.terminate()
            await child.wait()


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(sys.argv[1:])))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(0)
    except OSError as taken:
        sys.exit(f"the demo shop cannot listen: {taken}")
