"""What the process of every replica has, whether it executes batches or keeps a server: the way in, and the end."""

from __future__ import annotations

import os
import socket
from typing import List, Optional

from .capture import Capture
from .config import WorkerConfig
from .control import Control
from .faults import Faults
from .link.frames import Link
from .listener import open_listener, remove_socket
from .output import Line, write_line
from .poller import Poller
from .reason import Reason
from .waker import Waker

# How long a failed worker waits for someone to tell why.
_TELL_SECONDS = 2.0


class Replica:
    """Listens, tells its state and its lines. `run` does not return before the process should end."""

    def __init__(self, config: WorkerConfig, lifeline: Optional[int], capture: Capture, json_logs: bool):
        self._config = config
        self._capture = capture
        self._json_logs = json_logs
        self._waker = Waker()
        self._raw_out = os.dup(1), os.dup(2)
        self._listener = open_listener(config.listen)
        self._faults = Faults()
        self.control = Control(config, self._listener, lifeline, self._waker.wake, capture, self._faults)
        self._poller = Poller()
        self._links: List[Link] = []
        capture.set_limit(config.log_lines_per_second)
        capture.deliver = self._deliver

    @property
    def signal_fd(self) -> int:
        """Where the system notes signals: one that comes just before the main thread waits would go unseen."""
        return self._waker.descriptors()[1]

    @property
    def listener(self) -> socket.socket:
        return self._listener

    def run(self) -> int:
        """The exit code."""
        raise NotImplementedError

    def _requests(self) -> List[str]:
        """Ids of the requests that a line belongs to."""
        return []

    def _deliver(self, stream: str, text: str, dropped: int) -> None:
        requests = self._requests()
        if self.control.wants_logs:
            self.control.log(stream, text, requests, dropped)
        else:
            write_line(self._raw_out, Line(self._config.replica, stream, text, requests, dropped), self._json_logs)

    def _tell_failure(self, reason: Reason) -> None:
        """As lines, as a state, and to whoever is there within a moment."""
        self._capture.emit("stderr", (reason.traceback or reason.message).split("\n"))
        self.control.set_state("failed", reason)
        self.control.wait_told(_TELL_SECONDS)

    def _leave(self) -> None:
        """The last that a process does: nobody reaches it any more."""
        self.control.stop()
        if self._config.listen.path is not None:
            remove_socket(self._config.listen.path)
