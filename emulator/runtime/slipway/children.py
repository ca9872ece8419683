"""The replicas of a warm parent, by the id of their process: they end together with everything that they started."""

from __future__ import annotations

import os
import time
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .descendants import children_of, keeps
from .killing import kill_group, kill_one, kill_tree, signal_name

# How long the end of a replica may take to be followed by the end of all that it started.
_SWEEP_SECONDS = 1.0


class Ended(NamedTuple):
    """One of `code` and `signal` is set."""

    replica: str
    pid: int
    code: Optional[int]
    signal: Optional[str]


class Children:
    def __init__(self) -> None:
        self._replicas: Dict[int, str] = {}
        # Write ends of the standard input of workers that were spawned: closing one ends its worker.
        self._lifelines: Dict[int, int] = {}
        self._ended: List[Tuple[int, int]] = []

    def add(self, pid: int, replica: str) -> None:
        self._replicas[pid] = replica

    def hold(self, pid: int, lifeline: int) -> None:
        """Keeps the write end of a worker's standard input."""
        self._lifelines[pid] = lifeline

    @property
    def lifelines(self) -> List[int]:
        return list(self._lifelines.values())

    def kill(self, replica: str) -> None:
        for pid, name in list(self._replicas.items()):
            if name == replica:
                kill_tree(pid)

    def reap(self) -> Iterator[Ended]:
        """The replicas that ended, each after everything that it started has."""
        self._collect()
        while self._ended:
            pid, status = self._ended.pop(0)
            replica = self._replicas.pop(pid)
            lifeline = self._lifelines.pop(pid, None)
            if lifeline is not None:
                os.close(lifeline)
            kill_group(pid)
            self._sweep()
            code, number = (os.WEXITSTATUS(status), None) if os.WIFEXITED(status) else (None, os.WTERMSIG(status))
            yield Ended(replica, pid, code, None if number is None else signal_name(number))

    def kill_all(self) -> None:
        for pid in list(self._replicas):
            kill_tree(pid)
        until = time.monotonic() + _SWEEP_SECONDS
        while self._replicas and time.monotonic() < until:
            self._collect()
            for pid, _ in self._ended:
                self._replicas.pop(pid, None)
            self._ended.clear()
            time.sleep(0.002)
        self._sweep()

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
                kill_one(pid)
            time.sleep(0.002)
            self._collect()
