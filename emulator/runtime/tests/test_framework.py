"""What the SDK classes share: hooks, stacking, conversions, and errors that name the file and the fix."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any, Dict, List, Type

import numpy
import pytest

from slipway.caffe import CaffeService
from slipway.framework import FrameworkService
from slipway.item import Item
from slipway.keras import KerasService
from slipway.model_error import CLASSES, ModelError, is_newer
from slipway.models.artifact import Artifact
from slipway.mxnet import MXNetService
from slipway.onnx import OnnxService
from slipway.pytorch import PyTorchService
from slipway.reason import Reason
from slipway.sklearn import SklearnService
from slipway.stacking import Form, Unfit, fit, rows_of
from slipway.tensorflow import TensorFlowService
from slipway.xgboost import XGBoostService

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


class Doubling(FrameworkService):
    framework = "onnx"
    formats = ("onnx",)
    expected = "an ONNX model (.onnx)"
    batches: List[int]

    def open_model(self, path: str, artifact: Artifact) -> Any:
        self.batches = []
        self.form = Form((2,), "float32")
        return path

    def predict(self, batch: Any) -> Any:
        self.batches.append(len(batch))
        return batch * 2


def _loaded(folder: Path, **config: Any) -> Doubling:
    service = Doubling()
    service.model_dir = str(folder)
    service.conf = config
    service.load_model()
    return service


@pytest.fixture
def onnx_folder(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES / "onnx" / "model", tmp_path / "model")
    return tmp_path / "model"


def _json(text: bytes) -> Item:
    return Item(text, content_type="application/json")


def test_runs_once_on_zeros_before_it_is_ready(onnx_folder: Path) -> None:
    assert _loaded(onnx_folder).batches == [1]


def test_stacks_a_batch_and_answers_in_its_order(onnx_folder: Path) -> None:
    service = _loaded(onnx_folder)
    answers = service.execute([_json(b"[1,2]"), _json(b"[3,4]")], 2)
    assert [list(answer) for answer in answers] == [[2, 4], [6, 8]]
    assert service.batches == [1, 2]


def test_a_request_of_the_wrong_shape_is_answered_alone(onnx_folder: Path) -> None:
    service = _loaded(onnx_folder)
    good, bad, other = service.execute([_json(b"[1,2]"), _json(b"[1,2,3]"), _json(b"[5,6]")], 3)
    assert (list(good), list(other)) == ([2, 4], [10, 12])
    assert isinstance(bad, Reason) and bad.code == "request_unfit" and "[2], found [3]" in bad.message


def test_a_wrong_dtype_is_refused_where_values_would_be_lost() -> None:
    assert fit(numpy.arange(3, dtype="uint8"), Form((3,), "float32")).dtype == numpy.float32
    with pytest.raises(Unfit, match="takes int64, found float64"):
        fit(numpy.array([1.5]), Form(None, "int64"))
    with pytest.raises(Unfit, match="convert it in preprocess"):
        fit(numpy.array(["a"]), Form(None, "float32"))


def test_a_row_takes_the_shape_of_the_model_when_it_has_as_many_elements() -> None:
    assert fit(numpy.arange(784), Form((28, 28, 1), None)).shape == (28, 28, 1)
    assert fit(numpy.arange(6).reshape(2, 3), Form((-1, 3), None)).shape == (2, 3)
    with pytest.raises(Unfit):
        fit(numpy.arange(6), Form((-1, -1), None))


def test_rows_of_several_outputs_stay_together() -> None:
    assert rows_of({"a": [1, 2], "b": [3, 4]}, 2) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]
    assert rows_of(([1, 2], [3, 4]), 2) == [(1, 3), (2, 4)]
    with pytest.raises(ValueError, match="3 rows for a batch of 2"):
        rows_of([1, 2, 3], 2)


def test_a_missing_folder_and_an_empty_one_say_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist; expected an ONNX model"):
        _loaded(tmp_path / "nowhere")
    with pytest.raises(ModelError, match="found no model file"):
        _loaded(tmp_path)


def test_the_file_of_another_framework_names_the_class_for_it(tmp_path: Path) -> None:
    shutil.copy(TEMPLATES / "xgboost/model/digits.ubj", tmp_path)
    with pytest.raises(ModelError, match=r"expected an ONNX model.*XGBoost model") as caught:
        _loaded(tmp_path)
    assert "slipway.xgboost.XGBoostService" in str(caught.value.reason.hint)


KINDS: Dict[str, Type[FrameworkService]] = {
    "caffe": CaffeService,
    "keras": KerasService,
    "mxnet": MXNetService,
    "onnx": OnnxService,
    "pytorch": PyTorchService,
    "sklearn": SklearnService,
    "tensorflow": TensorFlowService,
    "xgboost": XGBoostService,
}
OTHERS = [(own, other) for own in KINDS for other in KINDS if own != other and (own, other) != ("sklearn", "onnx")]


@pytest.mark.parametrize("own,other", OTHERS)
def test_every_class_refuses_the_model_of_every_other_and_names_its_class(own: str, other: str) -> None:
    # Before the library is imported, which need not be there.
    service = KINDS[own].__new__(KINDS[own])
    service.model_dir = str(TEMPLATES / other / ("checkpoint_dir" if other == "tensorflow" else "model"))
    service.conf = {}
    with pytest.raises(ModelError) as caught:
        service.find_model()
    assert service.expected in caught.value.reason.message
    assert CLASSES[other] in str(caught.value.reason.hint)


def test_a_pickle_is_refused_with_the_safe_way(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({"weights": [1.0]}))
    with pytest.raises(ModelError) as caught:
        _loaded(tmp_path)
    assert "A pickle runs code" in str(caught.value.reason.hint)


def test_a_truncated_file_is_told_before_the_library_sees_it(onnx_folder: Path) -> None:
    whole = (onnx_folder / "digits.onnx").read_bytes()
    (onnx_folder / "digits.onnx").write_bytes(whole[:1000])
    with pytest.raises(ModelError, match=r"digits\.onnx was expected to be an ONNX model, but it is cut off"):
        _loaded(onnx_folder)


def test_two_models_ask_for_a_choice_which_config_makes(onnx_folder: Path) -> None:
    shutil.copy(onnx_folder / "digits.onnx", onnx_folder / "other.onnx")
    with pytest.raises(ModelError, match=r"digits\.onnx, other\.onnx"):
        _loaded(onnx_folder)
    assert str(_loaded(onnx_folder, model_file="other.onnx").model).endswith("other.onnx")


def test_a_gpu_that_is_not_there_is_told(onnx_folder: Path) -> None:
    assert _loaded(onnx_folder).device == "cpu"
    with pytest.raises(ModelError, match='"device" is "gpu"'):
        _loaded(onnx_folder, device="gpu")


def test_versions_compare_by_their_minor_release() -> None:
    assert is_newer("3.16.0", "3.15.1") and is_newer("4.0", "3.15.1")
    assert not is_newer("3.15.9", "3.15.1")
