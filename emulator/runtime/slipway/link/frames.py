"""Frame header, frame types, and a connection that reads and writes whole frames without ever blocking on a read."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
from typing import Any, List, NamedTuple, Optional, Sequence, Union

PROTOCOL = 1
HEADER = struct.Struct("<IBBHI")
HEADER_BYTES = 12
MAX_FRAME_BYTES = 1 << 30

HELLO, STATE, BATCH, RESULT, ERROR, LOG, PING, PONG, PAUSED, DRAIN, FAULT, DEBUG = range(1, 13)

# A unix socket hands over about 200 KB at most in one read; most batches fit into one.
_FIRST_BUFFER_BYTES = 256 * 1024
# A buffer that one large frame has blown up is given back after it.
_KEEP_BUFFER_BYTES = 8 * 1024 * 1024
# One copy is cheaper than many buffers up to about here (measured: sendmsg of 64 small buffers costs 3 joins).
_JOIN_BYTES = 256 * 1024
# Linux takes at most 1024 buffers in one call (IOV_MAX).
_MAX_BUFFERS = 512

Buffer = Union[bytes, bytearray, memoryview]


class ProtocolError(Exception):
    """The other side sent something that is not a frame of the link."""


class LinkClosed(Exception):
    """The other side is gone, or the descriptor under the link was closed or replaced."""


class Frame(NamedTuple):
    """One received frame. `payload` lies in the buffer of its link and is good until the next `receive`."""

    type: int
    id: int
    payload: memoryview

    def json(self) -> Any:
        """The payload as JSON. Raises ProtocolError."""
        try:
            return json.loads(bytes(self.payload))
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"the payload of a frame of type {self.type} is not JSON: {error}") from None


def json_bytes(value: Any) -> bytes:
    """JSON in UTF-8. Half of a surrogate pair, which a Python text may hold, is written as an escape."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def json_frame(type_: int, value: Any, id_: int = 0) -> bytes:
    """A whole frame with a JSON payload; `None` is an empty payload."""
    payload = b"" if value is None else json_bytes(value)
    return HEADER.pack(8 + len(payload), type_, 0, 0, id_) + payload


class Link:
    """A connection. Reads never block; writes wait at most `send_timeout` seconds without progress."""

    def __init__(self, sock: socket.socket, max_frame_bytes: int = MAX_FRAME_BYTES, send_timeout: float = 10.0):
        sock.setblocking(False)
        self.sock = sock
        self.send_timeout = send_timeout
        self._max = max_frame_bytes
        self._buffer = bytearray(min(_FIRST_BUFFER_BYTES, max_frame_bytes))
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._recv_into = sock.recv_into
        self._fd = sock.fileno()
        self._identity = identity_of(self._fd)

    def fileno(self) -> int:
        return self._fd

    def allow_frames_of(self, max_frame_bytes: int) -> None:
        """From the next frame on; a dialer that has not said hello may send only small ones."""
        self._max = max_frame_bytes

    def receive(self) -> Optional[Frame]:
        """The next whole frame, or None when it has not wholly arrived. Raises LinkClosed, ProtocolError."""
        while True:
            start = self._start
            have = self._end - start
            wanted = HEADER_BYTES
            if have >= HEADER_BYTES:
                length, type_, flags, reserved, id_ = HEADER.unpack_from(self._buffer, start)
                if length < 8 or length > self._max - 4 or flags or reserved:
                    raise ProtocolError(f"not a frame header: length {length}, flags {flags}, reserved {reserved}")
                wanted = 4 + length
                if have >= wanted:
                    end = start + wanted
                    frame = Frame(type_, id_, self._view[start + HEADER_BYTES : end])
                    if end == self._end:
                        self._start = self._end = 0
                    else:
                        self._start = end
                    return frame
            self._make_room(wanted)
            try:
                count = self._recv_into(self._view[self._end :])
            except (BlockingIOError, InterruptedError):
                return None
            except OSError as error:
                raise LinkClosed(str(error)) from None
            if count == 0:
                raise LinkClosed("closed by the other side")
            self._end += count

    def _make_room(self, wanted: int) -> None:
        """Room for at least one more byte. Doubles as bytes arrive: to claim a long frame costs nothing."""
        have = self._end - self._start
        size = len(self._buffer)
        if have == 0 and size > _KEEP_BUFFER_BYTES and wanted <= _FIRST_BUFFER_BYTES:
            self._replace(_FIRST_BUFFER_BYTES)
        elif self._end == size:
            grown = size if have <= size // 2 else min(2 * size, max(wanted, size + 1))
            self._replace(max(grown, have + 1))

    def _replace(self, size: int) -> None:
        # A new buffer, never a resized one: views of the last frame may still be held.
        have = self._end - self._start
        fresh = bytearray(size)
        fresh[:have] = self._view[self._start : self._end]
        self._buffer = fresh
        self._view = memoryview(fresh)
        self._start, self._end = 0, have

    def is_intact(self) -> bool:
        """False when user code closed the descriptor, or when its number now belongs to something else."""
        return identity_of(self._fd) == self._identity

    def send(self, parts: Sequence[Buffer]) -> None:
        """Writes all of `parts` in order. Raises LinkClosed, also when the other side does not read for too long."""
        total = sum(map(len, parts))
        if total <= _JOIN_BYTES:
            self._send_one(memoryview(b"".join(parts)))
        else:
            self._send_many([memoryview(part) for part in parts if len(part)])

    def _send_one(self, rest: memoryview) -> None:
        while True:
            try:
                sent = self.sock.send(rest)
            except (BlockingIOError, InterruptedError):
                self._wait_writable()
                continue
            except OSError as error:
                raise LinkClosed(str(error)) from None
            if sent == len(rest):
                return
            rest = rest[sent:]

    def _send_many(self, parts: List[memoryview]) -> None:
        if not hasattr(self.sock, "sendmsg"):
            for part in parts:
                self._send_one(part)
            return
        first = 0
        while first < len(parts):
            try:
                sent = self.sock.sendmsg(parts[first : first + _MAX_BUFFERS])
            except (BlockingIOError, InterruptedError):
                self._wait_writable()
                continue
            except OSError as error:
                raise LinkClosed(str(error)) from None
            while sent and sent >= len(parts[first]):
                sent -= len(parts[first])
                first += 1
            if sent:
                parts[first] = parts[first][sent:]

    def _wait_writable(self) -> None:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(self._fd, select.POLLOUT)
            ready: Any = poll.poll(self.send_timeout * 1000)
        else:
            ready = select.select([], [self._fd], [], self.send_timeout)[1]
        if not ready:
            raise LinkClosed(f"the other side has not read for {self.send_timeout:g} s")

    def close(self) -> None:
        """Idempotent. A descriptor that is no longer ours is left alone."""
        if self._fd < 0:
            return
        if self.is_intact():
            self.sock.close()
        else:
            self.sock.detach()
        self._fd = -1


def identity_of(fd: int) -> Optional[tuple[int, int]]:
    """What the descriptor refers to, so that a number that was closed and used again is noticed."""
    try:
        stat = os.fstat(fd)
    except OSError:
        return None
    return (stat.st_dev, stat.st_ino)
