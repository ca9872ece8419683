"""An item of data is bytes, a file, a request, JSON, an array and an image."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
from typing import Any, List

import pytest
from support.batches import bench
from support.process import environment

from slipway import Item

DIGITS = {"name": "image", "datatype": "FP32", "shape": [2, 2]}


def first_item(body: bytes, **options: Any) -> Item:
    changes = {"input": options.pop("input", None)}
    probe = bench(lambda data, n: [0] * n, **changes)
    probe.run([body], **options)
    item = probe.calls[0][0]
    assert isinstance(item, Item)
    return item


def test_it_is_bytes() -> None:
    item = first_item(b"\x01\x02abc")
    assert isinstance(item, bytes)
    assert item == b"\x01\x02abc" and item[0] == 1 and item[2:] == b"abc" and len(item) == 5
    assert item.body == b"\x01\x02abc" and hash(item) == hash(b"\x01\x02abc")
    assert b"".join([item, item]) == item + item


def test_it_is_a_binary_file() -> None:
    item = first_item(b"line\nrest")
    assert (item.read(2), item.tell(), item.read(), item.read()) == (b"li", 2, b"ne\nrest", b"")
    assert item.seek(0) == 0
    assert item.readline() == b"line\n"
    assert item.seek(-2, io.SEEK_END) == 7
    assert item.read() == b"st"
    assert (item.readable(), item.seekable(), item.writable()) == (True, True, False)


def test_it_is_a_request() -> None:
    metas = ["id-7\nX-User: Zoë\nx-user:  Ann \nX-Empty:\nno colon"]
    item = first_item(b"", content_type="text/plain", metas=metas)
    assert item.request_id == "id-7"
    assert item.content_type == "text/plain"
    assert item.headers["x-USER"] == "Zoë, Ann"
    assert item.headers.get("X-Empty") == "" and "x-empty" in item.headers
    assert item.headers.get("absent") is None and len(item.headers) == 2


def test_items_of_one_batch_know_their_own_request() -> None:
    probe = bench(lambda data, n: [item.request_id for item in data])
    result = probe.run([b"a", b"b", b"c"], metas=["r1", "r2\nx: y", ""])
    assert [row.body for row in result.rows] == [b"r1", b"r2", b""]


def test_it_is_json_whatever_its_type_says() -> None:
    assert first_item(b'{"a":1}').json() == {"a": 1}
    with pytest.raises(ValueError):
        first_item(b"{").json()


def test_it_is_an_array_as_declared() -> None:
    numpy = pytest.importorskip("numpy")
    raw = numpy.arange(4, dtype=numpy.float32).reshape(2, 2)
    for item in (
        first_item(raw.tobytes(), input=DIGITS),
        first_item(json.dumps(raw.tolist()).encode(), input=DIGITS, content_type="application/json"),
        first_item(json.dumps({"image": raw.tolist()}).encode(), input=DIGITS, content_type="application/json"),
    ):
        assert item.array().dtype == numpy.float32
        assert (item.array() == raw).all() and (item.array("image") == raw).all()
        with pytest.raises(KeyError):
            item.array("other")


def test_it_is_an_array_without_a_declaration_too() -> None:
    numpy = pytest.importorskip("numpy")
    assert first_item(b"\1\2").array().tolist() == [1, 2] and first_item(b"\1").array().dtype == numpy.uint8
    assert first_item(b"[[1.5]]", content_type="application/json").array().tolist() == [[1.5]]
    assert numpy.frombuffer(first_item(b"\1\2\3\4"), numpy.uint16).tolist() == [513, 1027]


PILLOW = """
import io, sys
if sys.argv[1] == "first":
    from PIL import Image
from slipway import Item
from PIL import Image
from PIL.Image import open as open_image
file = io.BytesIO()
Image.new("L", (3, 2), 7).save(file, "PNG")
item = Item(file.getvalue())
assert open_image(item).size == (3, 2)
assert Image.open(item).getpixel((0, 0)) == 7
assert item.image().size == (3, 2)
try:
    Image.open(b"no such file")
except FileNotFoundError:
    print("ok")
"""


@pytest.mark.parametrize("order", ["first", "second"])
def test_pillow_opens_it_whichever_is_imported_first(order: str) -> None:
    pytest.importorskip("PIL")
    run = subprocess.run([sys.executable, "-c", PILLOW, order], env=environment(), capture_output=True, text=True)
    assert run.stdout == "ok\n", run.stderr


def test_it_survives_being_sent_to_another_process() -> None:
    item = first_item(b"body", content_type="text/plain", metas=["id-1\nx-a: b"])
    again = pickle.loads(pickle.dumps(item))
    assert type(again) is Item and again == b"body"
    assert (again.request_id, again.headers["X-A"], again.content_type) == ("id-1", "b", "text/plain")


def test_it_can_be_made_by_hand_for_tests_of_a_service() -> None:
    item = Item(b"[1]", content_type="application/json", headers={"X-User": "ann"}, request_id="r")
    assert (item.json(), item.headers["x-user"], item.request_id) == ([1], "ann", "r")
    assert Item() == b"" and Item(b"x").content_type == ""


def test_the_package_imports_neither_numpy_nor_pillow_nor_tensorflow() -> None:
    code = "import sys, slipway.worker, slipway.tensorflow; print({'numpy', 'PIL', 'tensorflow'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_stacking_items_for_tensorflow_takes_raw_json_and_declared_ones() -> None:
    numpy = pytest.importorskip("numpy")
    from slipway.tensorflow import TensorFlowService

    raw = [numpy.full(4, index, numpy.float32).tobytes() for index in range(3)]
    items: List[Item] = [first_item(body) for body in raw]
    assert TensorFlowService.stack(items, (2, 2), "float32").shape == (3, 2, 2)
    declared = [first_item(body, input=DIGITS) for body in raw]
    assert TensorFlowService.stack(declared).shape == (3, 2, 2)
    by_json = [first_item(b"[1,2]", content_type="application/json")] * 2
    assert TensorFlowService.stack(by_json, (2,), "float32").tolist() == [[1, 2], [1, 2]]
