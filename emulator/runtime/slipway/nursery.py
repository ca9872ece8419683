"""The warm parent: `python -m slipway.nursery`. Imports heavy modules once, and forks replicas that share their pages.

Standard input: the start object {"preload": [...], "threads": n}, then one command a line; standard output: one reply a
line (schemas/worker.ts). The end of standard input means that the platform is gone: everything is killed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any, Dict, NoReturn, Optional

from .capture import Capture
from .children import Children
from .config import parse_config
from .forking import reseed, why_not_forkable
from .lifeline import EXIT_BROKEN, become_subreaper, die_with_parent, load_prctl, take_stdin
from .output import write_all
from .poller import Poller
from .reason import Reason, describe, user_traceback
from .threads import cap_by_environment
from .worker import drop_working_directory, run_worker

_IMPORT_LINES_PER_SECOND = 1000


class Nursery:
    """Takes commands and starts replicas; replies go to `reply_fd`."""

    def __init__(self, reply_fd: int, capture: Capture):
        self._reply_fd = reply_fd
        self._capture = capture
        self._forkable = True
        self._children = Children()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._pid = os.getpid()
        self._terminated = False
        self._input = bytearray()

    def run(self) -> None:
        """Until standard input ends."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        become_subreaper()
        poller = Poller()
        poller.watch(self._wake_read.fileno())
        try:
            start = self._next_line()
            if start is None:
                return
            self._preload(start)
            poller.watch(0)
            while not self._terminated:
                if not self._run_commands():
                    break
                for ready in poller.wait(None):
                    if ready.fd == 0:
                        chunk = os.read(0, 65536)
                        if not chunk:
                            return
                        self._input += chunk
                    else:
                        self._drain_wake()
                self._reap()
        finally:
            self._children.kill_all()

    def _terminate(self, number: int, frame: Any) -> None:
        self._terminated = True

    # Imports.

    def _preload(self, start: Dict[str, Any]) -> None:
        # One thread now, so that forking is safe; each replica raises it to its own share after the fork.
        cap_by_environment(1, {})
        begun = time.monotonic()
        failed = []
        for name in start.get("preload", []):
            try:
                importlib.import_module(name)
            except BaseException as error:
                failed.append(name)
                write_all(2, f"slipway: {name} could not be imported ahead: {describe(error)}\n".encode())
        self._capture.end_lines()
        load_prctl()
        why = why_not_forkable(start.get("preload", []))
        self._forkable = why is None
        gc.collect()
        gc.freeze()
        reply: Dict[str, Any] = {"op": "ready", "pid": os.getpid(), "forkable": self._forkable, "failed": failed}
        if why is not None:
            reply["why"] = why
        reply["importMs"] = round((time.monotonic() - begun) * 1000, 1)
        self._reply(reply)

    # Commands.

    def _next_line(self) -> Optional[Dict[str, Any]]:
        while b"\n" not in self._input:
            chunk = os.read(0, 65536)
            if not chunk:
                return None
            self._input += chunk
        return self._take_line()

    def _take_line(self) -> Dict[str, Any]:
        line, _, rest = self._input.partition(b"\n")
        self._input = rest
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError("not an object")
        return value

    def _run_commands(self) -> bool:
        """False when what was said is not to be understood, and nothing that follows can be trusted."""
        while b"\n" in self._input:
            try:
                command = self._take_line()
            except ValueError as error:
                write_all(2, f"slipway: the warm parent was sent a line that is no command: {error}\n".encode())
                return False
            if command.get("op") == "fork":
                self._start(command)
            elif command.get("op") == "kill":
                self._children.kill(str(command.get("replica")))
        return True

    def _start(self, command: Dict[str, Any]) -> None:
        worker = command.get("worker")
        replica = str(worker.get("replica")) if isinstance(worker, dict) else ""
        try:
            config = parse_config(command["worker"])
            if self._forkable and not command.get("fresh"):
                pid = os.fork()
                if pid == 0:
                    self._become_worker(config)
            else:
                pid = self._spawn(command["worker"])
        except (OSError, ValueError, KeyError) as error:
            reason = Reason("internal", f"a worker could not be started: {describe(error)}")
            self._reply({"op": "fork-failed", "replica": replica, "reason": reason.to_json()})
            return
        self._children.add(pid, config.replica)
        self._reply({"op": "forked", "replica": config.replica, "pid": pid})

    def _spawn(self, worker: Dict[str, Any]) -> int:
        """A process of its own, for which standard input is both configuration and lifeline."""
        process = subprocess.Popen(
            [sys.executable, "-m", "slipway.worker"],
            stdin=subprocess.PIPE,
            stdout=2,
            start_new_session=True,
        )
        assert process.stdin is not None
        lifeline = os.dup(process.stdin.fileno())
        process.stdin.close()
        # It is waited for here, with all the others, and not by its Popen.
        process.returncode = 0
        write_all(lifeline, json.dumps(worker).encode("ascii") + b"\n")
        self._children.hold(process.pid, lifeline)
        return process.pid

    def _become_worker(self, config: Any) -> NoReturn:
        """In the forked child: nothing of the parent's but its imports."""
        try:
            os.setsid()
            die_with_parent(self._pid)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._wake_read.close()
            self._wake_write.close()
            for fd in [self._reply_fd, *self._children.lifelines]:
                os.close(fd)
            lifeline = take_stdin()
            reseed()
            run_worker(config, lifeline, self._capture)
        except BaseException as error:
            write_all(2, f"slipway: the worker could not start: {user_traceback(error)}\n".encode())
        finally:
            os._exit(EXIT_BROKEN)

    # Ends.

    def _reap(self) -> None:
        for replica, pid, code, signal_name in self._children.reap():
            self._reply({"op": "exited", "replica": replica, "pid": pid, "code": code, "signal": signal_name})

    def _drain_wake(self) -> None:
        try:
            self._wake_read.recv(4096)
        except (BlockingIOError, InterruptedError):
            pass

    def _reply(self, value: Dict[str, Any]) -> None:
        write_all(self._reply_fd, json.dumps(value).encode("ascii") + b"\n")


def main() -> None:
    drop_working_directory()
    # Whatever an import prints must not be taken for a reply.
    reply_fd = os.dup(1)
    os.dup2(2, 1)
    capture = Capture(lambda stream, text, dropped: write_all(2, (text + "\n").encode()), _IMPORT_LINES_PER_SECOND)
    capture.install()
    Nursery(reply_fd, capture).run()


if __name__ == "__main__":
    main()
