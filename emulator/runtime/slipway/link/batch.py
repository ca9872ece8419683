"""BATCH payload -> Batch. Bodies are views; metadata stays one piece until it is asked for."""

from __future__ import annotations

import json
import struct
from itertools import accumulate
from typing import Dict, List, NamedTuple, Tuple

from .frames import Frame, ProtocolError

_HEAD = struct.Struct("<II")
# More items than a gateway may send: the largest maxBatchSize of a manifest is 4096.
_MAX_COUNT = 1 << 20
_rows: Dict[int, struct.Struct] = {}


class BatchHead(NamedTuple):
    """What all items have in common: `kind` is "raw" or "v2"; `content_type` a media type in lower case, or empty."""

    kind: str
    content_type: str


class Batch(NamedTuple):
    """Items as they came. `bodies` are views into the link's buffer, good until its next `receive`."""

    id: int
    head: BatchHead
    bodies: List[memoryview]
    metas: Metas


class Metas:
    """The metadata of a batch: request ids and headers, taken apart only when touched."""

    __slots__ = ("_bytes", "_ends")

    def __init__(self, raw: bytes, ends: List[int]):
        self._bytes = raw
        self._ends = ends

    def _text(self, index: int) -> str:
        begin = self._ends[index - 1] if index else 0
        return self._bytes[begin : self._ends[index]].decode("latin-1")

    def request_id(self, index: int) -> str:
        return self._text(index).partition("\n")[0]

    def headers(self, index: int) -> List[Tuple[str, str]]:
        """Names as sent, values without surrounding white space."""
        found = []
        for line in self._text(index).split("\n")[1:]:
            name, colon, value = line.partition(":")
            if colon:
                found.append((name.strip(), value.strip()))
        return found


class BatchDecoder:
    """Decodes the batches of one link; remembers the last head, which is nearly always the next one too."""

    def __init__(self) -> None:
        self._head_bytes = b""
        self._head = BatchHead("raw", "")

    def decode(self, frame: Frame) -> Batch:
        """Raises ProtocolError when the lengths do not add up or the head is not one."""
        payload = frame.payload
        size = len(payload)
        if size < 8:
            raise ProtocolError("a batch is shorter than its own head")
        count, head_length = _HEAD.unpack_from(payload)
        if count > _MAX_COUNT or 8 + 8 * count + head_length > size:
            raise ProtocolError(f"a batch of {count} items does not fit into {size} bytes")
        table = _rows.get(count)
        if table is None:
            table = struct.Struct(f"<{2 * count}I")
            if len(_rows) < 1024:
                _rows[count] = table
        lengths = table.unpack_from(payload, 8)
        at = 8 + 8 * count
        head = self._decode_head(bytes(payload[at : at + head_length]))
        at += head_length
        meta_ends = list(accumulate(lengths[0::2]))
        metas_length = meta_ends[-1] if count else 0
        metas = Metas(bytes(payload[at : at + metas_length]), meta_ends)
        at += metas_length
        bodies = []
        for length in lengths[1::2]:
            bodies.append(payload[at : at + length])
            at += length
        if at != size:
            raise ProtocolError(f"the lengths of a batch add up to {at} bytes, but it has {size}")
        return Batch(frame.id, head, bodies, metas)

    def _decode_head(self, raw: bytes) -> BatchHead:
        if raw != self._head_bytes:
            try:
                value = json.loads(raw)
                kind, content_type = value["kind"], value["contentType"]
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise ProtocolError(f"the head of a batch is not what it should be: {error!r}") from None
            if kind not in ("raw", "v2", "redact") or not isinstance(content_type, str):
                raise ProtocolError(f"the head of a batch has the kind {kind!r}")
            self._head = BatchHead(kind, content_type)
            self._head_bytes = raw
        return self._head
