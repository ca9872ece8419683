"""Raw standard output and error of a worker: descriptors 1 and 2, as native code and child processes write them."""

from __future__ import annotations

import json
import os
import socket
import time
from typing import Any, Dict, List, NamedTuple, Tuple


class Line(NamedTuple):
    """What a service printed, and `dropped` lines before it that were too many."""

    replica: str
    stream: str
    text: str
    requests: List[str]
    dropped: int


def write_line(streams: Tuple[int, int], line: Line, is_json: bool) -> None:
    """To the process's own streams, or to the first of them as one JSON object."""
    if is_json:
        value: Dict[str, Any] = {"at": time.time(), "replica": line.replica, "stream": line.stream, "text": line.text}
        if line.requests:
            value["requests"] = line.requests
        if line.dropped:
            value["dropped"] = line.dropped
        write_all(streams[0], (json.dumps(value) + "\n").encode("ascii"))
        return
    text = f"… {line.dropped} lines dropped\n{line.text}" if line.dropped else line.text
    write_all(streams[1 if line.stream == "stderr" else 0], (text + "\n").encode("utf-8", "replace"))


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
