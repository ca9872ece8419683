"""What a cluster learns of a worker: a port that is open exactly while it is ready, and why it failed."""

from __future__ import annotations

import json
import socket
from typing import Optional

from .poller import Poller
from .reason import Reason

# Kubernetes reads no more of a termination message.
_MAX_REASON_BYTES = 4096
_MAX_TRACEBACK_CHARS = 2500
_MAX_MESSAGE_CHARS = 1000


class ReadyPort:
    """A TCP port that is open exactly while the worker is ready; probes connect and go."""

    def __init__(self, port: Optional[int], host: str, poller: Poller):
        self._port = port
        self._host = host
        self._poller = poller
        self._listener: Optional[socket.socket] = None

    def follow(self, is_ready: bool) -> None:
        """Opens or closes the port; does nothing without one. Raises OSError when it is taken."""
        if self._port is None:
            return
        if is_ready and self._listener is None:
            self._listener = _listen(self._host, self._port)
            self._poller.watch(self._listener.fileno())
        elif not is_ready and self._listener is not None:
            self._poller.forget(self._listener.fileno())
            self._listener.close()
            self._listener = None

    def takes(self, fd: int) -> bool:
        """Whether the event was a probe's, which is let go."""
        if self._listener is None or fd != self._listener.fileno():
            return False
        try:
            self._listener.accept()[0].close()
        except OSError:
            pass
        return True


def _listen(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(16)
    sock.setblocking(False)
    return sock


def write_reason(path: Optional[str], reason: Optional[Reason]) -> None:
    """Writes why the worker fails, if it does. Of a long traceback the end stays: it says what happened."""
    if path is None or reason is None:
        return
    value = reason.to_json()
    value["message"] = str(value["message"])[:_MAX_MESSAGE_CHARS]
    if "traceback" in value:
        value["traceback"] = str(value["traceback"])[-_MAX_TRACEBACK_CHARS:]
    data = json.dumps(value).encode("ascii")
    if len(data) > _MAX_REASON_BYTES:
        value.pop("traceback", None)
        data = json.dumps(value).encode("ascii")
    try:
        with open(path, "wb") as file:
            file.write(data[:_MAX_REASON_BYTES])
    except OSError:
        pass
