"""HTTP target server with faults that can be switched on and off.

GET /t/<id> answers 200 "ok 1", which Prometheus can scrape, unless a fault is set for <id>. A second port
takes control requests, so that they are never counted as probes:

  GET  /stats       totals: requests, failures served, connections, CLOCK_MONOTONIC now
  GET  /counts      {id: requests so far}
  GET  /firstfail   {id: time.monotonic() of the first bad answer since set}
  POST /set         {"ids": [..] or "all", "mode": MODE} -> {"mono": t}

MODE: ok, 500 (any status number), hang (never answers), reset (RST),
slow:<seconds>. The time in the answer to /set is taken in this process at
the moment the fault takes effect. CLOCK_MONOTONIC is shared by all processes
of the machine, so it can be compared with the receiver's times.
"""

import argparse
import asyncio
import contextlib
import json
import time


class State:
    def __init__(self):
        self.modes = {}
        self.all_mode = None
        self.counts = {}
        self.first_fail = {}
        self.requests = 0
        self.failed = 0
        self.connections = 0

    def mode(self, ident):
        return self.modes.get(ident) or self.all_mode or "ok"


def response(status, body, keep, ctype=b"text/plain"):
    return (
        b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n"
        % (status, ctype, len(body), b"keep-alive" if keep else b"close")
    ) + body


class Http(asyncio.Protocol):
    """As little of HTTP/1.1 as probes need: no chunked bodies, no upgrades."""

    def __init__(self, handler, state=None):
        self.handler = handler
        self.state = state
        self.buf = b""
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        if self.state:
            self.state.connections += 1

    def data_received(self, data):
        self.buf += data
        while True:
            end = self.buf.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buf[:end]
            low = head.lower()
            length = 0
            pos = low.find(b"\r\ncontent-length:")
            if pos >= 0:
                length = int(low[pos + 17 :].split(b"\r\n", 1)[0])
            if len(self.buf) < end + 4 + length:
                return
            body = self.buf[end + 4 : end + 4 + length]
            self.buf = self.buf[end + 4 + length :]
            method, path = head.split(b" ", 2)[:2]
            self.handler(self.transport, method, path, body, b"connection: close" not in low)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--port", type=int, default=0)
    ap.add_argument("--control-port", type=int, default=0)
    ap.add_argument("--ready-file", help="JSON with the two ports is written here when both listen")
    args = ap.parse_args()
    st = State()
    ok = {True: response(200, b"ok 1\n", True), False: response(200, b"ok 1\n", False)}

    def send(transport, data, keep):
        if transport.is_closing():
            return
        transport.write(data)
        if not keep:
            transport.close()

    def probe(transport, method, path, body, keep):
        ident = path.rsplit(b"/", 1)[-1].decode()
        st.requests += 1
        st.counts[ident] = st.counts.get(ident, 0) + 1
        mode = st.mode(ident)
        if mode == "ok":
            send(transport, ok[keep], keep)
            return
        if mode.startswith("slow:"):
            asyncio.get_running_loop().call_later(float(mode[5:]), send, transport, ok[keep], keep)
            return
        st.failed += 1
        if ident not in st.first_fail:
            st.first_fail[ident] = time.monotonic()
        if mode == "reset":
            transport.abort()
        elif mode != "hang":
            send(transport, response(int(mode), b"fault\n", keep), keep)

    def control(transport, method, path, body, keep):
        if path == b"/stats":
            out = {
                "requests": st.requests,
                "failed": st.failed,
                "connections": st.connections,
                "mono": time.monotonic(),
            }
        elif path == b"/counts":
            out = st.counts
        elif path == b"/firstfail":
            out = st.first_fail
        elif path == b"/set" and method == b"POST":
            req = json.loads(body)
            mode = str(req["mode"])
            if req["ids"] == "all":
                st.first_fail.clear()
                st.modes.clear()
                st.all_mode = None if mode == "ok" else mode
            else:
                for ident in map(str, req["ids"]):
                    st.first_fail.pop(ident, None)
                    st.modes[ident] = mode
            out = {"mono": time.monotonic()}
        else:
            send(transport, response(404, b"{}", False), False)
            return
        send(transport, response(200, json.dumps(out).encode(), keep, b"application/json"), keep)

    async def serve():
        loop = asyncio.get_running_loop()
        a = await loop.create_server(lambda: Http(probe, st), "127.0.0.1", args.port, backlog=8192)
        b = await loop.create_server(lambda: Http(control), "127.0.0.1", args.control_port)
        ports = {"port": a.sockets[0].getsockname()[1], "control_port": b.sockets[0].getsockname()[1]}
        if args.ready_file:
            with open(args.ready_file, "w") as f:
                json.dump(ports, f)
        else:
            print(json.dumps(ports), flush=True)
        await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
