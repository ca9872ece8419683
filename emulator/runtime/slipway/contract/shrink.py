"""The smallest batch that still shows a fault, by leaving out ever smaller parts (Zeller, Hildebrandt 2002)."""

from __future__ import annotations

from typing import Callable, List, Sequence

_MAX_TRIES = 300


def shrink(batch: Sequence[str], fails: Callable[[List[str]], bool]) -> List[str]:
    """A part of `batch` in its order for which `fails` is still true, and from which no single item can go."""
    kept = list(batch)
    parts, tries = 2, 0
    while len(kept) > 1 and tries < _MAX_TRIES:
        size = max(1, -(-len(kept) // parts))
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size :]
            tries += 1
            if rest and fails(rest):
                kept, parts = rest, max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), parts * 2)
    return kept
