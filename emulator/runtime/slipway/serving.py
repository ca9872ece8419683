"""The thread that loads and executes: one batch after the other from the data links, until the worker is drained."""

from __future__ import annotations

import atexit
import gc
import os
import threading
import time
from typing import Dict, List, NoReturn, Optional

from .capture import Capture
from .config import WorkerConfig
from .execution import Executor
from .item import Item
from .lifeline import EXIT_BROKEN, die_with_parent
from .link.batch import BatchDecoder
from .link.frames import BATCH, ERROR, Frame, Link, LinkClosed, ProtocolError, json_frame
from .loading import find_redaction, load_service
from .modelled import load_modelled
from .output import write_all
from .reason import Failure, Reason, describe, user_traceback
from .replica import Replica
from .samples import first_sample
from .waker import die_of_meddling

_MAX_REQUESTS_IN_LOG = 8
# A loop of ours that fails this often in a row, with no batch between, will not get better.
_MAX_FAILURES = 20


class Worker(Replica):
    """Everything that one worker process has."""

    def __init__(self, config: WorkerConfig, lifeline: Optional[int], capture: Capture, json_logs: bool):
        super().__init__(config, lifeline, capture, json_logs)
        self._pid = os.getpid()
        self._is_forked = False
        self._executing: List[Item] = []
        self._decoders: Dict[int, BatchDecoder] = {}

    def run(self) -> int:
        self._poller.watch(self._waker.fileno())
        self.control.start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._in_forked_child)
        try:
            executor = self._load()
        except Failure as failure:
            return self._fail(failure.reason)
        gc.collect()
        if hasattr(gc, "freeze"):
            gc.freeze()
        self.control.set_state("ready")
        self._serve(executor)
        return self._end()

    # Loading.

    def _load(self) -> Executor:
        config = self._config
        self.control.set_state("loading")
        try:
            os.chdir(config.bundle_dir)
        except OSError as error:
            raise Failure("path_missing", f"the bundle is not there: {error}") from None
        if config.fail_load:
            raise Failure("load_failed", "loading fails, because that fault was injected")
        if config.debug is not None:
            self.control.debugger.attach(config.debug)
        service = load_service(config) if config.profile is None else load_modelled(config.profile)
        executor = Executor(service.execute, config, self._note_executing, self._note_failed)
        self._faults.slow_down = executor.slow_down
        if config.profile is None:
            executor.redaction = find_redaction(service, config.redact)
        self._self_test(executor)
        self._capture.end_lines()
        return executor

    def _self_test(self, executor: Executor) -> None:
        if self._config.debug is not None:
            # Breakpoints are for what the user sends.
            return
        try:
            sample = first_sample(self._config.in_bundle(self._config.samples))
        except OSError as error:
            raise Failure("selftest_failed", f"a sample cannot be read: {error}") from None
        if sample is None:
            return
        reason = executor.try_one(sample.to_batch())
        if reason is not None:
            message = f"the sample {sample.name}: {reason.message}"
            raise Failure("selftest_failed", message, reason.traceback)

    def _fail(self, reason: Reason) -> int:
        self._executing = []
        self._capture.end_lines()
        self._tell_failure(reason)
        self._end()
        return 1

    # Serving.

    def _serve(self, executor: Executor) -> None:
        failures = 0
        while True:
            try:
                self._serve_until_drained(executor)
                return
            except BaseException as error:
                # A signal handler of the service raised between two batches, or we are at fault.
                self._check_process()
                failures += 1
                self._capture.emit("stderr", [f"between batches: {describe(error)}"])
                if failures > _MAX_FAILURES:
                    self._die(f"the worker loop keeps failing: {user_traceback(error)}")
                time.sleep(0.01)

    def _serve_until_drained(self, executor: Executor) -> None:
        # Links that may hold a further batch in their buffer, or in the socket: no need to ask the system first.
        busy: List[Link] = []
        while True:
            if self.control.handed or self.control.draining:
                busy += self._take_links()
                if self.control.draining and not self._links:
                    return
            if not busy or len(self._links) > 1:
                busy += [link for link in self._wait(0 if busy else None) if link not in busy]
            # One batch of each in turn: no gateway waits for more than one batch of another.
            busy = [link for link in busy if link.fileno() >= 0 and self._read(link, executor)]

    def _wait(self, seconds: Optional[float]) -> List[Link]:
        """Links that have something to read."""
        found = []
        for ready in self._poller.wait(seconds):
            if ready.fd == self._waker.fileno():
                self._waker.drain()
                continue
            for link in self._links[:]:
                if link.fileno() == ready.fd:
                    if ready.gone:
                        self._drop(link)
                    else:
                        found.append(link)
        return found

    def _read(self, link: Link, executor: Executor) -> bool:
        """Serves one batch if a whole one has arrived."""
        try:
            frame = link.receive()
            if frame is None:
                return False
            self._serve_frame(link, frame, executor)
        except ProtocolError as error:
            self._tell(link, "link_protocol", str(error))
            self._drop(link)
        except LinkClosed:
            self._drop(link)
        return True

    def _serve_frame(self, link: Link, frame: Frame, executor: Executor) -> None:
        if frame.type != BATCH:
            raise ProtocolError(f"a data link carries no frame of type {frame.type}")
        batch = self._decoders[link.fileno()].decode(frame)
        parts = executor.run(batch)
        self._executing = []
        self._capture.end_lines()
        if os.getpid() != self._pid:
            os._exit(0)
        if not link.is_intact():
            die_of_meddling()
        if self._faults.delay_seconds:
            time.sleep(self._faults.delay_seconds)
        try:
            link.send(parts)
        except LinkClosed:
            raise
        except BaseException:
            # A signal handler raised in the middle of a frame: what follows would not be one.
            self._drop(link)
            raise

    def _take_links(self) -> List[Link]:
        """New links; a batch may have come in the same packet as their hello."""
        taken = []
        while self.control.handed:
            link = self.control.handed.popleft()
            for stale in [each for each in self._links if each.fileno() == link.fileno()]:
                self._drop(stale)
            self._links.append(link)
            self._decoders[link.fileno()] = BatchDecoder()
            self._poller.watch(link.fileno())
            taken.append(link)
        return taken

    def _drop(self, link: Link) -> None:
        fd = link.fileno()
        if link in self._links:
            self._links.remove(link)
            self._decoders.pop(fd, None)
            self._poller.forget(fd)
        link.close()

    def _tell(self, link: Link, code: str, message: str) -> None:
        try:
            link.send([json_frame(ERROR, {"code": code, "message": message})])
        except LinkClosed:
            pass

    # What is told while a batch executes.

    def _note_executing(self, items: List[Item]) -> None:
        self._check_process()
        self._executing = items

    def _note_failed(self, reason: Reason) -> None:
        self._capture.emit("stderr", (reason.traceback or f"{reason.code}: {reason.message}").split("\n"))

    def _requests(self) -> List[str]:
        return [item.request_id for item in self._executing[:_MAX_REQUESTS_IN_LOG]]

    # Ends, and processes that are not this one.

    def _check_process(self) -> None:
        """A child that user code forked must not serve: it would answer the same requests once more."""
        if os.getpid() != self._pid:
            os._exit(0)

    def _in_forked_child(self) -> None:
        if self._is_forked:
            # A child of a child: the numbers may be its own by now.
            return
        self._is_forked = True
        self._capture.after_fork()
        self._capture.deliver = lambda stream, text, dropped: write_all(
            2 if stream == "stderr" else 1, (text + "\n").encode("utf-8", "replace")
        )
        own = [*self.control.sockets(), *self._waker.descriptors(), *self._raw_out]
        for fd in [*own, *(link.fileno() for link in self._links)]:
            try:
                os.close(fd)
            except OSError:
                pass
        if threading.current_thread() is threading.main_thread():
            die_with_parent(self._pid)

    def _die(self, message: str) -> NoReturn:
        write_all(2, f"slipway: {message}\n".encode("utf-8", "replace"))
        os._exit(EXIT_BROKEN)

    def _end(self) -> int:
        self._capture.end_lines()
        try:
            atexit._run_exitfuncs()
        except BaseException as error:
            self._capture.emit("stderr", [f"at exit: {describe(error)}"])
        self._leave()
        return 0
