"""What a check of the batch contract found."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional


class Broken(NamedTuple):
    """A property that does not hold, with the smallest batch of samples that shows it."""

    # alone, count, maximum, order, neighbours, repeat, leak, threads or memory
    property: str
    message: str
    batch: List[str] = []
    traceback: Optional[str] = None

    def to_json(self) -> Dict[str, Any]:
        value: Dict[str, Any] = {"property": self.property, "message": self.message, "batch": self.batch}
        if self.traceback is not None:
            value["traceback"] = self.traceback
        return value
