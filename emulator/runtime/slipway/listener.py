"""Where a worker listens: a unix socket that only its user can reach, or TCP."""

from __future__ import annotations

import os
import socket
import stat
from typing import Any, Dict

from .config import Listen


def open_listener(listen: Listen) -> socket.socket:
    """Raises OSError. A socket file left behind by an earlier life of the replica is replaced."""
    if listen.path is None:
        family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((listen.host, listen.port))
    else:
        remove_socket(listen.path)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            sock.bind(listen.path)
        finally:
            os.umask(before)
    sock.listen(128)
    return sock


def remove_socket(path: str) -> None:
    """Removes a socket file, and nothing else that may be there."""
    try:
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
    except OSError:
        pass


def listening_line(listen: Listen, sock: socket.socket) -> Dict[str, Any]:
    """First line of a spawned worker's standard output."""
    if listen.path is not None:
        return {"listening": listen.path}
    host, port = sock.getsockname()[:2]
    return {"listening": {"host": host, "port": port}}
