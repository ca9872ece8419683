"""A replica whose platform is gone: it waits for the next platform for a while, and then ends."""

from __future__ import annotations

from typing import Optional


class Orphanage:
    """Counts the time without anybody who holds a control link, once whoever started the replica is gone."""

    def __init__(self, seconds: Optional[float]):
        self._seconds = seconds
        self._is_orphan = False
        self._alone_since: Optional[float] = None

    @property
    def counts(self) -> bool:
        """Whether time has to be looked at."""
        return self._alone_since is not None

    def admit(self) -> bool:
        """Whoever started it is gone. False: it is to end with them."""
        self._is_orphan = True
        return bool(self._seconds)

    def is_over(self, is_held: bool, now: float) -> bool:
        """Whether nobody has come for too long; `now` is in seconds and never goes back."""
        if not self._is_orphan or self._seconds is None:
            return False
        if is_held:
            self._alone_since = None
            return False
        if self._alone_since is None:
            self._alone_since = now
        return now - self._alone_since >= self._seconds
