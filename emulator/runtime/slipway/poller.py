"""Waits for descriptors, with poll or (Windows) select, and tells a closed one from a readable one."""

from __future__ import annotations

import select
from typing import Any, Dict, List, NamedTuple, Optional

_HANGUP = getattr(select, "POLLRDHUP", 0)


class Ready(NamedTuple):
    """`gone`: the descriptor was closed in this process, or all writers of a watched pipe are."""

    fd: int
    read: bool
    write: bool
    gone: bool


class Poller:
    """A changing set of descriptors; owns none of them."""

    def __init__(self) -> None:
        self._poll: Any = select.poll() if hasattr(select, "poll") else None
        self._writing: Dict[int, bool] = {}
        self._hangup: List[int] = []

    def watch(self, fd: int, write: bool = False) -> None:
        """Waits until `fd` can be read, or also until it can be written. May be called again to change that."""
        self._writing[fd] = write
        if self._poll is not None:
            self._poll.register(fd, select.POLLIN | (select.POLLOUT if write else 0))

    def watch_hangup(self, fd: int) -> None:
        """Waits until the other end of a pipe or socket is closed; reads nothing."""
        if self._poll is not None:
            self._hangup.append(fd)
            self._poll.register(fd, _HANGUP)

    def forget_hangup(self, fd: int) -> None:
        """It was told, or is of no interest any more."""
        if fd in self._hangup:
            self._hangup.remove(fd)
            self._poll.unregister(fd)

    def forget(self, fd: int) -> None:
        if self._writing.pop(fd, None) is not None and self._poll is not None:
            self._poll.unregister(fd)

    def wait(self, seconds: Optional[float]) -> List[Ready]:
        """What is ready within `seconds`; None waits for ever."""
        if self._poll is None:
            return self._select(seconds)
        ready = []
        for fd, events in self._poll.poll(None if seconds is None else seconds * 1000):
            if fd in self._hangup:
                ready.append(Ready(fd, False, False, True))
            else:
                broken = bool(events & select.POLLNVAL)
                read = bool(events & (select.POLLIN | select.POLLHUP | select.POLLERR))
                ready.append(Ready(fd, read, bool(events & select.POLLOUT), broken))
        return ready

    def _select(self, seconds: Optional[float]) -> List[Ready]:
        writing = [fd for fd, write in self._writing.items() if write]
        try:
            read, write, _ = select.select(list(self._writing), writing, [], seconds)
        except (OSError, ValueError):
            return [Ready(fd, False, False, True) for fd in self._writing if _is_closed(fd)]
        return [Ready(fd, fd in read, fd in write, False) for fd in set(read) | set(write)]


def _is_closed(fd: int) -> bool:
    try:
        select.select([fd], [], [], 0)
    except (OSError, ValueError):
        return True
    return False
