"""Protocol buffers without their schema: the fields of one message, as numbers and bytes."""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple, Union

Value = Union[int, memoryview]
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class WireError(ValueError):
    """The bytes are no message. `is_short` when they end in the middle of a field."""

    def __init__(self, message: str, is_short: bool = False):
        super().__init__(message)
        self.is_short = is_short


def fields(data: memoryview) -> Iterator[Tuple[int, Value]]:
    """Number and value of each field, in their order. Raises WireError."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise WireError("a field has the number 0")
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise WireError(f"a field has the unknown type {kind}")
        if at + length > len(data):
            raise WireError(f"it ends {at + length - len(data)} bytes before the end of field {number}", True)
        yield number, data[at : at + length]
        at += length


def grouped(data: memoryview) -> Dict[int, List[Value]]:
    """All values of each field. Raises WireError."""
    found: Dict[int, List[Value]] = {}
    for number, value in fields(data):
        found.setdefault(number, []).append(value)
    return found


def text(value: Value) -> str:
    """A string field; what is no text raises WireError."""
    if isinstance(value, int):
        raise WireError("a number stands where a text was expected")
    try:
        return bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise WireError("a text is not UTF-8") from None


def message(value: Value) -> Dict[int, List[Value]]:
    """A field that is a message itself. Raises WireError."""
    if isinstance(value, int):
        raise WireError("a number stands where a message was expected")
    return grouped(value)


def _varint(data: memoryview, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise WireError("it ends in the middle of a number", True)
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise WireError("a number is longer than 64 bits")
