"""Who descends from whom, read from /proc (Linux). Elsewhere the answers are empty, and process groups have to do."""

from __future__ import annotations

import os
import threading
from typing import Dict, List, Mapping, Optional, Tuple


def count_threads() -> int:
    """Threads of this process, native ones too where the system tells."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def children_of(pid: int) -> List[int]:
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                found += [int(child) for child in children.read().split()]
        return found
    except OSError:
        # The kernel was built without it.
        return [child for child, (parent, _) in _all_processes().items() if parent == pid]


def descendants_of(pid: int) -> List[int]:
    """All processes below `pid`, nearest first."""
    by_parent: Dict[int, List[int]] = {}
    for child, (parent, _) in _all_processes().items():
        by_parent.setdefault(parent, []).append(child)
    found: List[int] = []
    layer = [pid]
    while layer:
        layer = [child for parent in layer for child in by_parent.get(parent, [])]
        found += layer
    return found


def keeps(pid: int, living: Mapping[int, str]) -> bool:
    """True when a process without a parent belongs to a living replica, by its session or its environment."""
    stat = _stat(pid)
    if stat is not None and stat[1] in living:
        return True
    try:
        with open(f"/proc/{pid}/environ", "rb") as environ:
            names = environ.read().split(b"\0")
    except OSError:
        return False
    return any(f"SLIPWAY_REPLICA={replica}".encode() in names for replica in living.values())


def _all_processes() -> Dict[int, Tuple[int, int]]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return {}
    found = {}
    for name in names:
        if name.isdigit():
            stat = _stat(int(name))
            if stat is not None:
                found[int(name)] = stat
    return found


def _stat(pid: int) -> Optional[Tuple[int, int]]:
    """Parent and session of a process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            # The second field is the name in parentheses, and may hold anything.
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), int(fields[3])
