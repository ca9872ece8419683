"""Faults that a worker does to itself when it is told to, for rehearsals. Nothing here costs anything until then."""

from __future__ import annotations

import ctypes
import socket
import threading
import time
from typing import Any, Callable, List

from .link.frames import Link, ProtocolError

# A leak ends here should nobody end its process before.
_MAX_LEAK_BYTES = 8 << 30
_LEAK_STEP_SECONDS = 0.05

Execute = Callable[[List[Any], int], Any]


class Faults:
    """What is wrong with this worker at the moment."""

    def __init__(self) -> None:
        # Told the factor by which `execute` is to take longer; set once there is something that executes.
        self.slow_down: Callable[[float], None] = lambda factor: None
        # Seconds by which results leave late.
        self.delay_seconds = 0.0
        self._leak: List[bytes] = []
        self._data_links: List[Link] = []

    def watch(self, link: Link) -> None:
        """A data link, which a fault may close."""
        self._data_links = [each for each in self._data_links if each.fileno() >= 0] + [link]

    def inject(self, fault: Any) -> float:
        """Seconds for which no link may be open. Raises ProtocolError for what is not a fault of schemas/faults.ts."""
        kind = fault.get("kind") if isinstance(fault, dict) else fault
        try:
            if kind == "slow":
                self.slow_down(float(fault["factor"]))
            elif kind == "delayLink":
                self.delay_seconds = float(fault["ms"]) / 1000
            elif kind == "leak":
                rate = int(fault["bytesPerSecond"])
                threading.Thread(target=self._grow, args=(rate,), name="slipway-leak", daemon=True).start()
            elif kind == "freeze":
                freeze(float(fault["ms"]) / 1000)
            elif kind == "dropLink":
                seconds = float(fault["ms"]) / 1000
                self._shut()
                return seconds
            else:
                raise ProtocolError(f"there is no fault {kind!r}")
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(f"the fault {kind!r} is not what it should be: {error!r}") from None
        return 0.0

    def _shut(self) -> None:
        """The main thread owns them and may be executing: it finds them closed at its next read or write."""
        for link in self._data_links:
            try:
                link.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _grow(self, bytes_per_second: int) -> None:
        step = max(1, int(bytes_per_second * _LEAK_STEP_SECONDS))
        held = 0
        while held < _MAX_LEAK_BYTES:
            # Written to: memory that was only asked for is not used.
            self._leak.append(b"\xff" * step)
            held += step
            time.sleep(_LEAK_STEP_SECONDS)


def slowed(execute: Execute, factor: float) -> Execute:
    """`execute`, taking `factor` times as long, also when it raises."""

    def run(items: List[Any], count: int) -> Any:
        begun = time.perf_counter()
        try:
            return execute(items, count)
        finally:
            time.sleep((time.perf_counter() - begun) * (factor - 1))

    return run


def freeze(seconds: float) -> None:
    """Holds the interpreter lock, so that no thread of this process runs Python."""
    try:
        library = ctypes.PyDLL(None)
        library.usleep(ctypes.c_uint(int(seconds * 1e6)))
    except (TypeError, OSError, AttributeError):
        # Windows: no handle of the running program, but the same in another library.
        ctypes.PyDLL("kernel32").Sleep(int(seconds * 1000))
