"""Threads and memory over many batches: what grows with every batch ends in a replica that is killed."""

from __future__ import annotations

import gc
import os
import threading
import time
from typing import Callable, List, Optional

from .broken import Broken

_ROUNDS = 4
_BATCHES_A_ROUND = 25
_MAX_SECONDS = 20.0
# A pool of threads may still grow while it warms up; memory comes from the system in large pieces.
_FREE_THREADS = 2
_FREE_BYTES = 8 << 20


def check_growth(call: Callable[[], object]) -> List[Broken]:
    """Calls often, and compares how many threads and bytes there are after each round of calls."""
    threads, memory = [], []
    until = time.monotonic() + _MAX_SECONDS
    batches = 0
    for _ in range(_ROUNDS + 1):
        for _ in range(_BATCHES_A_ROUND):
            call()
            batches += 1
            if time.monotonic() > until:
                break
        gc.collect()
        threads.append(_count_threads())
        memory.append(_resident_bytes())
    # The first round warms up.
    found = []
    grown = _grows(threads[1:], _FREE_THREADS)
    if grown is not None:
        found.append(
            Broken("threads", f"{grown} threads more after {batches} batches, and more with each round of them")
        )
    grown = _grows(memory[1:], _FREE_BYTES)
    if grown is not None:
        mebibytes = grown / (1 << 20)
        found.append(
            Broken("memory", f"{mebibytes:.0f} MiB more after {batches} batches, and more with each round of them")
        )
    return found


def _grows(values: List[int], free: int) -> Optional[int]:
    """By how much, when every round added to it and all of them more than is free."""
    steps = [later - earlier for earlier, later in zip(values, values[1:])]
    total = values[-1] - values[0]
    return total if steps and all(step > 0 for step in steps) and total > free else None


def _count_threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0
