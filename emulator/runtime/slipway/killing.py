"""Ends of processes: of one, of a group, of one with all that it started. What is gone already is no error."""

from __future__ import annotations

import os
import signal

from .descendants import descendants_of


def kill_tree(pid: int) -> None:
    descendants = descendants_of(pid)
    kill_group(pid)
    for each in [pid, *descendants]:
        kill_one(each)


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def kill_one(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"
