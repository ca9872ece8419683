"""Executes a captured batch again, in a process of its own: `python -m slipway.rerun FILE [--bundle FOLDER]`.

FILE is what `slipway rerun BATCH --to-file FILE` wrote. Run it in the environment of the service, under any debugger:
the class is loaded and `execute` is called once with the very items of the batch, on the main thread of this process.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import struct
import sys
from typing import Any, Dict, List, Mapping, NamedTuple, NoReturn, Optional

from .config import WorkerConfig, parse_config
from .execution import Execute, Executor
from .link.batch import Batch, BatchDecoder
from .link.frames import BATCH, HEADER_BYTES, Frame
from .loading import load_service
from .reason import Failure, Reason
from .worker import drop_working_directory

_ROW = struct.Struct("<HBBII")
_TYPES = ("application/octet-stream", "text/plain; charset=utf-8", "application/json")


class Result(NamedTuple):
    """The answer to one item."""

    status: int
    content_type: str
    body: bytes


class Rerun(NamedTuple):
    """What came of it. `different` are the indices of items whose result is another one than it was."""

    results: List[Result]
    micros: int
    reason: Optional[Reason]
    different: List[int]


def rerun(captured: Mapping[str, Any], bundle: str, stop: bool = False) -> Rerun:
    """Raises Failure when the service does not load. `stop`: a debugger stops in the first line of `execute`."""
    config = config_of(captured, bundle)
    os.chdir(config.bundle_dir)
    service = load_service(config)
    reasons: List[Reason] = []
    execute = _stopping(service.execute) if stop else service.execute
    executor = Executor(execute, config, lambda items: None, reasons.append)
    results, micros = decode_result(b"".join(bytes(part) for part in executor.run(batch_of(captured))))
    before = captured.get("results")
    different = [] if before is None else [at for at, one in enumerate(results) if not _same(before[at], one)]
    return Rerun(results, micros, reasons[0] if reasons else None, different)


def _stopping(execute: Execute) -> Execute:
    """Under no debugger it is `execute` itself."""
    pydevd: Any = sys.modules.get("pydevd")
    if pydevd is None:
        return execute

    def run(items: List[Any], count: int) -> Any:
        pydevd.settrace(suspend=True, trace_only_current_thread=True, patch_multiprocessing=False, notify_stdin=False)
        return execute(items, count)

    return run


def _remove(file: str) -> None:
    """With the folder that was made for it alone."""
    os.unlink(file)
    try:
        os.rmdir(os.path.dirname(os.path.abspath(file)))
    except OSError:
        pass


def config_of(captured: Mapping[str, Any], bundle: str) -> WorkerConfig:
    """A worker's configuration, from the manifest that the file holds."""
    manifest: Dict[str, Any] = captured["manifest"]
    value = {
        **{name: manifest.get(name) for name in ("model", "input", "output")},
        "className": manifest.get("class"),
        "replica": "rerun",
        "task": captured["task"],
        "version": captured["id"],
        "versionId": captured["version"],
        "bundleDir": bundle,
        "main": manifest["main"],
        "samples": manifest["samples"],
        "config": manifest["config"],
        "environment": manifest["environment"],
        "listen": {"kind": "unix", "path": ""},
        "maxBatchSize": max(manifest["batching"]["maxBatchSize"], len(captured["contents"])),
        "maxResultBytes": 1 << 30,
        # Halving a batch that raises would hide from a debugger what raised in it.
        "idempotent": False,
        "threads": 1,
        "gpus": [],
        "logLinesPerSecond": 1_000_000,
    }
    return parse_config(value)


def batch_of(captured: Mapping[str, Any]) -> Batch:
    head = json.dumps(captured["head"]).encode()
    metas = [_meta(item).encode("latin-1", "replace") for item in captured["contents"]]
    bodies = [base64.b64decode(item["body"]) for item in captured["contents"]]
    rows = b"".join(struct.pack("<II", len(meta), len(body)) for meta, body in zip(metas, bodies))
    payload = struct.pack("<II", len(bodies), len(head)) + rows + head + b"".join(metas) + b"".join(bodies)
    return BatchDecoder().decode(Frame(BATCH, 1, memoryview(payload)))


def _meta(item: Mapping[str, Any]) -> str:
    return "\n".join([item["request"], *(f"{name}: {value}" for name, value in item["headers"])])


def decode_result(frame: bytes) -> tuple[List[Result], int]:
    """The rows of a RESULT frame (schemas/frames.ts) and the microseconds in execute."""
    payload = frame[HEADER_BYTES:]
    count, micros, _executions, head_length = struct.unpack_from("<IIII", payload)
    rows = [_ROW.unpack_from(payload, 16 + at * _ROW.size) for at in range(count)]
    at = 16 + count * _ROW.size + head_length + sum(row[3] for row in rows)
    results = []
    for status, kind, _flags, _meta, length in rows:
        results.append(Result(status, _TYPES[kind] if kind < len(_TYPES) else "", payload[at : at + length]))
        at += length
    return results, micros


def _same(before: Mapping[str, Any], now: Result) -> bool:
    return bool(before["status"] == now.status and base64.b64decode(before["body"]) == now.body)


def main(arguments: Optional[List[str]] = None) -> NoReturn:
    parser = argparse.ArgumentParser(prog="slipway.rerun", description="Executes a captured batch again.")
    parser.add_argument("file", help="what `slipway rerun BATCH --to-file FILE` wrote")
    parser.add_argument("--bundle", help="folder of the service; default: the one that the file names")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.add_argument("--stop", action="store_true", help="under a debugger: stop in the first line of execute")
    parser.add_argument("--once", action="store_true", help="remove the file when it is read")
    options = parser.parse_args(arguments)
    drop_working_directory()
    try:
        with open(options.file, encoding="utf-8") as file:
            captured = json.load(file)
        if options.once:
            _remove(options.file)
        bundle = options.bundle or captured["bundle"]
        outcome = rerun(captured, bundle, options.stop)
    except Failure as failure:
        _end(options.json, {"error": failure.reason.to_json()}, failure.reason.traceback or failure.reason.message, 1)
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{options.file} cannot be used: {error!r}"
        _end(options.json, {"error": {"code": "request_malformed", "message": message}}, message, 2)
    count = len(outcome.results)
    value = {
        "executeMs": outcome.micros / 1000,
        "same": "results" in captured and not outcome.different,
        "different": outcome.different,
        "results": [
            {"status": one.status, "contentType": one.content_type, "body": base64.b64encode(one.body).decode()}
            for one in outcome.results
        ],
    }
    if outcome.reason is not None:
        value["reason"] = outcome.reason.to_json()
    _end(options.json, value, _text(captured, outcome, count), 1 if outcome.different else 0)


def _text(captured: Mapping[str, Any], outcome: Rerun, count: int) -> str:
    lines = [f"{count} items in {outcome.micros / 1000:.1f} ms"]
    if outcome.reason is not None:
        lines.append(outcome.reason.traceback or outcome.reason.message)
    if "results" not in captured:
        lines.append("nothing to compare with: the replica was lost with this batch")
    elif not outcome.different:
        lines.append("all results are the same")
    for at in outcome.different:
        before = captured["results"][at]
        was = base64.b64decode(before["body"])[:200]
        lines.append(f"item {at} ({captured['contents'][at]['request']}):")
        lines.append(f"  was {before['status']} {was!r}")
        lines.append(f"  is  {outcome.results[at].status} {outcome.results[at].body[:200]!r}")
    return "\n".join(lines)


def _end(as_json: bool, value: Any, text: str, code: int) -> NoReturn:
    print(json.dumps(value) if as_json else text, flush=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
