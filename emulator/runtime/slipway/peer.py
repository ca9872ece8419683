"""One connection that the control thread has accepted."""

from __future__ import annotations

from .link.frames import Link


class Peer:
    """One accepted connection, until it becomes a data link. `role` is empty until its hello came."""

    def __init__(self, link: Link, now: float):
        self.link = link
        self.since = now
        self.role = ""
        self.logs = False
        self.out = bytearray()
        self.dropped = 0

    def flush(self, seconds: float) -> None:
        """Sends what waits, or gives up."""
        if not self.out:
            return
        self.link.sock.settimeout(seconds)
        try:
            self.link.sock.sendall(self.out)
        except OSError:
            pass
