"""A dialer of the worker link, written apart from the code under test: it packs and unpacks frames itself."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

HELLO, STATE, BATCH, RESULT, ERROR, LOG, PING, PONG, PAUSED, DRAIN, FAULT, DEBUG = range(1, 13)


class Row(NamedTuple):
    status: int
    content_type: int
    meta: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json()["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.json()["error"]["message"])


class Result(NamedTuple):
    id: int
    head: Dict[str, Any]
    micros: int
    executions: int
    rows: List[Row]


def pack_frame(type_: int, payload: bytes = b"", id_: int = 0) -> bytes:
    return struct.pack("<IBBHI", 8 + len(payload), type_, 0, 0, id_) + payload


def pack_json(type_: int, value: Any, id_: int = 0) -> bytes:
    return pack_frame(type_, json.dumps(value).encode(), id_)


def pack_batch(
    bodies: Sequence[bytes],
    id_: int = 1,
    kind: str = "raw",
    content_type: str = "",
    metas: Optional[Sequence[str]] = None,
) -> bytes:
    head = json.dumps({"kind": kind, "contentType": content_type}).encode()
    texts = [text.encode("latin-1") for text in metas or [f"request-{index}" for index in range(len(bodies))]]
    payload = struct.pack("<II", len(bodies), len(head))
    payload += b"".join(struct.pack("<II", len(text), len(body)) for text, body in zip(texts, bodies))
    return pack_frame(BATCH, payload + head + b"".join(texts) + b"".join(bodies), id_)


def unpack_result(payload: bytes, id_: int) -> Result:
    count, micros, executions, head_length = struct.unpack_from("<IIII", payload)
    table = [struct.unpack_from("<HBBII", payload, 16 + 12 * index) for index in range(count)]
    at = 16 + 12 * count
    head = json.loads(payload[at : at + head_length]) if head_length else {}
    at += head_length
    metas, bodies = [], []
    for row in table:
        metas.append(payload[at : at + row[3]].decode("latin-1"))
        at += row[3]
    for row in table:
        bodies.append(payload[at : at + row[4]])
        at += row[4]
    assert at == len(payload)
    rows = [Row(row[0], row[1], meta, body) for row, meta, body in zip(table, metas, bodies)]
    return Result(id_, head, micros, executions, rows)


class Client:
    """One dialed link. Keeps every JSON payload that came, by frame type."""

    def __init__(self, address: Any, role: str, timeout: float = 20.0, **hello: Any):
        self.sock = dial(address, timeout)
        self.seen: List[Tuple[int, Any]] = []
        self.sock.sendall(pack_json(HELLO, {"protocol": 1, "role": role, **hello}))
        type_, _, payload = self.receive()
        assert type_ == HELLO, payload
        self.hello: Dict[str, Any] = json.loads(payload)
        self.seen.append((HELLO, self.hello))

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def receive(self) -> Tuple[int, int, bytes]:
        head = self._exactly(12)
        length, type_, flags, reserved, id_ = struct.unpack("<IBBHI", head)
        # What user code wrote into a link must not pass for a frame.
        assert flags == 0 and reserved == 0 and 8 <= length < 1 << 30 and 1 <= type_ <= 10, head
        return type_, id_, self._exactly(length - 8)

    def _exactly(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            chunk = self.sock.recv(count - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)

    def next_json(self, wanted: int) -> Any:
        """The next payload of a frame of this type; others are kept in `seen`."""
        while True:
            type_, _, payload = self.receive()
            value = json.loads(payload) if payload else None
            self.seen.append((type_, value))
            if type_ == wanted:
                return value

    def call(self, bodies: Sequence[bytes], **options: Any) -> Result:
        """Sends one batch and waits for its result."""
        self.send(pack_batch(bodies, **options))
        type_, id_, payload = self.receive()
        assert type_ == RESULT, (type_, payload)
        return unpack_result(payload, id_)

    def one(self, body: bytes, **options: Any) -> Row:
        return self.call([body], **options).rows[0]

    def ping(self) -> float:
        """Seconds until the pong."""
        begun = time.monotonic()
        self.send(pack_frame(PING, b"", 7))
        self.next_json(PONG)
        return time.monotonic() - begun

    def wait_state(self, *states: str) -> Any:
        value = self.hello
        while value["state"] not in states:
            value = self.next_json(STATE)
        return value

    def is_closed(self) -> bool:
        """True when the other side has closed the link."""
        try:
            return not self.sock.recv(1)
        except OSError:
            return True

    def close(self) -> None:
        self.sock.close()


def dial(address: Any, timeout: float) -> socket.socket:
    """Tries until the worker listens."""
    until = time.monotonic() + timeout
    while True:
        unix = isinstance(address, str)
        sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        try:
            sock.connect(address)
            return sock
        except (FileNotFoundError, ConnectionRefusedError):
            sock.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
