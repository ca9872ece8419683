"""Dying with those who started us: parent-death signal, pipe end, process groups. What a system lacks does nothing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Callable, NoReturn, Optional

_PR_SET_PDEATHSIG = 1
_PR_GET_DUMPABLE = 3
_PR_SET_CHILD_SUBREAPER = 36

# EX_SOFTWARE of sysexits: the worker noticed that it cannot go on.
EXIT_BROKEN = 70


def die_with_parent(parent: Optional[int] = None) -> None:
    """SIGKILL for this process when the thread that started it ends (Linux). `parent`: it may have ended already."""
    if _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) and parent is not None and os.getppid() != parent:
        os._exit(EXIT_BROKEN)


def become_subreaper() -> bool:
    """Descendants that lose their parent become children of this process (Linux)."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def load_prctl() -> None:
    """Loads what `die_with_parent` needs, so that it takes no time after a fork."""
    _prctl(_PR_GET_DUMPABLE, 0)


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def kill_own_group() -> NoReturn:
    """Ends this process and everything in its process group, now."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(EXIT_BROKEN)


def take_stdin() -> int:
    """The present standard input under another descriptor; user code gets an empty one."""
    kept = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0, inheritable=True)
    os.close(null)
    return kept


def watch_in_thread(fd: int, ended: Callable[[], None]) -> None:
    """Where pipes cannot be polled (Windows): a thread reads until the end of `fd`."""

    def read() -> None:
        try:
            while os.read(fd, 4096):
                pass
        except OSError:
            pass
        ended()

    threading.Thread(target=read, name="slipway-lifeline", daemon=True).start()
