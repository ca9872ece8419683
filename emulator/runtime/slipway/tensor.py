"""Tensors of the Open Inference Protocol v2: datatypes, shapes and bytes, without numpy unless an array is wanted."""

from __future__ import annotations

import math
import struct
import sys
from array import array
from itertools import chain
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

if TYPE_CHECKING:
    from .config import TensorSpec


class Datatype(NamedTuple):
    """`code` as in `struct`; `low` and `high` are the bounds of integers."""

    size: int
    code: str
    numpy: str
    low: int = 0
    high: int = 0


DATATYPES: Dict[str, Datatype] = {
    "BOOL": Datatype(1, "?", "bool"),
    "UINT8": Datatype(1, "B", "<u1", 0, 2**8 - 1),
    "UINT16": Datatype(2, "H", "<u2", 0, 2**16 - 1),
    "UINT32": Datatype(4, "I", "<u4", 0, 2**32 - 1),
    "UINT64": Datatype(8, "Q", "<u8", 0, 2**64 - 1),
    "INT8": Datatype(1, "b", "<i1", -(2**7), 2**7 - 1),
    "INT16": Datatype(2, "h", "<i2", -(2**15), 2**15 - 1),
    "INT32": Datatype(4, "i", "<i4", -(2**31), 2**31 - 1),
    "INT64": Datatype(8, "q", "<i8", -(2**63), 2**63 - 1),
    "FP16": Datatype(2, "e", "<f2"),
    "FP32": Datatype(4, "f", "<f4"),
    "FP64": Datatype(8, "d", "<f8"),
}
BYTES = "BYTES"
_FLOATS = ("FP16", "FP32", "FP64")
_NUMBERS = frozenset((int, float))
_INTEGERS = frozenset((int,))


class TensorError(ValueError):
    """Values do not fit a datatype or a shape."""


class Tensor(NamedTuple):
    """`raw` is little-endian, row-major; BYTES elements are each preceded by their length as a u32."""

    datatype: str
    shape: Tuple[int, ...]
    raw: bytes

    def array(self) -> Any:
        """A numpy array; read-only, as it lies on the bytes that came. BYTES becomes an array of bytes objects."""
        import numpy

        if self.datatype == BYTES:
            elements = numpy.empty(element_count(self.shape), dtype=object)
            elements[:] = split_bytes(self.raw)
            return elements.reshape(self.shape)
        return numpy.frombuffer(self.raw, DATATYPES[self.datatype].numpy).reshape(self.shape)

    def flat(self) -> List[Any]:
        """All elements in row-major order, as Python values; BYTES as text where it is UTF-8."""
        if self.datatype == BYTES:
            return [_as_text(element) for element in split_bytes(self.raw)]
        return unpack(self.datatype, self.raw)

    def to_list(self) -> Any:
        """Nested lists."""
        return nest(self.flat(), self.shape)

    def rows(self) -> List[Tensor]:
        """The tensor taken apart along its first dimension."""
        count, shape = self.shape[0], self.shape[1:]
        if self.datatype == BYTES:
            elements = split_bytes(self.raw)
            size = element_count(shape)
            return [Tensor(BYTES, shape, join_bytes(elements[i * size : (i + 1) * size])) for i in range(count)]
        size = element_count(shape) * DATATYPES[self.datatype].size
        return [Tensor(self.datatype, shape, self.raw[i * size : (i + 1) * size]) for i in range(count)]

    def body(self) -> bytes:
        """What the item is, as bytes: the raw elements, or the content itself of a single BYTES element."""
        if self.datatype == BYTES:
            elements = split_bytes(self.raw)
            if len(elements) == 1:
                return elements[0]
        return self.raw


def element_count(shape: Sequence[int]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def unpack(datatype: str, raw: bytes) -> List[Any]:
    kind = DATATYPES[datatype]
    return list(struct.unpack(f"<{len(raw) // kind.size}{kind.code}", raw))


def pack(datatype: str, values: Sequence[Any]) -> bytes:
    """Bytes of a flat list of JSON values. Raises TensorError when one of them does not fit the datatype."""
    if datatype == BYTES:
        return join_bytes([_element_bytes(value) for value in values])
    kind = DATATYPES[datatype]
    types = set(map(type, values))
    if datatype == "BOOL":
        if not types <= {bool, int} or not all(value in (0, 1) for value in values):
            raise TensorError("BOOL takes true, false, 1 and 0")
        return bytes(bytearray(map(int, values)))
    if datatype in _FLOATS:
        if not types <= _NUMBERS:
            raise TensorError(f"{datatype} takes numbers, not {_odd_type(types - _NUMBERS)}")
    elif not types <= _INTEGERS:
        values = _whole(datatype, values)
    elif values and (min(values) < kind.low or max(values) > kind.high):
        raise TensorError(f"{datatype} takes {kind.low} to {kind.high}")
    try:
        if kind.code != "e" and sys.byteorder == "little" and array(kind.code).itemsize == kind.size:
            packed = array(kind.code, values)
            # What is too large has become infinity; the sum of FP32 as doubles is finite unless one of them is not.
            if datatype == "FP32" and not math.isfinite(sum(packed)):
                raise TensorError("a value does not fit FP32: it is too large")
            return packed.tobytes()
        return struct.pack(f"<{len(values)}{kind.code}", *values)
    except (OverflowError, struct.error) as error:
        raise TensorError(f"a value does not fit {datatype}: {error}") from None


def _whole(datatype: str, values: Sequence[Any]) -> List[int]:
    """JSON has one kind of number: 3.0 is the integer 3."""
    kind = DATATYPES[datatype]
    whole = []
    for value in values:
        if type(value) not in _NUMBERS:
            raise TensorError(f"{datatype} takes whole numbers, not {_odd_type({type(value)})}")
        if value != value or value in (float("inf"), float("-inf")) or value != int(value):
            raise TensorError(f"{datatype} takes whole numbers, not {value}")
        if not kind.low <= value <= kind.high:
            raise TensorError(f"{datatype} takes {kind.low} to {kind.high}")
        whole.append(int(value))
    return whole


def _odd_type(types: Any) -> str:
    names = {"str": "text", "NoneType": "null", "bool": "true or false", "list": "lists", "dict": "objects"}
    return " or ".join(sorted(names.get(kind.__name__, kind.__name__) for kind in types))


def flatten(value: Any) -> Tuple[List[Any], Tuple[int, ...]]:
    """A nested list as a flat one and its shape. Raises TensorError when it is ragged."""
    if not isinstance(value, list):
        return [value], ()
    shape = [len(value)]
    flat: List[Any] = value
    while flat and isinstance(flat[0], list):
        length = len(flat[0])
        if not all(isinstance(part, list) and len(part) == length for part in flat):
            raise TensorError("the nested lists do not all have the same length")
        shape.append(length)
        flat = list(chain.from_iterable(flat))
    if not _NUMBERS.issuperset(set(map(type, flat))) and any(isinstance(part, list) for part in flat):
        raise TensorError("the nested lists do not all have the same depth")
    return flat, tuple(shape)


def nest(flat: List[Any], shape: Sequence[int]) -> Any:
    """The opposite of `flatten`."""
    if not shape:
        return flat[0]
    for length in reversed(shape[1:]):
        if length == 0:
            return _empty(shape)
        flat = [flat[i : i + length] for i in range(0, len(flat), length)]
    return flat


def _empty(shape: Sequence[int]) -> Any:
    return [_empty(shape[1:]) for _ in range(shape[0])] if len(shape) > 1 else []


def fits(shape: Sequence[int], declared: Sequence[int]) -> bool:
    """True when `shape` is the declared one, where -1 stands for any length."""
    return len(shape) == len(declared) and all(want in (-1, have) for have, want in zip(shape, declared))


def shape_of_bytes(length: int, spec: TensorSpec) -> Tuple[int, ...]:
    """The shape of a raw body of `length` bytes. Raises TensorError when it does not fit the declared input."""
    if spec.datatype == BYTES:
        return ()
    size = DATATYPES[spec.datatype].size
    free = spec.shape.count(-1)
    unit = size * element_count([n for n in spec.shape if n != -1])
    if free == 0:
        if length != unit:
            raise TensorError(f"expected {unit} bytes ({spec.datatype} {list(spec.shape)}), found {length}")
        return spec.shape
    if unit == 0 or length % unit:
        raise TensorError(f"expected a multiple of {unit} bytes ({spec.datatype} {list(spec.shape)}), found {length}")
    if free == 1:
        return tuple(length // unit if n == -1 else n for n in spec.shape)
    # Several free dimensions cannot be told from a length; the service has to know.
    return (length // size,)


def split_bytes(raw: bytes) -> List[bytes]:
    """Elements of a BYTES tensor. Raises TensorError when the lengths do not add up."""
    elements = []
    at, end = 0, len(raw)
    while at < end:
        if at + 4 > end:
            raise TensorError("a BYTES tensor ends within a length")
        length = int.from_bytes(raw[at : at + 4], "little")
        at += 4
        if at + length > end:
            raise TensorError("a BYTES tensor ends within an element")
        elements.append(raw[at : at + length])
        at += length
    return elements


def join_bytes(elements: Sequence[bytes]) -> bytes:
    return b"".join(len(element).to_bytes(4, "little") + element for element in elements)


def _element_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TensorError(f"BYTES takes text, not {_odd_type({type(value)})}")


def _as_text(element: bytes) -> Any:
    try:
        return element.decode("utf-8")
    except UnicodeDecodeError:
        return element


def to_numpy(value: Any, spec: Optional[TensorSpec]) -> Any:
    """A numpy array of a JSON value or of raw bytes, in the declared form when there is one. Raises ValueError."""
    import numpy

    is_bytes = isinstance(value, (bytes, bytearray, memoryview))
    if spec is None or spec.datatype == BYTES:
        return numpy.frombuffer(value, numpy.uint8) if is_bytes else numpy.asarray(value)
    dtype = DATATYPES[spec.datatype].numpy
    if is_bytes:
        flat = numpy.frombuffer(value, dtype)
        return flat.reshape(shape_of_bytes(len(value), spec))
    if isinstance(value, dict) and spec.name in value:
        value = value[spec.name]
    return numpy.asarray(value, dtype)
