"""Raw standard output and error of a worker: descriptors 1 and 2, as native code and child processes write them."""

from __future__ import annotations

import json
import os
import socket


def write_all(fd: int, data: bytes) -> None:
    """Writes to a descriptor that user code may have closed or filled; gives up silently."""
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        pass


def connect_output(path: str, replica: str) -> None:
    """Descriptors 1 and 2 become connections to the supervisor. Raises OSError."""
    for fd, stream in ((1, "stdout"), (2, "stderr")):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.connect(path)
            sock.sendall(json.dumps({"replica": replica, "stream": stream}).encode("ascii") + b"\n")
            os.dup2(sock.fileno(), fd, inheritable=True)
