"""The control thread: accepts links, answers pings, tells states and logs, hands data links to the main thread."""

from __future__ import annotations

import hmac
import os
import socket
import sys
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

from .capture import Capture
from .config import WorkerConfig
from .debugger import POLL_SECONDS, Debugger
from .faults import Faults
from .lifeline import EXIT_BROKEN, kill_own_group
from .link.frames import (
    DEBUG,
    DRAIN,
    FAULT,
    HEADER,
    HELLO,
    LOG,
    MAX_FRAME_BYTES,
    PING,
    PONG,
    PROTOCOL,
    STATE,
    Frame,
    Link,
    LinkClosed,
    ProtocolError,
    identity_of,
    json_frame,
)
from .orphanage import Orphanage
from .peer import Peer
from .peers import Peers
from .poller import Poller, Ready
from .probes import ReadyPort, write_reason
from .reason import Reason
from .waker import Waker, die_of_meddling


class Control:
    """What a worker tells and hears. Its methods may be called from any thread."""

    def __init__(
        self,
        config: WorkerConfig,
        listener: socket.socket,
        lifeline: Optional[int],
        wake_main: Callable[[], None],
        capture: Capture,
        faults: Faults,
    ):
        self._config = config
        self._listener = listener
        self._listener_identity = identity_of(listener.fileno())
        self._lifeline = lifeline
        self._orphanage = Orphanage(config.orphan_seconds)
        self._wake_main = wake_main
        self._capture = capture
        self._faults = faults
        # While a fault keeps this worker out of reach.
        self._refuse_until = 0.0
        capture.dropping = self._wake
        self.debugger = Debugger(self._wake)
        self._poller = Poller()
        self._peers = Peers(self._poller)
        self._waker = Waker()
        self._woken = False
        self._outbox: Deque[Tuple[bool, bytes]] = deque()
        self._state = "starting"
        # Of a service that is a server of its own; set before the thread starts.
        self.http_port: Optional[int] = None
        self._reason: Optional[Reason] = None
        self._told = threading.Event()
        self._stopping = False
        self._dropped_told = 0.0
        self._ready_port = ReadyPort(config.ready_port, config.listen.host or "0.0.0.0", self._poller)
        self.draining = False
        self.handed: Deque[Link] = deque()
        self._thread = threading.Thread(target=self._run, name="slipway-control", daemon=True)

    # Called by the thread that executes.

    def start(self) -> None:
        self._listener.setblocking(False)
        self._poller.watch(self._listener.fileno())
        self._poller.watch(self._waker.fileno())
        if self._lifeline is not None:
            self._poller.watch_hangup(self._lifeline)
        self._thread.start()

    def set_state(self, state: str, reason: Optional[Reason] = None) -> None:
        self._told.clear()
        self._state, self._reason = state, reason
        write_reason(self._config.reason_file, reason)
        self._outbox.append((False, json_frame(STATE, self._state_payload())))
        self._wake()

    def wait_told(self, seconds: float) -> bool:
        """Until a control link has been sent the present state."""
        return self._told.wait(seconds)

    @property
    def wants_logs(self) -> bool:
        return self._peers.log_links > 0

    def log(self, stream: str, text: str, requests: List[str], dropped: int) -> None:
        payload: Dict[str, Any] = {"stream": stream, "text": text}
        if requests:
            payload["requests"] = requests
        if dropped:
            payload["dropped"] = dropped
        self._outbox.append((True, json_frame(LOG, payload)))
        self._wake()

    def drain(self) -> None:
        """Also safe in a signal handler: sets a flag and writes one byte."""
        self.draining = True
        self._wake()
        self._wake_main()

    def stop(self) -> None:
        """Sends what is waiting, then ends the thread."""
        self._stopping = True
        self._woken = False
        self._wake()
        self._thread.join(1.0)

    def sockets(self) -> List[int]:
        """Descriptors that a process forked by user code must not keep."""
        own = [self._listener.fileno(), *self._waker.descriptors()]
        own += [peer.link.fileno() for peer in self._peers.all()]
        own += [link.fileno() for link in list(self.handed)]
        return own + ([] if self._lifeline is None else [self._lifeline])

    def _wake(self) -> None:
        if self._woken:
            return
        self._woken = True
        self._waker.wake()

    # The thread.

    def _run(self) -> None:
        try:
            while not self._stopping or self._outbox:
                ready = self._poller.wait(self._timeout())
                # Whose event it is, before an accepted connection may take over a number.
                for event, peer in [(each, self._peers.get(each.fd)) for each in ready]:
                    self._handle(event, peer)
                self._woken = False
                if (news := self.debugger.news()) is not None:
                    self._outbox.append((False, news))
                self._ready_port.follow(self._state == "ready" and not self.draining)
                self._send_outbox()
                self._peers.expire()
                if self._orphanage.is_over(self._peers.has_holder, time.monotonic()):
                    kill_own_group()
                if self.draining and self._state in ("ready", "starting", "loading"):
                    self._begin_draining()
            self._peers.flush()
        except BaseException:
            if self._stopping:
                return
            # Without this thread the worker is unreachable: user code took its descriptors away.
            os._exit(EXIT_BROKEN)

    def _timeout(self) -> Optional[float]:
        """No timer runs while there is nothing to wait for."""
        if self.debugger.active:
            return POLL_SECONDS
        if self._peers.has_strangers or self._has_dropped() or self._orphanage.counts:
            return 1.0
        return None

    def _handle(self, ready: Ready, peer: Optional[Peer]) -> None:
        fd = ready.fd
        if fd == self._lifeline:
            self._poller.forget_hangup(fd)
            if not self._orphanage.admit():
                kill_own_group()
        elif fd == self._waker.fileno():
            self._waker.drain()
        elif fd == self._listener.fileno():
            if identity_of(fd) != self._listener_identity:
                die_of_meddling()
            self._accept()
        elif not self._ready_port.takes(fd) and peer is not None and self._peers.get(fd) is peer:
            self._serve(peer, ready)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        if time.monotonic() < self._refuse_until:
            sock.close()
            return
        self._peers.take(sock)

    def _serve(self, peer: Peer, ready: Ready) -> None:
        try:
            if ready.gone or not peer.link.is_intact():
                raise LinkClosed("its descriptor was closed")
            if ready.write:
                self._peers.push(peer)
            while ready.read:
                frame = peer.link.receive()
                if frame is None:
                    break
                if not peer.role:
                    if self._greet(peer, frame) == "data":
                        return
                else:
                    self._answer(peer, frame)
        except ProtocolError as error:
            self._peers.refuse(peer, str(error))
        except LinkClosed:
            self._peers.drop(peer)

    def _greet(self, peer: Peer, frame: Frame) -> str:
        """The role of the dialer; a data link is no longer ours then."""
        if frame.type != HELLO:
            raise ProtocolError(f"expected a hello, found a frame of type {frame.type}")
        hello = frame.json()
        if not isinstance(hello, dict) or hello.get("protocol") != PROTOCOL:
            raise ProtocolError(f"this worker speaks protocol {PROTOCOL}")
        secret = self._config.listen.secret
        if secret is not None:
            given = hello.get("secret")
            if not isinstance(given, str) or not hmac.compare_digest(given.encode(), secret.encode()):
                raise ProtocolError("the secret is wrong")
        role = hello.get("role")
        if role not in ("data", "control"):
            raise ProtocolError("the role is data or control")
        peer.role = role
        answer = json_frame(HELLO, self._hello_payload(), frame.id)
        if role == "data":
            self._hand_over(peer, answer)
        else:
            if hello.get("logs") is True:
                peer.logs = True
                self._peers.log_links += 1
            self._peers.queue(peer, answer)
            self._told.set()
        return str(role)

    def _hand_over(self, peer: Peer, answer: bytes) -> None:
        self._peers.forget(peer)
        peer.link.allow_frames_of(MAX_FRAME_BYTES)
        try:
            peer.link.send([answer])
        except LinkClosed:
            peer.link.close()
            return
        self._faults.watch(peer.link)
        self.handed.append(peer.link)
        self._wake_main()

    def _answer(self, peer: Peer, frame: Frame) -> None:
        if frame.type == PING:
            self._peers.queue(peer, HEADER.pack(8 + len(frame.payload), PONG, 0, 0, frame.id) + bytes(frame.payload))
        elif frame.type == DRAIN:
            self.drain()
        elif frame.type == DEBUG:
            self.debugger.attach_beside(frame.json())
        elif frame.type == FAULT:
            self._inject(frame.json())
        else:
            raise ProtocolError(f"a control link carries no frame of type {frame.type}")

    def _inject(self, fault: Any) -> None:
        seconds = self._faults.inject(fault)
        if seconds == 0:
            return
        self._refuse_until = time.monotonic() + seconds
        for peer in self._peers.all():
            self._peers.drop(peer)
        raise LinkClosed("dropped, because that fault was injected")

    def _begin_draining(self) -> None:
        if self._state != "ready":
            # Nothing was accepted yet, and loading may take long.
            os._exit(0)
        self.set_state("draining")
        self._send_outbox()
        self._wake_main()

    def _has_dropped(self) -> bool:
        return self.wants_logs and self._capture.dropped > 0

    def _send_outbox(self) -> None:
        now = time.monotonic()
        if self._has_dropped() and not self._outbox and now - self._dropped_told >= 1.0:
            self._dropped_told = now
            payload = {"stream": "stdout", "text": "", "dropped": self._capture.take_dropped()}
            self._outbox.append((True, json_frame(LOG, payload)))
        while self._outbox:
            is_log, data = self._outbox.popleft()
            if self._peers.send_to_all(data, is_log) and not is_log:
                self._told.set()

    def _state_payload(self) -> Dict[str, Any]:
        return {"state": self._state, **({} if self._reason is None else {"reason": self._reason.to_json()})}

    def _hello_payload(self) -> Dict[str, Any]:
        return {
            "protocol": PROTOCOL,
            "replica": self._config.replica,
            "version": self._config.version,
            "pid": os.getpid(),
            "python": ".".join(map(str, sys.version_info[:3])),
            **({} if self.http_port is None else {"httpPort": self.http_port}),
            **({"paused": True} if self.debugger.paused else {}),
            **self._state_payload(),
        }
