"""The warm parent: `python -m slipway.nursery`. Imports heavy modules once, and forks replicas that share their pages.

Standard input: the start object {"preload": [...], "threads": n}, then one command a line; standard output: one reply a
line (schemas/worker.ts). The end of standard input means that the platform is gone: everything is killed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Dict, List, NoReturn, Optional, Tuple

from .capture import Capture
from .config import parse_config
from .descendants import children_of, count_threads, descendants_of, keeps
from .lifeline import EXIT_BROKEN, become_subreaper, die_with_parent, load_prctl, take_stdin
from .output import write_all
from .poller import Poller
from .reason import Reason, describe, user_traceback
from .threads import cap_by_environment
from .worker import drop_working_directory, run_worker

# Frameworks that start threads or hold system services which do not survive a fork on macOS.
_UNSAFE_ON_MACOS = ("tensorflow", "torch", "mxnet", "jax", "cv2", "keras", "onnxruntime", "objc")
# How long the end of a replica may take to be followed by the end of all that it started.
_SWEEP_SECONDS = 1.0
_IMPORT_LINES_PER_SECOND = 1000


class Nursery:
    """Replicas by the id of their process; replies go to `reply_fd`."""

    def __init__(self, reply_fd: int, capture: Capture):
        self._reply_fd = reply_fd
        self._capture = capture
        self._forkable = True
        self._replicas: Dict[int, str] = {}
        # Write ends of the standard input of workers that were spawned: closing one ends its worker.
        self._lifelines: Dict[int, int] = {}
        self._ended: List[Tuple[int, int]] = []
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
            self._kill_all()

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
        why = _why_not_forkable(start.get("preload", []))
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
                self._kill(str(command.get("replica")))
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
        self._replicas[pid] = config.replica
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
        self._lifelines[process.pid] = lifeline
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
            for fd in [self._reply_fd, *self._lifelines.values()]:
                os.close(fd)
            lifeline = take_stdin()
            _reseed()
            run_worker(config, lifeline, self._capture)
        except BaseException as error:
            write_all(2, f"slipway: the worker could not start: {user_traceback(error)}\n".encode())
        finally:
            os._exit(EXIT_BROKEN)

    # Ends.

    def _kill(self, replica: str) -> None:
        for pid, name in list(self._replicas.items()):
            if name == replica:
                _kill_tree(pid)

    def _reap(self) -> None:
        """Reports the replicas that ended, after everything that they started has."""
        self._collect()
        while self._ended:
            pid, status = self._ended.pop(0)
            replica = self._replicas.pop(pid)
            lifeline = self._lifelines.pop(pid, None)
            if lifeline is not None:
                os.close(lifeline)
            _kill_group(pid)
            self._sweep()
            code, number = (os.WEXITSTATUS(status), None) if os.WIFEXITED(status) else (None, os.WTERMSIG(status))
            signal_name = None if number is None else _signal_name(number)
            self._reply({"op": "exited", "replica": replica, "pid": pid, "code": code, "signal": signal_name})

    def _collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._replicas:
                self._ended.append((pid, status))

    def _sweep(self) -> None:
        """Kills what lost its parent and came to us, unless it belongs to a replica that lives."""
        until = time.monotonic() + _SWEEP_SECONDS
        while True:
            ended = {pid for pid, _ in self._ended}
            living = {pid: name for pid, name in self._replicas.items() if pid not in ended}
            strays = [pid for pid in children_of(os.getpid()) if pid not in self._replicas]
            strays = [pid for pid in strays if not keeps(pid, living)]
            if not strays or time.monotonic() > until:
                return
            for pid in strays:
                _kill_one(pid)
            time.sleep(0.002)
            self._collect()

    def _kill_all(self) -> None:
        for pid in list(self._replicas):
            _kill_tree(pid)
        until = time.monotonic() + _SWEEP_SECONDS
        while self._replicas and time.monotonic() < until:
            self._collect()
            for pid, _ in self._ended:
                self._replicas.pop(pid, None)
            self._ended.clear()
            time.sleep(0.002)
        self._sweep()

    def _drain_wake(self) -> None:
        try:
            self._wake_read.recv(4096)
        except (BlockingIOError, InterruptedError):
            pass

    def _reply(self, value: Dict[str, Any]) -> None:
        write_all(self._reply_fd, json.dumps(value).encode("ascii") + b"\n")


def _why_not_forkable(preload: List[str]) -> Optional[str]:
    if not hasattr(os, "fork"):
        return "this system cannot fork"
    if sys.platform == "darwin":
        unsafe = [name for name in preload if name.split(".")[0] in _UNSAFE_ON_MACOS]
        if unsafe:
            return f"on macOS {unsafe[0]} does not survive a fork"
    threads = max(count_threads(), threading.active_count())
    if threads != 1:
        return f"the imports started {threads - 1} threads, which do not survive a fork"
    return None


def _reseed() -> None:
    """Replicas of one parent must not draw the same numbers."""
    random.seed()
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "seed"):
        torch.seed()


def _kill_tree(pid: int) -> None:
    descendants = descendants_of(pid)
    _kill_group(pid)
    for each in [pid, *descendants]:
        _kill_one(each)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _kill_one(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


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
