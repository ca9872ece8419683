"""Answers compared: numbers to a tolerance, since a larger product of matrices rounds otherwise; all else exactly."""

from __future__ import annotations

import math
from typing import Any

from ..reason import Reason, shorten
from ..values import as_plain

# Relative and absolute. Single precision has seven digits; a change of what is computed shows in the first three.
_RELATIVE, _ABSOLUTE = 1e-3, 1e-5
_SHOWN_CHARS = 120


def plain(value: Any) -> Any:
    """A copy in Python's own values: what a service returned may be a view on a buffer that it uses again."""
    if isinstance(value, Reason):
        return {"error": value.code, "message": value.message}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    found = as_plain(value)
    return found if found is value else plain(found)


def same(one: Any, other: Any) -> bool:
    """Whether two answers in Python's own values are the same to a client."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)) and not isinstance(one, bool):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def show(value: Any) -> str:
    return shorten(repr(value), _SHOWN_CHARS)
