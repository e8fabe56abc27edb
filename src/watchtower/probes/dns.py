"""`dns` resolves a name, compares the records, and measures the time."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from watchtower.fields import BeforeValidator, Field, WithJsonSchema, model_validator
from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Probe, Services, down, unknown, up
from watchtower.probes.dns_own import OwnText, ServerAnswer, foreign, named
from watchtower.probes.network import Address, close, connect, failed

if TYPE_CHECKING:
    import dns.message


_HEADER, _CUT_OFF = 12, 2
"""Bytes of a message's header; the bit of its third byte that says that the answer is cut off (RFC 1035, 4.1.1)."""


def _server(text: Any) -> Any:
    """Parses an address. Without a port it is 53; IPv6 needs brackets only with a port."""
    if not isinstance(text, str):
        return text
    server = Address.parse(text) if text.count(":") == 1 or text.startswith("[") else Address(text, 53)
    try:
        ipaddress.ip_address(server.host)
    except ValueError:
        raise ValueError(
            f'"{text}" is no IP address: a name server is asked by its address, such as "10.0.0.2" or "[2001:db8::1]:53"'
        ) from None
    return server


ServerText = Annotated[
    Address,
    BeforeValidator(_server),
    WithJsonSchema({"type": "string", "examples": ["10.0.0.2", "10.0.0.2:5353"]}),
]


class Dns(Probe):
    """Queries name servers for one record, in turn until one gives an answer that counts."""

    kind = "dns"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("to get the answer", Unit.SECONDS),
        "answers": Fact.number("how many records of this type the answer holds"),
        "ttl": Fact.number("how long the answer may be kept", Unit.SECONDS),
        "matches": Fact.bool("whether the records are as `expect` says; not known without `expect`"),
        "rcode": Fact.string("the answer's code: `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ..."),
        "foreign": Fact.number("answers that are not ours; not known without `own` or `ask = all`"),
        "foreign_answers": Fact.string("which they are, and which name server gives each"),
        "silent_servers": Fact.number("name servers that did not answer, with `ask = all`"),
    }

    class Settings(Probe.Settings):
        domain: str = Field(
            min_length=1, max_length=253, pattern=r"^\S+$", description="The name to ask for."
        )
        type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] = Field(
            default="A", description="The type of record."
        )
        servers: list[ServerText] = Field(
            default=[],
            description="Addresses of the name servers to ask, with :port if it is not 53; else the system's.",
        )
        ask: Literal["first", "all"] = Field(
            default="first",
            description="Ask them in turn until one answers, or all, and look for answers that are not ours.",
        )
        own: list[OwnText] = Field(
            default=[],
            description="Networks of ours, and names that aliases of ours lead to: every other answer is foreign.",
        )
        expect: list[str] = Field(
            default=[], description="Records that must be there, written as in a zone file."
        )
        require: Literal["all", "any"] = Field(
            default="all", description="Whether `all` that is expected must be there, or `any` of it."
        )
        min_answers: int = Field(default=1, ge=0, description="Fewer records than this are not well.")
        transport: Literal["udp", "tcp"] = Field(
            default="udp", description="Ask by UDP (by TCP where the answer is cut off), or by TCP only."
        )

        @model_validator(mode="after")
        def _may_match(self) -> Dns.Settings:
            if self.type in ("A", "AAAA"):
                for one in self.expect:
                    try:
                        ipaddress.IPv4Address(one) if self.type == "A" else ipaddress.IPv6Address(one)
                    except ValueError:
                        raise ValueError(f'expect: "{one}" is no {self.type} record') from None
            elif self.own:
                raise ValueError("own: it is for the types A and AAAA")
            return self

    async def open(self, services: Services) -> None:
        import dns.resolver

        self._servers: list[Address] = self.settings.servers
        if not self._servers:
            try:
                system = dns.resolver.Resolver()
            except dns.resolver.NoResolverConfiguration:
                return
            self._servers = [Address(str(one), 53) for one in system.nameservers if isinstance(one, str)]

    async def probe(self) -> Reading:
        import dns.exception
        import dns.message
        import dns.rcode

        if not self._servers:
            return unknown("resolver", "the system names no name server")
        try:
            question = dns.message.make_query(self.settings.domain, self.settings.type)
        except (dns.exception.DNSException, UnicodeError):
            return unknown("config", f"{self.settings.domain} is no name")
        if self.settings.ask == "all":
            return await self._ask_all(question)
        started = time.monotonic()
        reading = unknown("resolver", "no name server was asked")
        for asked, server in enumerate(self._servers):
            left = self.timeout_seconds - (time.monotonic() - started)
            if left <= 0:
                break
            answer = await self._answer_of(question, server, left / (len(self._servers) - asked))
            if isinstance(answer, Reading):
                reading = answer
                continue
            reading = self._judged([(server, answer)], time.monotonic() - started)
            if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                break
        return reading

    async def _ask_all(self, question: dns.message.Message) -> Reading:
        """All at once. One that is silent is counted; when all are, that is the outcome."""
        started = time.monotonic()
        asked = [self._answer_of(question, server, self.timeout_seconds) for server in self._servers]
        said = list(zip(self._servers, await asyncio.gather(*asked), strict=True))
        answers = [(server, one) for server, one in said if not isinstance(one, Reading)]
        silent = [one for _, one in said if isinstance(one, Reading)]
        if not answers:
            return silent[0]
        return self._judged(answers, time.monotonic() - started, silent_servers=float(len(silent)))

    def _judged(
        self, answers: Sequence[tuple[Address, dns.message.Message]], latency: float, **more: Any
    ) -> Reading:
        """The worst of the answers; a foreign one is worse than any other fault."""
        faults = [self._judge(answer, latency) for _, answer in answers]
        reading = next((one for one in faults if one.outcome is not Outcome.UP), faults[0])
        measured: dict[str, Any] = {**reading.measurements, **more}
        if self.settings.own or self.settings.ask == "all":
            found = foreign([self._answered(server, answer) for server, answer in answers], self.settings.own)
            measured |= {"foreign": float(len(found)), "foreign_answers": named(found)}
            if found:
                said = f"{self.settings.type} of {self.settings.domain}: not ours are {named(found)}"
                return down("foreign", said, **measured)
        return Reading(reading.outcome, measured, reading.reason, reading.detail)

    def _answered(self, server: Address, answer: dns.message.Message) -> ServerAnswer:
        import dns.rcode
        import dns.rdatatype

        wanted = dns.rdatatype.from_text(self.settings.type)
        records = [_plain(self.settings.type, record.to_text()) for one in answer.answer
                   if one.rdtype == wanted for record in one]  # fmt: skip
        aliases = [_plain("CNAME", record.to_text()) for one in answer.answer
                   if one.rdtype == dns.rdatatype.CNAME for record in one]  # fmt: skip
        return ServerAnswer(server.host, dns.rcode.to_text(answer.rcode()), sorted(records), aliases)

    async def _answer_of(
        self, question: dns.message.Message, server: Address, within: float
    ) -> dns.message.Message | Reading:
        """The server's answer, or what it means that there is none."""
        import dns.exception

        try:
            return await self._ask(question, server, within)
        except TimeoutError:
            return self._silent("timeout", f"{server} did not answer in time")
        except dns.exception.DNSException:
            return self._silent("garbage", f"{server} answered what is no DNS")
        except (OSError, EOFError) as error:
            reading = failed(error, str(server))
            return reading if self.settings.servers else unknown("resolver", reading.detail)

    async def _ask(
        self, question: dns.message.Message, server: Address, within: float
    ) -> dns.message.Message:
        """dnspython asks as well, but reads an answer of 64 KB in the event loop, which takes it 0.2 s."""
        import dns.exception
        import dns.message

        asked, started = question.to_wire(), time.monotonic()
        answered = b"" if self.settings.transport == "tcp" else await _by_udp(asked, server, within)
        if not answered or answered[2] & _CUT_OFF:
            answered = await _by_tcp(asked, server, within - (time.monotonic() - started))
        try:
            answer = await read_aside(len(answered), dns.message.from_wire, answered)
        except (ValueError, LookupError, struct.error) as error:
            raise dns.exception.FormError from error
        if not question.is_response(answer):
            raise dns.exception.FormError
        return answer

    def _silent(self, reason: str, detail: str) -> Reading:
        """Configured servers are the target; the system's are our own resources."""
        return down(reason, detail) if self.settings.servers else unknown("resolver", detail)

    def _judge(self, answer: dns.message.Message, latency: float) -> Reading:
        import dns.rcode
        import dns.rdatatype

        settings = self.settings
        wanted = dns.rdatatype.from_text(settings.type)
        sets = [one for one in answer.answer if one.rdtype == wanted]
        found = {_plain(settings.type, record.to_text()) for one in sets for record in one}
        rcode = dns.rcode.to_text(answer.rcode())
        measured: dict[str, Any] = {"latency": latency, "answers": len(found), "rcode": rcode}
        if sets:
            measured["ttl"] = min(one.ttl for one in sets)
        asked = f"{settings.type} of {settings.domain}"
        if rcode == "NXDOMAIN":
            return down("nxdomain", f"there is no name {settings.domain}", **measured)
        if rcode != "NOERROR":
            return down(rcode.lower(), f"{asked}: the name server answers {rcode}", **measured)
        missing = [one for one in settings.expect if _plain(settings.type, one) not in found]
        if settings.expect:
            enough = len(missing) < len(settings.expect) if settings.require == "any" else not missing
            measured["matches"] = enough
            if not enough:
                return down("mismatch", f"{asked}: {', '.join(missing)} is not among the answers", **measured)
        if len(found) < settings.min_answers:
            return down("few", f"{asked}: {len(found)} answers, {settings.min_answers} wanted", **measured)
        return up(**measured)


async def _by_tcp(asked: bytes, server: Address, within: float) -> bytes:
    async with asyncio.timeout(within):
        connection = await connect(server, within)
        try:
            connection.writer.write(struct.pack("!H", len(asked)) + asked)
            (length,) = struct.unpack("!H", await connection.reader.readexactly(2))
            return await connection.reader.readexactly(length)
        finally:
            close(connection.writer)


async def _by_udp(asked: bytes, server: Address, within: float) -> bytes:
    loop = asyncio.get_running_loop()
    transport, datagrams = await loop.create_datagram_endpoint(
        lambda: _Datagrams(asked), remote_addr=(server.host, server.port)
    )
    try:
        async with asyncio.timeout(within):
            return await datagrams.answer
    finally:
        transport.close()


class _Datagrams(asyncio.DatagramProtocol):
    """Sends one question and waits for the answer with its number; other datagrams are ignored."""

    def __init__(self, asked: bytes) -> None:
        self._asked = asked
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.sendto(self._asked)  # type: ignore[attr-defined]

    def datagram_received(self, data: bytes, addr: object) -> None:
        if len(data) >= _HEADER and data[:2] == self._asked[:2] and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


def _plain(type: str, record: str) -> str:
    """As records of this type are compared: an address by its value, a text joined and as it is, names without case.

    A text is several strings of up to 255 bytes in the answer, and one to whoever reads it (RFC 7208, 3.3).
    """
    import dns.exception
    import dns.rdata

    if type == "AAAA":
        return str(ipaddress.IPv6Address(record))
    if type == "TXT":
        try:
            parts: Any = dns.rdata.from_text("IN", "TXT", record) if record.startswith('"') else None
        except dns.exception.DNSException:
            parts = None
        return record if parts is None else b"".join(parts.strings).decode("utf-8", "replace")
    return " ".join(record.replace('"', "").lower().split()).removesuffix(".")
