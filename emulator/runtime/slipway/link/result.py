"""Answers -> RESULT frame, as a list of buffers that are written with one call."""

from __future__ import annotations

import struct
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .frames import HEADER, RESULT, Buffer, json_bytes

OCTETS, TEXT, JSON, IN_META = 0, 1, 2, 3
CONTENT_TYPES = ("application/octet-stream", "text/plain; charset=utf-8", "application/json")

_HEAD = struct.Struct("<IIII")
_MAX_U32 = 0xFFFFFFFF
_rows: Dict[int, struct.Struct] = {}


# One row: status, content type code, body, header lines joined by a line feed in latin-1. A plain tuple, because
# there is one for each request: a named one takes twenty times as long to make.
Answer = Tuple[int, int, Buffer, bytes]


def encode_result(
    id_: int,
    answers: Sequence[Answer],
    execute_micros: int,
    executions: int,
    head: Optional[Mapping[str, Any]] = None,
) -> List[Buffer]:
    """The whole frame. Bodies are not copied."""
    count = len(answers)
    table = _rows.get(count)
    if table is None:
        table = struct.Struct("<" + "HBBII" * count)
        if len(_rows) < 1024:
            _rows[count] = table
    head_bytes = b"" if not head else json_bytes(head)
    fields: List[int] = []
    add = fields.extend
    metas: List[Buffer] = []
    bodies: List[Buffer] = []
    total = 0
    for status, content_type, body, meta in answers:
        length = len(body)
        if meta:
            metas.append(meta)
            total += len(meta)
        add((status, content_type, 0, len(meta), length))
        bodies.append(body)
        total += length
    rows = table.pack(*fields)
    length = 8 + 16 + len(rows) + len(head_bytes) + total
    start = HEADER.pack(length, RESULT, 0, 0, id_)
    counts = _HEAD.pack(count, min(execute_micros, _MAX_U32), executions, len(head_bytes))
    return [start, counts, rows, head_bytes, *metas, *bodies]
