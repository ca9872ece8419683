"""The frame codec against the golden vectors that the other side is checked with, and chopped and false input."""

from __future__ import annotations

import json
import os
import random
import socket
import threading
from typing import Any, Dict, List, Tuple

import pytest
from support.client import pack_batch, pack_frame, unpack_result
from support.process import SCHEMAS

from slipway.link.batch import BatchDecoder
from slipway.link.frames import (
    BATCH,
    HEADER,
    MAX_FRAME_BYTES,
    PING,
    Frame,
    Link,
    LinkClosed,
    ProtocolError,
    json_frame,
)
from slipway.link.result import encode_result

VECTORS: Dict[str, Any] = json.loads((SCHEMAS / "vectors" / "frames.json").read_text(encoding="utf-8"))
TYPES = ["hello", "state", "batch", "result", "error", "log", "ping", "pong", "paused", "drain", "fault", "debug"]


def pair(**options: Any) -> Tuple[Link, socket.socket]:
    here, there = socket.socketpair()
    return Link(here, **options), there


def receive_all(data: bytes) -> List[Tuple[int, int, bytes]]:
    """Frames of a byte string, through a link whose other side closes after it."""
    link, other = pair()
    frames = []
    other.settimeout(5)
    try:
        for start in range(0, len(data), 65536):
            other.sendall(data[start : start + 65536])
            while True:
                frame = link.receive()
                if frame is None:
                    break
                frames.append((frame.type, frame.id, bytes(frame.payload)))
    finally:
        link.close()
        other.close()
    return frames


def named(vector: Dict[str, Any]) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=named)
def test_a_golden_frame_is_read(vector: Dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    [(type_, id_, payload)] = receive_all(data)
    assert type_ == TYPES.index(vector["type"]) + 1
    assert id_ == vector["id"]
    if vector["type"] == "batch":
        batch = BatchDecoder().decode(Frame(type_, id_, memoryview(payload)))
        assert {"kind": batch.head.kind, "contentType": batch.head.content_type} == vector["head"]
        assert [bytes(body).hex() for body in batch.bodies] == [item["body"] for item in vector["items"]]
        for index, item in enumerate(vector["items"]):
            request, *lines = item["meta"].split("\n")
            assert batch.metas.request_id(index) == request
            expected = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
            assert batch.metas.headers(index) == expected
    elif vector["type"] != "result" and vector["json"] is not None:
        assert Frame(type_, id_, memoryview(payload)).json() == vector["json"]


@pytest.mark.parametrize("vector", [each for each in VECTORS["frames"] if each["type"] != "batch"], ids=named)
def test_a_golden_frame_is_written_byte_for_byte(vector: Dict[str, Any]) -> None:
    if vector["type"] == "result":
        rows = [
            (row["status"], row["contentType"], bytes.fromhex(row["body"]), row["meta"].encode("latin-1"))
            for row in vector["rows"]
        ]
        parts = encode_result(vector["id"], rows, vector["executeMicros"], vector["executions"], vector["head"])
        written = b"".join(parts)
    else:
        written = json_frame(TYPES.index(vector["type"]) + 1, vector["json"], vector["id"])
    assert written.hex() == vector["hex"]


@pytest.mark.parametrize("vector", [each for each in VECTORS["refused"] if each["at"] != "result"], ids=named)
def test_a_frame_that_is_none_is_refused(vector: Dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        for type_, id_, payload in receive_all(bytes.fromhex(vector["hex"])):
            BatchDecoder().decode(Frame(type_, id_, memoryview(payload)))


def test_frames_arrive_whole_however_the_stream_is_cut() -> None:
    rng = random.Random(7)
    for _ in range(30):
        sent = [
            (rng.randint(1, 10), rng.randrange(2**32), rng.randbytes(int(rng.expovariate(1 / 500)))) for _ in range(20)
        ]
        data = b"".join(pack_frame(type_, payload, id_) for type_, id_, payload in sent)
        link, other = pair()
        got = []
        at = 0
        while at < len(data):
            step = rng.choice([1, 3, 11, 12, 13, 500, 5000])
            other.sendall(data[at : at + step])
            at += step
            while True:
                frame = link.receive()
                if frame is None:
                    break
                got.append((frame.type, frame.id, bytes(frame.payload)))
        assert got == sent
        link.close()
        other.close()


def test_a_frame_larger_than_the_buffer_grows_it_and_gives_it_back() -> None:
    big = random.Random(1).randbytes(20_000_000)
    data = pack_frame(BATCH, big, 3) + pack_frame(PING, b"", 4)
    frames = receive_all(data)
    assert [(type_, id_, len(payload)) for type_, id_, payload in frames] == [(BATCH, 3, len(big)), (PING, 4, 0)]
    assert frames[0][2] == big


def test_a_claimed_length_costs_no_memory_until_its_bytes_come() -> None:
    link, other = pair()
    other.sendall(HEADER.pack(MAX_FRAME_BYTES - 4, BATCH, 0, 0, 1))
    assert link.receive() is None
    assert len(link._buffer) <= 1 << 20
    link.close()
    other.close()


def test_a_dialer_that_has_not_said_hello_may_send_only_small_frames() -> None:
    link, other = pair(max_frame_bytes=1024)
    other.sendall(HEADER.pack(1021, PING, 0, 0, 1))
    with pytest.raises(ProtocolError):
        link.receive()
    link.close()
    other.close()


@pytest.mark.parametrize("total", [10, 300_000, 3_000_000])
def test_everything_is_written_though_the_reader_is_slow(total: int) -> None:
    link, other = pair()
    parts = [random.Random(index).randbytes(total // 700 + 1) for index in range(700)]
    got = bytearray()

    def read() -> None:
        while len(got) < sum(map(len, parts)):
            got.extend(other.recv(7919))

    reader = threading.Thread(target=read)
    reader.start()
    link.send(parts)
    reader.join(10)
    assert bytes(got) == b"".join(parts)
    link.close()
    other.close()


def test_a_reader_that_does_not_read_is_given_up() -> None:
    link, other = pair(send_timeout=0.05)
    with pytest.raises(LinkClosed, match="has not read"):
        link.send([bytes(10_000_000)])
    link.close()
    other.close()


def test_a_descriptor_that_was_closed_and_used_again_is_noticed(tmp_path: Any) -> None:
    link, other = pair()
    assert link.is_intact()
    fd = link.fileno()
    os.close(fd)
    assert not link.is_intact()
    used_again = os.open(str(tmp_path / "of the user"), os.O_CREAT | os.O_WRONLY)
    os.dup2(used_again, fd)
    assert not link.is_intact()
    link.close()
    os.fstat(fd)
    for each in {fd, used_again}:
        os.close(each)
    other.close()


def test_random_batches_decode_to_what_was_packed() -> None:
    rng = random.Random(3)
    for _ in range(200):
        count = rng.choice([0, 1, 2, 64, 300])
        bodies = [rng.randbytes(rng.choice([0, 1, 784, 5000])) for _ in range(count)]
        metas = [f"id{rng.randrange(10**6)}\nx-a: {rng.randrange(99)}" for _ in range(count)]
        data = pack_batch(bodies, id_=9, content_type="text/plain", metas=metas)
        batch = BatchDecoder().decode(Frame(BATCH, 9, memoryview(data)[12:]))
        assert [bytes(body) for body in batch.bodies] == bodies
        assert [batch.metas.request_id(index) for index in range(count)] == [meta.split("\n")[0] for meta in metas]


def test_a_damaged_batch_is_refused_and_never_crashes() -> None:
    rng = random.Random(5)
    good = pack_batch([b"abc", b"defg"], content_type="text/plain")[12:]
    for _ in range(3000):
        bad = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            bad[rng.randrange(len(bad))] = rng.randrange(256)
        del bad[rng.randrange(len(bad) + 1) :]
        try:
            batch = BatchDecoder().decode(Frame(BATCH, 1, memoryview(bad)))
        except ProtocolError:
            continue
        assert sum(map(len, batch.bodies)) <= len(bad)


def test_random_results_are_read_back_by_another_codec() -> None:
    rng = random.Random(11)
    for _ in range(200):
        rows = [
            (
                rng.choice([200, 422, 500]),
                rng.randrange(3),
                rng.randbytes(rng.choice([0, 3, 900])),
                b"x: y" * rng.randrange(2),
            )
            for _ in range(rng.choice([0, 1, 64]))
        ]
        data = b"".join(encode_result(5, rows, 17, 2, None))
        result = unpack_result(data[12:], 5)
        assert [(row.status, row.content_type, row.body, row.meta.encode()) for row in result.rows] == rows
        assert (result.micros, result.executions, result.head) == (17, 2, {})
