"""The frames of Feishu's long connection: one protobuf message, `pbbp2.Frame`.

1 SeqID, 2 LogID, 3 service, 4 method: varints;  5 headers: {1 key, 2 value};  8 payload
6 payload_encoding, 7 payload_type, 9 LogIDNew: texts that go back as they came
"""

from __future__ import annotations

from collections.abc import Iterator

from watchtower.values import Mutable, field

CONTROL, DATA = 0, 1
"""Methods."""
_HEADERS, _PAYLOAD = 5, 8
_LONGEST_VARINT = 70


class FeishuFrame(Mutable):
    """One frame. `numbers` are fields 1 to 4, `texts` those of 6, 7 and 9 that were there."""

    numbers: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0, 3: 0, 4: CONTROL})
    headers: dict[str, str] = field(default_factory=dict)
    payload: bytes | None = None
    texts: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def control(cls, kind: str, service: int) -> FeishuFrame:
        """A frame about the connection itself, as `ping`."""
        return cls({1: 0, 2: 0, 3: service, 4: CONTROL}, {"type": kind})

    @property
    def method(self) -> int:
        return self.numbers[4]

    def encode(self) -> bytes:
        """The fields in the order of their numbers."""
        out = {number: _varint(number << 3) + _varint(value) for number, value in self.numbers.items()}
        out |= {number: _bytes(number, text) for number, text in self.texts.items()}
        pairs = (_bytes(1, key.encode()) + _bytes(2, value.encode()) for key, value in self.headers.items())
        out[_HEADERS] = b"".join(_bytes(_HEADERS, pair) for pair in pairs)
        if self.payload is not None:
            out[_PAYLOAD] = _bytes(_PAYLOAD, self.payload)
        return b"".join(out[number] for number in sorted(out))


def decode(data: bytes) -> FeishuFrame:
    """Raises ValueError for what is no such frame."""
    frame = FeishuFrame()
    for number, value in _fields(data):
        if isinstance(value, int):
            frame.numbers[number] = value
        elif number == _HEADERS:
            pair = dict(_fields(value))
            key, text = pair.get(1, b""), pair.get(2, b"")
            if isinstance(key, bytes) and isinstance(text, bytes):
                frame.headers[key.decode()] = text.decode()
        elif number == _PAYLOAD:
            frame.payload = value
        else:
            frame.texts[number] = value
    return frame


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        if tag & 7 == 0:
            yield tag >> 3, value
        elif tag & 7 == 2 and at + value <= len(data):
            yield tag >> 3, data[at : at + value]
            at += value
        else:
            raise ValueError("no frame of Feishu's")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < _LONGEST_VARINT:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7
    raise ValueError("no frame of Feishu's")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value
