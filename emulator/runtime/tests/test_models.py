"""Model files are known by their content; what is cut off, newer or would run code is told, and never loaded."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from slipway.models.recognise import recognise, recognise_all

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

SAMPLES = {
    "caffe/model/digits.caffemodel": "caffemodel",
    "caffe/model/digits.prototxt": "prototxt",
    "keras/model/digits.keras": "keras",
    "mxnet/model/digits-0012.params": "mxnet-params",
    "mxnet/model/digits-symbol.json": "mxnet-symbol",
    "onnx/model/digits.onnx": "onnx",
    "python/model/weights.npz": "numpy",
    "pytorch/model/digits.pt": "torch",
    "sklearn/model/digits.skops": "skops",
    "tensorflow/checkpoint_dir/mnist.mod.index": "tf-checkpoint",
    "xgboost/model/digits.ubj": "xgboost-ubj",
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_knows_the_sample_models_by_their_content_alone(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copy(TEMPLATES / name, copy)
    found = recognise(str(copy))
    assert (found.format, found.problem, found.runs_code) == (SAMPLES[name], None, None)


@pytest.mark.parametrize(
    "name", ["keras/model/digits.keras", "onnx/model/digits.onnx", "caffe/model/digits.caffemodel"]
)
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_says_that_a_file_is_cut_off(name: str, share: float, tmp_path: Path) -> None:
    whole = (TEMPLATES / name).read_bytes()
    cut = tmp_path / os.path.basename(name)
    cut.write_bytes(whole[: int(len(whole) * share)])
    found = recognise(str(cut))
    assert found.format == SAMPLES[name]
    assert found.problem is not None and "cut off" in found.problem


def test_says_that_json_models_are_cut_off(tmp_path: Path) -> None:
    whole = (TEMPLATES / "mxnet/model/digits-symbol.json").read_bytes()
    (tmp_path / "digits-symbol.json").write_bytes(whole[:300])
    found = recognise(str(tmp_path / "digits-symbol.json"))
    assert found.format == "mxnet-symbol" and found.problem is not None


def test_says_that_a_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "digits.onnx").write_bytes(b"")
    assert recognise(str(tmp_path / "digits.onnx")).problem == "it is empty"


def test_reads_the_versions_that_are_stamped_into_files() -> None:
    assert recognise(str(TEMPLATES / "keras/model/digits.keras")).versions == {"keras": "3.15.1"}
    assert recognise(str(TEMPLATES / "mxnet/model/digits-symbol.json")).versions == {"mxnet": "1.9.1"}
    assert recognise(str(TEMPLATES / "sklearn/model/digits.skops")).versions == {"skops": "0.16.0"}
    assert recognise(str(TEMPLATES / "xgboost/model/digits.ubj")).versions == {"xgboost": "3.2.0"}
    onnx = recognise(str(TEMPLATES / "onnx/model/digits.onnx")).versions
    assert (onnx["onnx ir"], onnx["onnx opset"]) == ("10", "17")


class Trap:
    def __reduce__(self) -> Any:
        return os.system, ("touch trapped",)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.bin"])
def test_names_what_a_pickle_would_call_and_does_not_call_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    found = recognise(str(tmp_path / name))
    assert found.format == "pickle"
    assert found.runs_code is not None and "system" in found.runs_code
    assert not (tmp_path / "trapped").exists()


def test_a_name_that_is_pushed_again_by_its_number_is_the_one_that_counts(tmp_path: Path) -> None:
    # "os" and "system" are kept, "torch" and "FloatStorage" pushed after them, and then the first two again.
    push = [b"\x8c" + bytes([len(text)]) + text + b"\x94" for text in (b"os", b"system", b"torch", b"FloatStorage")]
    (tmp_path / "model.pt").write_bytes(b"\x80\x04" + b"".join(push) + b"h\x00h\x01\x93.")
    found = recognise(str(tmp_path / "model.pt"))
    assert found.runs_code is not None and "os.system" in found.runs_code


def test_all_pickles_of_a_pytorch_file_of_old_are_looked_through(tmp_path: Path) -> None:
    parts = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, Trap(), []]
    (tmp_path / "model.pt").write_bytes(b"".join(pickle.dumps(part, 2) for part in parts) + bytes(40))
    found = recognise(str(tmp_path / "model.pt"))
    assert found.format == "torch" and found.runs_code is not None and "system" in found.runs_code


def _safetensors(header: Any, size: int) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(size)


def test_reads_how_long_a_safetensors_file_should_be(tmp_path: Path) -> None:
    header = {"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}, "__metadata__": {"format": "pt"}}
    whole = _safetensors(header, 12)
    path = tmp_path / "model.safetensors"
    for content, problem in [(whole, None), (whole[:-1], "bytes are there"), (whole[:20], "header is not whole")]:
        path.write_bytes(content)
        found = recognise(str(path))
        assert found.format == "safetensors"
        assert (found.problem is None) if problem is None else problem in str(found.problem)
    path.write_bytes(_safetensors({"w": 1}, 12))
    assert "damaged" in str(recognise(str(path)).problem)


def _torch_file(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", content)
        archive.writestr("model/version", "3\n")


def test_a_pytorch_file_with_more_than_tensors_runs_code(tmp_path: Path) -> None:
    _torch_file(tmp_path / "model.pt", pickle.dumps(Trap()))
    found = recognise(str(tmp_path / "model.pt"))
    assert found.format == "torch" and found.runs_code is not None and "system" in found.runs_code


def test_a_keras_file_with_a_lambda_runs_code(tmp_path: Path) -> None:
    config = {"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {}}]}}
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"")
    found = recognise(str(tmp_path / "model.keras"))
    assert found.runs_code is not None and "Lambda" in found.runs_code


def test_reads_a_saved_model_without_tensorflow(tmp_path: Path) -> None:
    info = _field(4, b"serve") + _field(5, b"2.21.0")
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01" + _field(2, _field(1, info)))
    found = recognise(str(tmp_path))
    assert (found.format, found.versions) == ("saved-model", {"tensorflow": "2.21.0", "tags": "serve"})


def test_reads_how_long_an_hdf5_file_should_be(tmp_path: Path) -> None:
    head = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + bytes(24) + struct.pack("<Q", 5000)
    (tmp_path / "model.h5").write_bytes(head + bytes(2000))
    found = recognise(str(tmp_path / "model.h5"))
    assert found.format == "hdf5" and found.problem is not None and "of 5000 bytes" in found.problem


def test_lists_the_models_of_a_folder_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    shutil.copy(TEMPLATES / "onnx/model/digits.onnx", tmp_path / "below" / "a.onnx")
    (tmp_path / "README.md").write_text("# A model\n")
    (tmp_path / "labels.json").write_text('["zero", "one"]')
    assert [each.path for each in recognise_all(str(tmp_path))] == ["below/a.onnx"]


@pytest.mark.parametrize(
    "content",
    [b"\x80", b"PK\x03\x04", b"{", b"{L", b"\x08", b"\xff" * 64, b"\x89HDF\r\n\x1a\n", b"\n\xff\xff\xff\xff\x0f"],
)
def test_stays_calm_whatever_a_file_holds(content: bytes, tmp_path: Path) -> None:
    for name in ("model.onnx", "model.pt", "model.h5", "model.json", "model.pb", "model.pkl", "model"):
        (tmp_path / name).write_bytes(content)
        recognise(str(tmp_path / name)).to_json()


def _field(number: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
