"""A real warm parent and the replicas that it was told to start."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

from .client import Client
from .process import environment, worker_config, write_bundle


class NurseryProcess:
    """`python -m slipway.nursery` with its standard streams. Use as a context manager."""

    def __init__(self, preload: Optional[List[str]] = None, env: Optional[Dict[str, str]] = None, cwd: Any = None):
        self._folder = tempfile.TemporaryDirectory(prefix="sln")
        self.root = Path(self._folder.name)
        self.replies: List[Dict[str, Any]] = []
        self._buffer = b""
        self._clients: List[Client] = []
        self._err = (self.root / "err").open("w+b")
        self.outputs = socket.socket(socket.AF_UNIX)
        self.outputs.bind(str(self.root / "o.sock"))
        self.outputs.listen(64)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "slipway.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._err,
            env=environment(**(env or {})),
            cwd=cwd,
            start_new_session=True,
        )
        self.say({"preload": preload or [], "threads": 1})
        self.ready = self.hear("ready")

    def __enter__(self) -> NurseryProcess:
        return self

    def __exit__(self, *error: object) -> None:
        for client in self._clients:
            client.close()
        assert self.process.stdin is not None and self.process.stdout is not None
        if self.process.poll() is None and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.outputs.close()
            self._err.close()
            self._folder.cleanup()

    def say(self, value: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, op: str, seconds: float = 20.0) -> Dict[str, Any]:
        """The next reply of this kind; all are kept in `replies`."""
        assert self.process.stdout is not None
        until = time.monotonic() + seconds
        fd = self.process.stdout.fileno()
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                reply: Dict[str, Any] = json.loads(line)
                self.replies.append(reply)
                if reply["op"] == op:
                    return reply
                continue
            assert select.select([fd], [], [], max(0, until - time.monotonic()))[0], f"no {op} within {seconds} s"
            chunk = os.read(fd, 65536)
            assert chunk, f"the warm parent ended instead of saying {op}: {self.stderr()}"
            self._buffer += chunk

    def start(self, source: str, ordinal: int = 0, fresh: bool = False, **changes: Any) -> Replica:
        bundle = write_bundle(self.root / f"b{ordinal}", source)
        name = f"probe-v1-00000000-r{ordinal}"
        address = str(self.root / f"r{ordinal}.sock")
        output = str(self.root / "o.sock")
        config = worker_config(bundle, address, **{"replica": name, "outputSocket": output, **changes})
        self.say({"op": "fork", "worker": config, **({"fresh": True} if fresh else {})})
        return Replica(self, name, address, int(self.hear("forked")["pid"]))

    def keep(self, client: Client) -> Client:
        self._clients.append(client)
        return client

    def stderr(self) -> str:
        self._err.seek(0)
        return self._err.read().decode("utf-8", "replace")


class Replica:
    def __init__(self, nursery: NurseryProcess, name: str, address: str, pid: int):
        self._nursery = nursery
        self.name = name
        self.address = address
        self.pid = pid

    def control(self, **hello: Any) -> Client:
        return self._nursery.keep(Client(self.address, "control", **hello))

    def data(self) -> Client:
        return self._nursery.keep(Client(self.address, "data"))

    def ready(self) -> Client:
        control = self.control()
        state = control.wait_state("ready", "failed")
        assert state["state"] == "ready", state
        return control

    def kill(self) -> None:
        self._nursery.say({"op": "kill", "replica": self.name})
