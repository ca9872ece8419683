"""An executor without a process: bodies in, rows out, through the same frames as over a link."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

from slipway.config import parse_config
from slipway.execution import Executor
from slipway.link.batch import Batch, BatchDecoder
from slipway.link.frames import BATCH, Frame
from slipway.reason import Reason

from .client import Result, Row, pack_batch, unpack_result
from .process import worker_config


def make_batch(bodies: Sequence[bytes], **options: Any) -> Batch:
    return BatchDecoder().decode(Frame(BATCH, options.get("id_", 1), memoryview(pack_batch(bodies, **options))[12:]))


class Bench:
    """Runs batches on a function, and remembers what each call of it was given."""

    def __init__(self, execute: Callable[[List[Any], int], Any], **changes: Any):
        self.calls: List[List[Any]] = []
        self.failed: List[Reason] = []
        self._execute = execute
        config = parse_config(worker_config(Path("/nowhere"), "/nowhere/w.sock", **changes))
        self.executor = Executor(self._call, config, lambda items: None, self.failed.append)

    def _call(self, data: List[Any], batch_size: int) -> Any:
        assert len(data) == batch_size
        self.calls.append(list(data))
        return self._execute(data, batch_size)

    def run(self, bodies: Sequence[bytes], **options: Any) -> Result:
        parts = self.executor.run(make_batch(bodies, **options))
        frame = b"".join(parts)
        length, type_, flags, reserved, id_ = struct.unpack_from("<IBBHI", frame)
        assert (length, type_, flags, reserved) == (len(frame) - 4, 4, 0, 0)
        return unpack_result(frame[12:], id_)

    def one(self, body: bytes, **options: Any) -> Row:
        return self.run([body], **options).rows[0]


def bench(execute: Callable[[List[Any], int], Any], **changes: Any) -> Bench:
    return Bench(execute, **changes)


def tensor(name: str, datatype: str, shape: List[int], data: Any = None, **parameters: Any) -> Dict[str, Any]:
    value: Dict[str, Any] = {"name": name, "datatype": datatype, "shape": shape}
    if data is not None:
        value["data"] = data
    if parameters:
        value["parameters"] = parameters
    return value


def infer(bench_: Bench, request: Any, binary: Optional[bytes] = None) -> Row:
    """One inference request (v2), with binary tensors behind its JSON when given."""
    head = json.dumps(request).encode()
    if binary is None:
        return bench_.one(head, kind="v2", content_type="application/json")
    meta = f"r1\nInference-Header-Content-Length: {len(head)}"
    return bench_.one(head + binary, kind="v2", content_type="application/octet-stream", metas=[meta])
