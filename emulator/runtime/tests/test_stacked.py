"""`slipway.stack`: the same as stacking the arrays of the items, whichever way they came."""

import json
from typing import List, Optional, Sequence

import numpy as np
import pytest

from slipway import Item, stack
from slipway.config import TensorSpec
from slipway.decode import BatchSource, plain_items
from slipway.link.batch import Batch, BatchHead, Metas
from slipway.tensor import Tensor


def raw_items(bodies: Sequence[bytes], spec: Optional[TensorSpec] = None) -> List[Item]:
    metas = Metas(b"", [0] * len(bodies))
    batch = Batch(1, BatchHead("raw", ""), [memoryview(body) for body in bodies], metas)
    items = plain_items(batch, spec)
    assert items is not None
    return items


def test_raw_bodies_of_a_declared_input_become_one_array() -> None:
    spec = TensorSpec("x", "FP32", (2, 2))
    rows = [np.arange(4, dtype="<f4").reshape(2, 2) + at for at in range(3)]
    stacked = stack(raw_items([row.tobytes() for row in rows], spec))
    assert stacked.dtype == np.float32
    assert np.array_equal(stacked, np.stack(rows))


def test_raw_bodies_without_a_declaration_are_uint8_or_what_is_asked_for() -> None:
    items = raw_items([b"\x00\x01\x02\x03", b"\x04\x05\x06\x07"])
    assert stack(items).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert stack(items, (2,), "<u2").shape == (2, 2)


def test_a_dtype_converts_what_is_declared() -> None:
    spec = TensorSpec("x", "UINT8", (3,))
    stacked = stack(raw_items([b"\x01\x02\x03"], spec), dtype="float32")
    assert stacked.dtype == np.float32
    assert stacked.tolist() == [[1.0, 2.0, 3.0]]


def test_the_array_is_the_callers_own() -> None:
    items = raw_items([b"\x01\x02"])
    stacked = stack(items)
    stacked[0, 0] = 9
    assert items[0] == b"\x01\x02"


def test_json_items_and_tensors_are_taken_one_by_one() -> None:
    items = [Item(json.dumps([1, 2]).encode(), content_type="application/json") for _ in range(2)]
    assert stack(items, dtype="float32").tolist() == [[1.0, 2.0], [1.0, 2.0]]
    tensor = Item(b"\x01\x02")
    tensor._tensors = {"x": Tensor("UINT8", (2,), b"\x01\x02")}
    assert stack([tensor, tensor]).tolist() == [[1, 2], [1, 2]]


def test_items_of_different_origin_or_length_are_not_mistaken_for_one_block() -> None:
    source = BatchSource("", None, Metas(b"", [0]))
    other = raw_items([b"\x01\x02"])[0]
    assert other._source is not source
    assert stack([other, Item(b"\x03\x04")]).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError):
        stack(raw_items([b"\x01\x02\x03", b"\x04"]))


def test_nothing_stacked_is_an_empty_array() -> None:
    assert stack([]).shape == (0,)
