"""ONNX models as converters write them, and what ONNX Runtime is told."""

import numpy as np
import onnxruntime
import pytest
from common import BIAS, EXPECTED, ROWS, WEIGHTS, agree, choices, item, load, refused, truncate
from onnx import TensorProto, helper, numpy_helper, save
from slipway.onnx import OnnxService


def linear(path, rows=None, kind=TensorProto.FLOAT, ir=10, opset=17, operator="Gemm"):
    # There is no product of whole numbers.
    whole = kind == TensorProto.INT32
    scores = ["MatMul", ["rows", "weights"]] if whole else [operator, ["rows", "weights", "bias"]]
    nodes = [helper.make_node(*scores, ["scores"]), helper.make_node("Identity", ["rows"], ["same"])]
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("rows", kind, [rows, 4])],
        [
            helper.make_tensor_value_info("scores", kind, [rows, 3]),
            helper.make_tensor_value_info("same", kind, [rows, 4]),
        ],
        [
            numpy_helper.from_array(WEIGHTS.astype(dtype), "weights"),
            numpy_helper.from_array(BIAS.astype(dtype), "bias"),
        ],
    )
    model = helper.make_model(graph, producer_name="tests", opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = ir
    save(model, path)


def test_model_of_any_number_of_rows(tmp_path):
    linear(tmp_path / "model.onnx")
    service = load(OnnxService, tmp_path, outputs="scores")
    assert service.form == ((4,), "float32")
    agree(service)


def test_model_that_was_exported_for_a_number_of_rows(tmp_path):
    linear(tmp_path / "model.onnx", rows=2)
    agree(load(OnnxService, tmp_path, outputs=["scores"]))


def test_several_outputs_by_name(tmp_path):
    linear(tmp_path / "model.onnx")
    first, second = load(OnnxService, tmp_path).execute([item(row) for row in ROWS[:2]], 2)
    np.testing.assert_allclose(first["scores"], EXPECTED[0], atol=1e-5)
    np.testing.assert_allclose(second["same"], ROWS[1], atol=1e-6)


def test_integers_are_not_made_of_fractions(tmp_path):
    linear(tmp_path / "model.onnx", kind=TensorProto.INT32)
    right, wrong = load(OnnxService, tmp_path, outputs="same").execute([item([1, 2, 3, 4]), item(ROWS[0])], 2)
    assert list(right) == [1, 2, 3, 4]
    assert wrong.code == "request_unfit" and "takes int32, found float64" in wrong.message


def test_truncated_file(tmp_path):
    linear(tmp_path / "model.onnx")
    truncate(tmp_path / "model.onnx")
    refused(OnnxService, tmp_path, ["model.onnx", "an ONNX model", "cut off"], "Copy or save")


@pytest.mark.parametrize("newer", [{"ir": 99}, {"opset": 99}])
def test_model_of_a_later_release_that_cannot_be_read(newer, tmp_path):
    linear(tmp_path / "model.onnx", **newer)
    version = onnxruntime.__version__
    refused(OnnxService, tmp_path, ["model.onnx is an ONNX model", f"ONNX Runtime {version}", "99"], "version")


def test_operator_that_does_not_exist(tmp_path):
    linear(tmp_path / "model.onnx", operator="OperatorOfTomorrow")
    refused(OnnxService, tmp_path, ["model.onnx", "OperatorOfTomorrow"], "Save the model again")


def test_unknown_output_is_refused_with_those_that_there_are(tmp_path):
    linear(tmp_path / "model.onnx")
    refused(OnnxService, tmp_path, ['"nothing"', "scores", "same"], '"outputs"', outputs="nothing")


def test_device(monkeypatch, tmp_path):
    linear(tmp_path / "model.onnx")

    def gpu_is_there(there):
        providers = (["CUDAExecutionProvider"] if there else []) + ["CPUExecutionProvider"]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)

    choices(monkeypatch, tmp_path, OnnxService, gpu_is_there)
