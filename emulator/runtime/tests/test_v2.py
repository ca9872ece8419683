"""The Open Inference Protocol v2: requests in JSON and binary, rows out of one request, answers in both forms."""

from __future__ import annotations

import json
import random
import struct
from typing import Any, Dict, List

import pytest
from support.batches import Bench, bench, infer, tensor

from slipway.tensor import DATATYPES, join_bytes, pack, unpack

PAIR = {"name": "x", "datatype": "FP32", "shape": [2]}
SUM = {"name": "sum", "datatype": "FP32", "shape": [1]}


def sums(**changes: Any) -> Bench:
    return bench(lambda data, n: [sum(item.json()) for item in data], **{"input": PAIR, "output": SUM, **changes})


def test_one_item_is_answered_with_the_declared_output() -> None:
    row = infer(sums(), {"id": "q1", "inputs": [tensor("x", "FP32", [2], [1, 2.5])]})
    assert (row.status, row.content_type) == (200, 2)
    assert row.json() == {
        "model_name": "probe",
        "model_version": "v1",
        "id": "q1",
        "outputs": [{"name": "sum", "datatype": "FP32", "shape": [1], "data": [3.5]}],
    }


@pytest.mark.parametrize("count", [1, 3, 10])
def test_a_leading_batch_dimension_becomes_rows_and_is_answered_as_one(count: int) -> None:
    probe = sums(maxBatchSize=4)
    data = [[index, 1] for index in range(count)]
    row = infer(probe, {"inputs": [tensor("x", "FP32", [count, 2], data)]})
    assert row.json()["outputs"] == [
        {"name": "sum", "datatype": "FP32", "shape": [count, 1], "data": [index + 1.0 for index in range(count)]}
    ]
    assert max(len(call) for call in probe.calls) <= 4
    assert sum(len(call) for call in probe.calls) == count


def test_rows_of_several_requests_share_calls_and_come_back_to_their_own() -> None:
    probe = sums(maxBatchSize=8)
    bodies = []
    for request in range(5):
        rows = [[request * 10, index] for index in range(request + 1)]
        bodies.append(json.dumps({"inputs": [tensor("x", "FP32", [len(rows), 2], rows)]}).encode())
    result = probe.run(bodies, kind="v2", content_type="application/json")
    for request, row in enumerate(result.rows):
        assert row.json()["outputs"][0]["data"] == [request * 10 + index for index in range(request + 1)]
    assert [len(call) for call in probe.calls] == [8, 7]


def test_a_failed_row_fails_its_own_request_only() -> None:
    def execute(data: List[Any], n: int) -> List[float]:
        return [1 / item.json()[0] for item in data]

    probe = bench(execute, input=PAIR)
    bodies = [
        json.dumps({"inputs": [tensor("x", "FP32", [2, 2], rows)]}).encode() for rows in ([1, 1, 2, 2], [1, 1, 0, 0])
    ]
    result = probe.run(bodies, kind="v2", content_type="application/json")
    assert [row.status for row in result.rows] == [200, 500]
    assert result.rows[1].code == "service_raised"


def test_binary_tensors_come_in_and_go_out() -> None:
    request = {
        "inputs": [tensor("x", "FP32", [2, 2], binary_data_size=16)],
        "parameters": {"binary_data_output": True},
    }
    probe = sums()
    row = infer(probe, request, struct.pack("<4f", 1, 2, 3, 4))
    assert row.content_type == 0
    name, _, length = row.meta.partition(": ")
    assert name.lower() == "inference-header-content-length"
    head = json.loads(row.body[: int(length)])
    assert head["outputs"] == [
        {"name": "sum", "datatype": "FP32", "shape": [2, 1], "parameters": {"binary_data_size": 8}}
    ]
    assert struct.unpack("<2f", row.body[int(length) :]) == (3, 7)
    assert probe.calls[0][0] == struct.pack("<2f", 1, 2)


def test_one_output_may_be_asked_for_as_binary() -> None:
    request = {
        "inputs": [tensor("x", "FP32", [2], [1, 2])],
        "outputs": [{"name": "sum", "parameters": {"binary_data": True}}],
    }
    row = infer(sums(), request)
    assert row.content_type == 0 and row.body.endswith(struct.pack("<f", 3))


def test_without_a_declared_input_a_request_is_one_item_with_its_tensors_by_name() -> None:
    numpy = pytest.importorskip("numpy")
    probe = bench(lambda data, n: [{"a": item.array("a") * 2, "b": item.inputs["b"]} for item in data])
    row = infer(probe, {"inputs": [tensor("a", "INT32", [2, 2], [[1, 2], [3, 4]]), tensor("b", "BYTES", [1], ["hi"])]})
    outputs = {each["name"]: each for each in row.json()["outputs"]}
    assert outputs["a"] == {"name": "a", "datatype": "INT32", "shape": [2, 2], "data": [2, 4, 6, 8]}
    assert outputs["b"]["data"] == ["hi"]
    assert probe.calls[0][0].array().dtype == numpy.int32


@pytest.mark.parametrize(
    ("value", "datatype", "shape", "data"),
    [
        (7, "INT64", [1], [7]),
        (0.5, "FP64", [1], [0.5]),
        (True, "BOOL", [1], [True]),
        ("ja", "BYTES", [1], ["ja"]),
        ([1, 2, 3], "INT64", [3], [1, 2, 3]),
        ([[1, 2.5], [3, 4]], "FP64", [2, 2], [1.0, 2.5, 3.0, 4.0]),
        (["a", "b"], "BYTES", [2], ["a", "b"]),
        ({"label": 7, "p": [0.5]}, None, None, None),
        ([1, "a"], "BYTES", [1], ['[1,"a"]']),
        (None, "BYTES", [1], ["null"]),
    ],
)
def test_without_a_declared_output_the_tensor_is_that_of_the_value(
    value: Any, datatype: Any, shape: Any, data: Any
) -> None:
    row = infer(bench(lambda d, n: [value]), {"inputs": [tensor("x", "FP32", [1], [1])]})
    outputs = row.json()["outputs"]
    if datatype is None:
        assert [each["name"] for each in outputs] == ["label", "p"]
    else:
        assert outputs == [{"name": "output", "datatype": datatype, "shape": shape, "data": data}]


@pytest.mark.parametrize("value", [[1, 2], "text", {"a": 1}, None, float("nan"), [[1.0, 2.0]]])
def test_f17_a_result_that_does_not_fit_the_declared_output_answers_502(value: Any) -> None:
    row = infer(bench(lambda d, n: [value], input=PAIR, output=SUM), {"inputs": [tensor("x", "FP32", [2], [1, 2])]})
    assert (row.status, row.code) == (502, "contract_type")


@pytest.mark.parametrize(
    "request_",
    [
        [],
        {},
        {"inputs": {}},
        {"inputs": [1]},
        {"inputs": [{"datatype": "FP32", "shape": [2], "data": [1, 2]}]},
        {"inputs": [{"name": "x", "datatype": "FP32", "data": [1, 2]}]},
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [2]}]},
        {"inputs": [tensor("x", "FP32", [2], [1, 2])] * 2},
        {"inputs": [tensor("x", "FP32", [2], [1, 2])], "parameters": 1},
        {"inputs": [tensor("x", "FP32", [2], [1, 2])], "outputs": [{}]},
        {"inputs": [tensor("x", "FP32", [2], [1, 2])], "id": 5},
        {"inputs": [tensor("x", "FP32", [2], binary_data_size=8)]},
        {"inputs": [tensor("x", "FP32", [2], binary_data_size=-8)]},
        {"inputs": [tensor("x", "FP32", [2], binary_data_size=True)]},
    ],
)
def test_f1_what_is_no_inference_request_answers_400(request_: Any) -> None:
    row = infer(sums(), request_)
    assert (row.status, row.code) == (400, "request_malformed")


@pytest.mark.parametrize(
    "input_",
    [
        tensor("x", "FP64", [2], [1, 2]),
        tensor("x", "FLOAT", [2], [1, 2]),
        tensor("x", "FP32", [3], [1, 2, 3]),
        tensor("x", "FP32", [2], [1, 2, 3]),
        tensor("x", "FP32", [2], [1]),
        tensor("x", "FP32", [0, 2], []),
        tensor("x", "FP32", [1, 1, 2], [1, 2]),
        tensor("x", "FP32", [-2], [1, 2]),
        {**tensor("x", "FP32", [2], [1, 2]), "shape": [2.0]},
        tensor("x", "FP32", [2], ["1", "2"]),
        tensor("x", "FP32", [2], [1, None]),
        tensor("x", "FP32", [1 << 50, 1 << 50], [1]),
        tensor("x", "FP32", [2, 2], [[1, 2, 3, 4]]),
        tensor("x", "FP32", [2, 2], [[1, 2], [3]]),
    ],
)
def test_f14_a_tensor_of_the_wrong_type_or_shape_answers_422(input_: Dict[str, Any]) -> None:
    row = infer(sums(), {"inputs": [input_]})
    assert (row.status, row.code) == (422, "request_unfit")


def test_f14_no_tensor_and_an_unknown_output_answer_422() -> None:
    assert infer(sums(), {"inputs": []}).status == 422
    request = {"inputs": [tensor("x", "FP32", [2], [1, 2])], "outputs": [{"name": "other"}]}
    assert infer(sums(), request).status == 422


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "99999999999999999999", "\u0661"])
def test_f1_a_header_length_that_is_none_answers_400(length: str) -> None:
    body = json.dumps({"inputs": [tensor("x", "FP32", [2], [1, 2])]}).encode()
    meta = f"r1\ninference-header-content-length: {length}".encode().decode("latin-1")
    row = sums().one(body, kind="v2", content_type="application/octet-stream", metas=[meta])
    assert (row.status, row.code) == (400, "request_malformed")


@pytest.mark.parametrize(("declared", "sent"), [(16, 8), (8, 16), (4, 4), (8, 9)])
def test_f14_binary_tensors_of_the_wrong_size_are_refused(declared: int, sent: int) -> None:
    row = infer(sums(), {"inputs": [tensor("x", "FP32", [2], binary_data_size=declared)]}, bytes(sent))
    assert row.status in (400, 422)


def test_a_single_bytes_element_is_the_item_itself() -> None:
    probe = bench(lambda data, n: [len(item) for item in data])
    picture = b"\x89PNG\r\n"
    infer(probe, {"inputs": [tensor("x", "BYTES", [1], binary_data_size=10)]}, join_bytes([picture]))
    assert probe.calls[0][0] == picture


@pytest.mark.parametrize("raw", [b"\x05\0\0\0abc", b"\x01\0", b"\xff\xff\xff\xffabc"])
def test_f14_a_bytes_tensor_whose_lengths_lie_answers_422(raw: bytes) -> None:
    probe = bench(lambda data, n: [0] * n)
    row = infer(probe, {"inputs": [tensor("x", "BYTES", [1], binary_data_size=len(raw))]}, raw)
    assert (row.status, row.code) == (422, "request_unfit")


@pytest.mark.parametrize("datatype", sorted(DATATYPES))
def test_every_datatype_survives_json_and_binary(datatype: str) -> None:
    rng = random.Random(datatype)
    kind = DATATYPES[datatype]
    for _ in range(50):
        if datatype == "BOOL":
            flat: List[Any] = [rng.random() < 0.5 for _ in range(6)]
        elif datatype.startswith("FP"):
            flat = unpack("FP16", pack("FP16", [rng.uniform(-100, 100) for _ in range(6)]))
        else:
            flat = [rng.randint(kind.low, kind.high) for _ in range(4)] + [kind.low, kind.high]
        probe = bench(
            lambda data, n: [bytes(item) for item in data], output={"name": "y", "datatype": datatype, "shape": [6]}
        )
        by_json = infer(probe, {"inputs": [tensor("x", datatype, [6], flat)]})
        assert by_json.json()["outputs"][0]["data"] == flat
        raw = pack(datatype, flat)
        infer(probe, {"inputs": [tensor("x", datatype, [6], binary_data_size=len(raw))]}, raw)
        assert probe.calls[0][0] == probe.calls[1][0] == raw


def test_numpy_rows_are_answered_with_their_own_datatype() -> None:
    numpy = pytest.importorskip("numpy")
    probe = bench(lambda data, n: numpy.ones((n, 3), numpy.float32), input=PAIR)
    row = infer(probe, {"inputs": [tensor("x", "FP32", [2, 2], [1, 2, 3, 4])]})
    assert row.json()["outputs"] == [{"name": "output", "datatype": "FP32", "shape": [2, 3], "data": [1.0] * 6}]


def test_random_damage_to_a_request_is_refused_or_answered_and_never_raises() -> None:
    rng = random.Random(9)
    good = json.dumps(
        {"inputs": [tensor("x", "FP32", [2, 2], [[1, 2], [3, 4]])], "outputs": [{"name": "sum"}]}
    ).encode()
    probe = sums()
    for _ in range(2000):
        bad = bytearray(good)
        for _ in range(rng.randint(1, 3)):
            bad[rng.randrange(len(bad))] = rng.choice(b'{}[]",:0123456789ex\\ ')
        row = probe.one(bytes(bad), kind="v2", content_type="application/json")
        assert row.status in (200, 400, 422), (bytes(bad), row)
