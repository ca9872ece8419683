"""Batch -> rows for `execute`: what is wrong with a request answers it here, before the service sees it."""

from __future__ import annotations

from typing import Any, Dict, Hashable, List, NamedTuple, Optional, Tuple, Union

from .config import TensorSpec
from .item import Item
from .link.batch import Batch, Metas
from .reason import Failure, Reason
from .strict_json import Malformed, parse
from .tensor import BYTES, TensorError, fits, flatten, pack, shape_of_bytes
from .v2.request import V2Request, parse_v2

# Bodies of these types are the declared tensor itself; others, such as image/png, are for the service to decode.
_RAW_TYPES = ("", "application/octet-stream", "application/x-www-form-urlencoded")
_NO_SHAPE = ()


class Rows(NamedTuple):
    """The items of one request. `key` is equal for items that may share an execute call."""

    items: List[Item]
    key: Hashable
    v2: Optional[V2Request] = None


Decoded = Union[Rows, Reason]


class BatchSource:
    """Where the items of one batch came from (see item.Source)."""

    __slots__ = ("_metas", "content_type", "spec")

    def __init__(self, content_type: str, spec: Optional[TensorSpec], metas: Metas):
        self.content_type = content_type
        self.spec = spec
        self._metas = metas

    def request_id(self, index: int) -> str:
        return self._metas.request_id(index)

    def headers(self, index: int) -> List[Tuple[str, str]]:
        return self._metas.headers(index)


def plain_items(batch: Batch, spec: Optional[TensorSpec]) -> Optional[List[Item]]:
    """All items of a batch that needs no decoding and has one shape; None when it has to go through `decode`."""
    kind, content_type = batch.head
    if kind != "raw" or is_json(content_type):
        return None
    bodies = batch.bodies
    if spec is not None and content_type in _RAW_TYPES and spec.datatype != BYTES:
        length = len(bodies[0]) if bodies else 0
        if any(len(body) != length for body in bodies):
            return None
        try:
            shape_of_bytes(length, spec)
        except TensorError:
            return None
    source = BatchSource(content_type, spec, batch.metas)
    make = bytes.__new__
    items = []
    for index, body in enumerate(bodies):
        item = make(Item, body)
        item._source = source
        item._index = index
        items.append(item)
    return items


def decode(batch: Batch, spec: Optional[TensorSpec], output: Optional[TensorSpec]) -> List[Decoded]:
    """Rows of each request, or why it is refused."""
    kind, content_type = batch.head
    source = BatchSource(content_type, spec, batch.metas)
    decoded: List[Decoded] = []
    for index, body in enumerate(batch.bodies):
        try:
            if kind == "v2":
                decoded.append(_decode_v2(body, source, index, spec, output))
            elif is_json(content_type):
                decoded.append(_decode_json(body, source, index, spec))
            else:
                decoded.append(_decode_raw(body, source, index, spec))
        except Malformed as error:
            decoded.append(Reason("request_malformed", str(error)))
        except TensorError as error:
            decoded.append(Reason("request_unfit", str(error)))
        except Failure as failure:
            decoded.append(failure.reason)
    return decoded


def is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")


def _item(body: Any, source: BatchSource, index: int) -> Item:
    item = bytes.__new__(Item, body)
    item._source = source
    item._index = index
    return item


def _decode_raw(body: memoryview, source: BatchSource, index: int, spec: Optional[TensorSpec]) -> Rows:
    shape: Tuple[int, ...] = _NO_SHAPE
    if spec is not None and source.content_type in _RAW_TYPES:
        shape = shape_of_bytes(len(body), spec)
    return Rows([_item(body, source, index)], shape)


def _decode_json(body: memoryview, source: BatchSource, index: int, spec: Optional[TensorSpec]) -> Rows:
    item = _item(body, source, index)
    value = parse(item)
    item._value = value
    return Rows([item], _json_shape(value, spec) if spec is not None else _NO_SHAPE)


def _json_shape(value: Any, spec: TensorSpec) -> Tuple[int, ...]:
    if isinstance(value, dict):
        if spec.name not in value:
            raise TensorError(f'expected a list of the declared shape, or an object with the field "{spec.name}"')
        value = value[spec.name]
    flat, shape = flatten(value)
    if not fits(shape, spec.shape):
        raise TensorError(f"expected {spec.datatype} {list(spec.shape)}, found the shape {list(shape)}")
    pack(spec.datatype, flat)
    return shape


def _decode_v2(
    body: memoryview, source: BatchSource, index: int, spec: Optional[TensorSpec], output: Optional[TensorSpec]
) -> Rows:
    header_length: Optional[str] = None
    for name, value in source.headers(index):
        if name.lower() == "inference-header-content-length":
            header_length = value
    request = parse_v2(body, header_length, spec, output)
    items = []
    key: Dict[str, Any] = {}
    for tensors in request.rows:
        item = _item(next(iter(tensors.values())).body(), source, index)
        item._tensors = tensors
        items.append(item)
        key = {name: (tensor.datatype, tensor.shape) for name, tensor in tensors.items()}
    return Rows(items, tuple(key.items()), request)
