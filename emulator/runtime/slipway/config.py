"""What a worker is told at start: WorkerConfig of schemas/worker.ts, as typed Python."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .debugger import DebugOrder, parse_order
from .modelled import Profile, parse_profile


class TensorSpec(NamedTuple):
    """One declared tensor; `shape` is that of one item, -1 is any length."""

    name: str
    datatype: str
    shape: Tuple[int, ...]


class Listen(NamedTuple):
    """Where the worker listens: a unix socket when `path` is set, else TCP with a secret."""

    path: Optional[str]
    host: str
    port: int
    secret: Optional[str]


class ServerCommand(NamedTuple):
    """A service that is a server of its own; `port` 0 is chosen."""

    command: List[str]
    health: Optional[str]
    start_seconds: float
    # Empty: that of the worker, or the loopback address.
    host: str
    port: int


class WorkerConfig(NamedTuple):
    """See schemas/worker.ts for what each field means."""

    replica: str
    task: str
    version: str
    version_id: str
    bundle_dir: str
    main: str
    class_name: Optional[str]
    model: Optional[str]
    samples: str
    config: Dict[str, Any]
    environment: Dict[str, str]
    listen: Listen
    max_batch_size: int
    max_result_bytes: int
    idempotent: bool
    compat: Dict[str, int]
    input: Optional[TensorSpec]
    output: Optional[TensorSpec]
    threads: int
    gpus: List[int]
    output_socket: Optional[str]
    log_lines_per_second: int
    fail_load: bool = False
    redact: Optional[str] = None
    ready_port: Optional[int] = None
    reason_file: Optional[str] = None
    server: Optional[ServerCommand] = None
    debug: Optional[DebugOrder] = None
    # How long it stays when whoever started it is gone and nobody holds a control link; None: it ends with them.
    orphan_seconds: Optional[float] = None
    # Stands in for the service.
    profile: Optional[Profile] = None

    def in_bundle(self, path: str) -> str:
        """Absolute path of a file of the bundle; good after the service changed its directory."""
        return os.path.join(self.bundle_dir, *path.split("/"))


def parse_config(value: Mapping[str, Any]) -> WorkerConfig:
    """Raises ValueError, naming the field, when the configuration does not fit its schema."""
    try:
        return WorkerConfig(
            replica=_text(value, "replica"),
            task=_text(value, "task"),
            version=_text(value, "version"),
            version_id=_text(value, "versionId"),
            bundle_dir=os.path.abspath(_text(value, "bundleDir")),
            main=_text(value, "main"),
            class_name=value.get("className"),
            model=value.get("model"),
            samples=_text(value, "samples"),
            config=dict(value["config"]),
            environment={str(name): str(text) for name, text in value["environment"].items()},
            listen=_listen(value["listen"]),
            max_batch_size=max(1, int(value["maxBatchSize"])),
            max_result_bytes=int(value["maxResultBytes"]),
            idempotent=bool(value["idempotent"]),
            compat={str(name): int(number) for name, number in (value.get("compat") or {}).items()},
            input=_spec(value.get("input")),
            output=_spec(value.get("output")),
            threads=max(1, int(value["threads"])),
            gpus=[int(gpu) for gpu in value["gpus"]],
            output_socket=value.get("outputSocket"),
            log_lines_per_second=max(1, int(value["logLinesPerSecond"])),
            fail_load=bool(value.get("failLoad")),
            redact=value.get("redact"),
            ready_port=value.get("readyPort"),
            reason_file=value.get("reasonFile"),
            server=_server(value.get("server")),
            debug=None if value.get("debug") is None else parse_order(value["debug"]),
            profile=None if value.get("profile") is None else parse_profile(value["profile"]),
            orphan_seconds=None if value.get("orphanMs") is None else float(value["orphanMs"]) / 1000,
        )
    except KeyError as error:
        raise ValueError(f"the worker configuration has no field {error}") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the worker configuration does not fit its schema: {error}") from None


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise ValueError(f"the field {name!r} of the worker configuration is not a text")
    return text


def _listen(value: Mapping[str, Any]) -> Listen:
    if value["kind"] == "unix":
        return Listen(_text(value, "path"), "", 0, None)
    return Listen(None, _text(value, "host"), int(value["port"]), _text(value, "secret"))


def _server(value: Optional[Mapping[str, Any]]) -> Optional[ServerCommand]:
    if value is None:
        return None
    command = [str(word) for word in value["command"]]
    start_seconds = float(value["startMs"]) / 1000
    return ServerCommand(
        command, value.get("health"), start_seconds, str(value.get("host") or ""), int(value.get("port") or 0)
    )


def _spec(value: Optional[Mapping[str, Any]]) -> Optional[TensorSpec]:
    if value is None:
        return None
    return TensorSpec(str(value.get("name", "input")), str(value["datatype"]), tuple(int(n) for n in value["shape"]))
