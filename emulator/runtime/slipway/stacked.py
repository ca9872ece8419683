"""One array from all items of a batch: the common first line of `execute`. Raw bytes are joined at once."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from .item import Item
from .tensor import BYTES, DATATYPES, shape_of_bytes


def stack(data: Sequence[Item], shape: Optional[Tuple[int, ...]] = None, dtype: Optional[str] = None) -> Any:
    """One numpy array of shape (len(data), *shape) from all items. Raises ValueError when they do not fit.

    Without `dtype` and `shape` each item says itself what it is (`Item.array`): the declared `input` of slipway.json,
    JSON numbers, or uint8. With `dtype`, a numpy name such as "float32", undeclared raw bytes are taken as it, and all
    else is converted to it. The array is the caller's own.
    """
    import numpy

    joined = _joined(data, dtype)
    if joined is None:
        rows: List[Any] = [item.array() if dtype is None else _row(item, dtype) for item in data]
        joined = numpy.stack(rows) if rows else numpy.zeros((0,), dtype or "uint8")
    return joined if shape is None else joined.reshape((len(data), *shape))


def _joined(data: Sequence[Item], dtype: Optional[str]) -> Any:
    """The array of raw bodies of one length and origin; None when the items have to be taken one by one."""
    import numpy

    if not data or not isinstance(data[0], Item):
        return None
    first = data[0]
    source = first._source
    spec = source.spec
    if not first.is_raw or len(first) == 0 or (spec is not None and spec.datatype == BYTES):
        return None
    if any(item._source is not source for item in data) or len(set(map(len, data))) != 1:
        return None
    if spec is None:
        return numpy.frombuffer(bytearray().join(data), dtype or "uint8").reshape((len(data), -1))
    row = shape_of_bytes(len(first), spec)
    declared = numpy.frombuffer(bytearray().join(data), DATATYPES[spec.datatype].numpy).reshape((len(data), *row))
    return declared if dtype is None else declared.astype(dtype, copy=False)


def _row(item: Item, dtype: str) -> Any:
    import numpy

    if item.has_form:
        return item.array().astype(dtype, copy=False)
    return numpy.frombuffer(item, dtype)
