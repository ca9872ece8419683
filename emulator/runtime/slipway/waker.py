"""Wakes a thread that waits in a Poller. User code that takes its descriptors away ends the process."""

from __future__ import annotations

import os
import socket
from typing import NoReturn

from .lifeline import EXIT_BROKEN
from .link.frames import identity_of
from .output import write_all


class Waker:
    """A pair of sockets; `wake` may be called from any thread and from signal handlers."""

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        self._ours = identity_of(self._read.fileno()), identity_of(self._write.fileno())

    def fileno(self) -> int:
        """What to watch."""
        return self._read.fileno()

    def descriptors(self) -> list[int]:
        return [self._read.fileno(), self._write.fileno()]

    def wake(self) -> None:
        # Written into a number that was closed and used again, the byte would land in somebody's data.
        if identity_of(self._write.fileno()) != self._ours[1]:
            die_of_meddling()
        try:
            self._write.send(b"\0")
        except BlockingIOError:
            pass
        except OSError:
            die_of_meddling()

    def drain(self) -> None:
        """After it was found readable."""
        if identity_of(self._read.fileno()) != self._ours[0]:
            die_of_meddling()
        try:
            if not self._read.recv(4096):
                die_of_meddling()
        except BlockingIOError:
            pass
        except OSError:
            die_of_meddling()

    def close(self) -> None:
        self._read.close()
        self._write.close()


def die_of_meddling() -> NoReturn:
    """Ends a worker that can no longer trust its descriptors; its gateway and its supervisor see that at once."""
    write_all(2, b"slipway: the service closed or changed descriptors that are not its own\n")
    os._exit(EXIT_BROKEN)
