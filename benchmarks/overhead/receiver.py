"""Webhook sink. Each POST/PUT/GET becomes one JSONL line:

  {"seq", "mono": time.monotonic() when the whole body was there, "wall",
   "path", "status": what was answered, "body": the body as text}

Control (not logged), to rehearse a pager that is down or slow:
  POST /_ctl {"status": 503, "delay": 2.0}   answer like this from now on
"""

import argparse
import asyncio
import contextlib
import json
import time


class Sink(asyncio.Protocol):
    def __init__(self, shared):
        self.s = shared
        self.buf = bytearray()
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buf += data
        while self.one():
            pass

    def one(self):
        end = self.buf.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.buf[:end])
        low = head.lower()
        start = end + 4
        if b"transfer-encoding: chunked" in low:
            body = bytearray()
            while True:
                nl = self.buf.find(b"\r\n", start)
                if nl < 0:
                    return False
                size = int(bytes(self.buf[start:nl]).split(b";")[0], 16)
                if len(self.buf) < nl + 4 + size:
                    return False
                body += self.buf[nl + 2 : nl + 2 + size]
                start = nl + 4 + size
                if size == 0:
                    break
        else:
            pos = low.find(b"\r\ncontent-length:")
            length = int(low[pos + 17 :].split(b"\r\n", 1)[0]) if pos >= 0 else 0
            if len(self.buf) < start + length:
                return False
            body = bytes(self.buf[start : start + length])
            start += length
        mono, wall = time.monotonic(), time.time()
        del self.buf[:start]
        path = head.split(b" ", 2)[1].decode("latin-1")
        keep = b"connection: close" not in low
        s = self.s
        if path == "/_ctl":
            req = json.loads(bytes(body))
            s["status"] = int(req.get("status", s["status"]))
            s["delay"] = float(req.get("delay", s["delay"]))
            self.answer(200, keep)
            return True
        s["seq"] += 1
        s["out"].write(
            json.dumps(
                {
                    "seq": s["seq"],
                    "mono": mono,
                    "wall": wall,
                    "path": path,
                    "status": s["status"],
                    "body": bytes(body).decode("utf-8", "replace"),
                }
            )
            + "\n"
        )
        s["out"].flush()
        if s["delay"]:
            asyncio.get_running_loop().call_later(s["delay"], self.answer, s["status"], keep)
        else:
            self.answer(s["status"], keep)
        return True

    def answer(self, status, keep):
        if self.transport.is_closing():
            return
        self.transport.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: %s\r\n\r\n{}"
            % (status, b"keep-alive" if keep else b"close")
        )
        if not keep:
            self.transport.close()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--port", type=int, default=0)
    ap.add_argument("--out", required=True)
    ap.add_argument("--ready-file")
    ap.add_argument("--status", type=int, default=200)
    ap.add_argument("--delay", type=float, default=0.0)
    args = ap.parse_args()

    async def serve():
        shared = {"out": open(args.out, "a"), "seq": 0, "status": args.status, "delay": args.delay}
        srv = await asyncio.get_running_loop().create_server(
            lambda: Sink(shared), "127.0.0.1", args.port, backlog=8192
        )
        ports = {"port": srv.sockets[0].getsockname()[1]}
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
