"""A replica whose service brings its own HTTP server: runs its command, waits until it answers, ends it with itself.

Requests do not pass through this process: gateways send them to the server's port. What is here is the life around it.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from typing import IO, Deque, List, Optional

from .capture import Capture
from .config import ServerCommand, WorkerConfig
from .link.frames import Link, LinkClosed
from .output import write_all
from .reason import Failure, Reason
from .replica import Replica

_HEALTH_EVERY_SECONDS = 0.05
_HEALTH_TIMEOUT_SECONDS = 1.0
# A server that was asked to end gets this long before it is killed; its requests are over by then.
_END_SECONDS = 5.0
_TAIL_LINES = 40
_MAX_LINE = 16 * 1024
# In an argument, as a shell would put them in: many servers take their port from there alone.
_PLACES = re.compile(r"\$(?:\{(PORT|HOST)\}|(PORT|HOST)\b)")


class Host(Replica):
    """Everything of one such process."""

    def __init__(
        self, config: WorkerConfig, server: ServerCommand, lifeline: Optional[int], capture: Capture, json_logs: bool
    ):
        super().__init__(config, lifeline, capture, json_logs)
        self._server = server
        self._child: Optional[subprocess.Popen[bytes]] = None
        self._exit: Optional[int] = None
        self._tail: Deque[str] = deque(maxlen=_TAIL_LINES)
        self._readers: List[threading.Thread] = []

    def run(self) -> int:
        self._poller.watch(self._waker.fileno())
        port = self._server.port or _free_port()
        self.control.http_port = port
        self.control.start()
        try:
            self.control.set_state("loading")
            self._start(port)
            self._wait_until_healthy(port)
        except Failure as failure:
            return self._fail(failure.reason)
        if self._exit is None and not self.control.draining:
            self.control.set_state("ready")
        while self._exit is None and not (self.control.draining and not self._links):
            self._wait(None)
        if self._exit is not None and not self.control.draining:
            write_all(self._raw_out[1], f"slipway: the server ended with exit code {self._exit}\n".encode())
            self._end()
            return 1
        self._end()
        return 0

    # The server.

    def _start(self, port: int) -> None:
        # Its `python` is the interpreter that has what the service requires, by whatever name, and so are its scripts.
        program, *arguments = self._server.command
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
        host = self._server.host or self._config.listen.host or "127.0.0.1"
        place = {"PORT": str(port), "HOST": host}
        command = [
            sys.executable if program in ("python", "python3") else program,
            *(_PLACES.sub(lambda found: place[found[1] or found[2]], argument) for argument in arguments),
        ]
        environment = {**os.environ, **place, "PATH": path, "PYTHONUNBUFFERED": "1"}
        try:
            child = subprocess.Popen(
                command,
                cwd=self._config.bundle_dir,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise Failure("load_failed", f"{program} could not be started: {error}") from None
        self._child = child
        for stream, source in (("stdout", child.stdout), ("stderr", child.stderr)):
            assert source is not None
            reader = threading.Thread(target=self._copy, args=(stream, source), daemon=True)
            reader.start()
            self._readers.append(reader)
        threading.Thread(target=self._await_exit, args=(child,), daemon=True).start()

    def _await_exit(self, child: subprocess.Popen[bytes]) -> None:
        code = child.wait()
        for reader in self._readers:
            # A process that it left behind may hold its streams open.
            reader.join(0.5)
        self._exit = code
        self._waker.wake()

    def _copy(self, stream: str, source: IO[bytes]) -> None:
        while True:
            line = source.readline(_MAX_LINE)
            if not line:
                return
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            self._tail.append(text)
            self._capture.emit(stream, [text])

    def _wait_until_healthy(self, port: int) -> None:
        end = time.monotonic() + self._server.start_seconds
        while not self._is_healthy(port):
            if self._exit is not None:
                what = f"the server ended with exit code {self._exit} before it answered"
                raise Failure("load_failed", what, "\n".join(self._tail) or None)
            if self.control.draining:
                return
            if time.monotonic() > end:
                where = self._server.health or "a connection"
                what = f"the server did not answer {where} on port {port} within {self._server.start_seconds:g} s"
                raise Failure("load_timeout", f"{what}; it has to listen on the port in PORT ($PORT in its command)")
            self._wait(_HEALTH_EVERY_SECONDS)

    def _is_healthy(self, port: int) -> bool:
        if self._server.health is None:
            try:
                socket.create_connection(("127.0.0.1", port), _HEALTH_TIMEOUT_SECONDS).close()
                return True
            except OSError:
                return False
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_HEALTH_TIMEOUT_SECONDS)
        try:
            connection.request("GET", self._server.health, headers={"connection": "close"})
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    # Links: a gateway holds a data link for as long as it may send requests; nothing is carried over it.

    def _wait(self, seconds: Optional[float]) -> None:
        while self.control.handed:
            link = self.control.handed.popleft()
            self._links.append(link)
            self._poller.watch(link.fileno())
        for ready in self._poller.wait(seconds):
            if ready.fd == self._waker.fileno():
                self._waker.drain()
                continue
            for link in [each for each in self._links if each.fileno() == ready.fd]:
                self._read(link)

    def _read(self, link: Link) -> None:
        try:
            while link.receive() is not None:
                pass
        except (LinkClosed, ValueError):
            self._links.remove(link)
            self._poller.forget(link.fileno())
            link.close()

    # Ends.

    def _fail(self, reason: Reason) -> int:
        self._tell_failure(reason)
        self._end()
        return 1

    def _end(self) -> None:
        child = self._child
        if child is not None and self._exit is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        for reader in self._readers:
            reader.join(0.5)
        self._leave()


def _free_port() -> int:
    """A port that is free now. Another may take it meanwhile: then the server ends, and its replica is started anew."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
