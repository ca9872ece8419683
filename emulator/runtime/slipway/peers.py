"""The dialers of a control thread: who they are, what waits to be sent to them, and how they go."""

from __future__ import annotations

import socket
import time
from typing import Dict, List, Optional

from .link.frames import ERROR, LOG, Link, LinkClosed, json_frame
from .peer import Peer
from .poller import Poller

# A hello or any other frame of a control link is small.
_MAX_CONTROL_FRAME = 64 * 1024
_HELLO_SECONDS = 5.0
_MAX_STRANGERS = 64
# A reader of logs that is this far behind misses lines; one that is further behind is cut off.
_MAX_LOG_BACKLOG = 1 << 20
_MAX_BACKLOG = 4 << 20


class Peers:
    """By their descriptors. Of the control thread alone; only `log_links` is read by others."""

    def __init__(self, poller: Poller):
        self._poller = poller
        self._peers: Dict[int, Peer] = {}
        # How many of them take logs.
        self.log_links = 0

    def get(self, fd: int) -> Optional[Peer]:
        return self._peers.get(fd)

    def all(self) -> List[Peer]:
        return list(self._peers.values())

    @property
    def has_strangers(self) -> bool:
        """Whether one has not said yet who it is."""
        return any(not peer.role for peer in self._peers.values())

    @property
    def has_holder(self) -> bool:
        """Whether somebody holds a control link."""
        return any(peer.role == "control" for peer in self._peers.values())

    def take(self, sock: socket.socket) -> None:
        """A new connection; beyond a bound of those who say nothing it is closed."""
        if sum(1 for peer in self._peers.values() if not peer.role) >= _MAX_STRANGERS:
            sock.close()
            return
        if sock.family == socket.AF_INET or sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stale = self._peers.get(sock.fileno())
        if stale is not None:
            # User code closed a descriptor of ours, and its number came back with this connection.
            self.drop(stale)
        peer = Peer(Link(sock, _MAX_CONTROL_FRAME), time.monotonic())
        self._peers[peer.link.fileno()] = peer
        self._poller.watch(peer.link.fileno())

    def send_to_all(self, data: bytes, is_log: bool) -> bool:
        """Whether a control link was sent it; logs go to those that asked for them."""
        sent = False
        for peer in self.all():
            if peer.role != "control" or (is_log and not peer.logs):
                continue
            if is_log and len(peer.out) > _MAX_LOG_BACKLOG:
                peer.dropped += 1
                continue
            try:
                self.queue(peer, data)
                sent = True
            except LinkClosed:
                self.drop(peer)
        return sent

    def queue(self, peer: Peer, data: bytes) -> None:
        """Raises LinkClosed for one that does not read."""
        if len(peer.out) + len(data) > _MAX_BACKLOG:
            raise LinkClosed("does not read")
        peer.out += data
        self.push(peer)

    def push(self, peer: Peer) -> None:
        """Sends what the socket takes now. Raises LinkClosed."""
        if not peer.link.is_intact():
            raise LinkClosed("its descriptor was closed")
        while peer.out:
            try:
                sent = peer.link.sock.send(peer.out)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                raise LinkClosed(str(error)) from None
            del peer.out[:sent]
        self._poller.watch(peer.link.fileno(), write=bool(peer.out))
        if peer.dropped and not peer.out:
            dropped, peer.dropped = peer.dropped, 0
            peer.out += json_frame(LOG, {"stream": "stdout", "text": "", "dropped": dropped})

    def refuse(self, peer: Peer, message: str) -> None:
        try:
            peer.link.sock.send(json_frame(ERROR, {"code": "link_protocol", "message": message}))
        except OSError:
            pass
        self.drop(peer)

    def drop(self, peer: Peer) -> None:
        self.forget(peer)
        peer.link.close()

    def forget(self, peer: Peer) -> None:
        """It is another thread's from now on, or gone."""
        fd = peer.link.fileno()
        self._poller.forget(fd)
        if self._peers.pop(fd, None) is not None and peer.logs:
            self.log_links -= 1

    def expire(self) -> None:
        """Those who have said nothing for long go."""
        now = time.monotonic()
        for peer in self.all():
            if not peer.role and now - peer.since > _HELLO_SECONDS:
                self.drop(peer)

    def flush(self) -> None:
        for peer in self.all():
            peer.flush(0.2)
