"""JSON as RFC 8259 has it: no NaN or Infinity, no number that overflows, no half characters, no deep nesting."""

from __future__ import annotations

import json
import math
import sys
from typing import Any, Union

# Before Python 3.12 the C parser obeys the recursion limit that user code may have raised beyond what the stack holds.
_MAX_RECURSION = 5_000
_LIMIT_GUARDS_C_STACK = sys.version_info < (3, 12)

# Digits become 0, exponents e, the rest a dot: then a number that may overflow is found at the speed of a search.
_SHAPE = bytes(0x30 if 48 <= code <= 57 else 0x65 if code in (69, 101) else 0x2E for code in range(256))
_LONG_EXPONENT = b"0e000"
_LONG_DIGITS = b"0" * 200


class Malformed(ValueError):
    """Not JSON; the text says why and where."""


def parse(body: Union[bytes, bytearray, memoryview]) -> Any:
    """The value of a JSON body; a leading byte order mark is ignored. Raises Malformed."""
    raw = bytes(body)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    shape = raw.translate(_SHAPE, b"+")
    decoder = _careful if _LONG_EXPONENT in shape or _LONG_DIGITS in shape else _fast
    try:
        value = _decode(decoder, text)
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None
    except MemoryError:
        raise Malformed("the body takes more memory than there is") from None
    except ValueError as error:
        raise Malformed(f"the body is not JSON: {error}") from None
    if b"\\ud" in raw or b"\\uD" in raw:
        _refuse_lone_surrogates(value)
    return value


def _decode(decoder: json.JSONDecoder, text: str) -> Any:
    limit = sys.getrecursionlimit()
    if not _LIMIT_GUARDS_C_STACK or limit <= _MAX_RECURSION:
        return decoder.decode(text)
    sys.setrecursionlimit(_MAX_RECURSION)
    try:
        return decoder.decode(text)
    finally:
        sys.setrecursionlimit(limit)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("the body holds half of a surrogate pair") from None
    except RecursionError:
        raise Malformed("the body is nested too deeply") from None


_fast = json.JSONDecoder(parse_constant=_refuse_constant)
_careful = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
