"""What a cluster learns of a worker: a port that is open exactly while it is ready, and why it failed."""

from __future__ import annotations

import json
import socket
from typing import Optional

from .reason import Reason

# Kubernetes reads no more of a termination message.
_MAX_REASON_BYTES = 4096
_MAX_TRACEBACK_CHARS = 2500
_MAX_MESSAGE_CHARS = 1000


def open_ready_port(port: int) -> socket.socket:
    """A listener for probes, which connect and go. Raises OSError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("0.0.0.0", port))
    sock.listen(16)
    sock.setblocking(False)
    return sock


def take_probe(listener: socket.socket) -> None:
    """Accepts a probe and lets it go."""
    try:
        listener.accept()[0].close()
    except OSError:
        pass


def write_reason(path: Optional[str], reason: Reason) -> None:
    """Writes why the worker fails; the beginning of a long traceback is left out, its end says what happened."""
    if path is None:
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
