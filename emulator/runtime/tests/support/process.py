"""A real worker process of a service given as source text, in its own process group, gone at the end of the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Union

from .client import Client

RUNTIME = Path(__file__).resolve().parents[2]
SCHEMAS = RUNTIME.parents[1] / "schemas"


def environment(**extra: str) -> Dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(RUNTIME), "PYTHONDONTWRITEBYTECODE": "1", **extra}


def worker_config(bundle: Path, socket_path: str, **changes: Any) -> Dict[str, Any]:
    config = {
        "replica": "probe-v1-00000000-r0",
        "task": "probe",
        "version": "probe-v1-00000000",
        "versionId": "v1",
        "bundleDir": str(bundle),
        "main": "main.py",
        "samples": "samples",
        "config": {},
        "environment": {},
        "listen": {"kind": "unix", "path": socket_path},
        "maxBatchSize": 64,
        "maxResultBytes": 1 << 20,
        "idempotent": True,
        "threads": 1,
        "gpus": [],
        "logLinesPerSecond": 1000,
        **changes,
    }
    return {name: value for name, value in config.items() if value is not None}


def write_bundle(folder: Path, source: str, files: Optional[Mapping[str, Union[str, bytes]]] = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(textwrap.dedent(source), encoding="utf-8")
    for name, content in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


class WorkerProcess:
    """`python -m slipway.worker`, spawned as a supervisor does. Use as a context manager."""

    def __init__(
        self,
        source: str,
        files: Optional[Mapping[str, Union[str, bytes]]] = None,
        arguments: Optional[List[str]] = None,
        env: Optional[Dict[str, str]] = None,
        **changes: Any,
    ):
        self._folder = tempfile.TemporaryDirectory(prefix="slw")
        root = Path(self._folder.name)
        self.bundle = write_bundle(root / "bundle", source, files)
        self.address: Any = str(root / "w.sock")
        self.config = worker_config(self.bundle, self.address, **changes)
        self.clients: List[Client] = []
        self.seen: List[Any] = []
        self._out = (root / "out").open("w+b")
        self._err = (root / "err").open("w+b")
        with_file = arguments is not None
        if with_file:
            (root / "config.json").write_text(json.dumps(self.config))
        extra = [argument.format(config=root / "config.json") for argument in arguments or []]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "slipway.worker", *extra],
            stdin=subprocess.DEVNULL if with_file else subprocess.PIPE,
            stdout=self._out,
            stderr=self._err,
            env=environment(**(env or {})),
            start_new_session=True,
        )
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps(self.config).encode() + b"\n")
            self.process.stdin.flush()

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(self, *error: object) -> None:
        for client in self.clients:
            client.close()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)
        if self.process.stdin is not None:
            self.process.stdin.close()
        self._out.close()
        self._err.close()
        self._folder.cleanup()

    def control(self, **hello: Any) -> Client:
        return self._keep(Client(self.address, "control", **hello))

    def data(self, **hello: Any) -> Client:
        return self._keep(Client(self.address, "data", **hello))

    def _keep(self, client: Client) -> Client:
        self.clients.append(client)
        return client

    def ready(self, **hello: Any) -> Client:
        """A control link to a worker that has loaded."""
        control = self.control(**hello)
        state = control.wait_state("ready", "failed")
        assert state["state"] == "ready", state
        return control

    def failed(self) -> Dict[str, Any]:
        """The reason of a worker that could not load; checks that it exited with 1."""
        state = self.control().wait_state("ready", "failed")
        assert state["state"] == "failed", state
        assert self.wait() == 1
        reason: Dict[str, Any] = state["reason"]
        return reason

    def wait(self, seconds: float = 10.0) -> int:
        return self.process.wait(seconds)

    def stdout(self) -> str:
        return self._read(self._out)

    def stderr(self) -> str:
        return self._read(self._err)

    def _read(self, file: Any) -> str:
        file.seek(0)
        return str(file.read().decode("utf-8", "replace"))


def is_gone(pid: int) -> bool:
    """True when no such process runs; one that only waits to be collected counts as gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until(condition: Any, seconds: float = 10.0, what: str = "the condition") -> None:
    """Polls a fact of the operating system, which tells nobody when it changes."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not come true within {seconds} s"
        time.sleep(0.01)
