"""Caffe models through OpenCV's reader; written with the sample model of the template."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from common import item, load, refused, truncate
from slipway.caffe import CaffeService

MODEL = Path(os.environ["SLIPWAY_TEMPLATES"]) / "caffe" / "model"
IMAGES = np.random.default_rng(7).random((6, 784), dtype="float32")


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(MODEL, tmp_path / "model")
    return tmp_path / "model"


def direct(images):
    net = cv2.dnn.readNetFromCaffe(str(MODEL / "digits.prototxt"), str(MODEL / "digits.caffemodel"))
    net.setInput(images)
    return net.forward()


def test_prototxt_with_caffemodel(folder):
    service = load(CaffeService, folder)
    for count in (6, 1, 3):
        found = np.array(service.execute([item(row) for row in IMAGES[:count]], count))
        np.testing.assert_allclose(found, direct(IMAGES[:count]), atol=1e-5)


@pytest.mark.parametrize(
    "head",
    [
        "input: 'data'\ninput_shape { dim: 1 dim: 784 }",
        "input: 'data'\ninput_dim: 1\ninput_dim: 784\ninput_dim: 1\ninput_dim: 1",
    ],
)
def test_older_ways_to_say_the_shape(head, folder):
    path = folder / "digits.prototxt"
    layers = path.read_text().partition('layer {\n  name: "dense"')
    path.write_text(f"name: 'digits'\n{head}\n{layers[1]}{layers[2]}")
    service = load(CaffeService, folder)
    assert service.form.shape[0] == 784
    found = np.array(service.execute([item(row) for row in IMAGES], 6))
    np.testing.assert_allclose(found, direct(IMAGES), atol=1e-5)


def test_files_are_named_where_there_are_several(folder):
    shutil.copy(folder / "digits.caffemodel", folder / "other.caffemodel")
    refused(CaffeService, folder, ["digits.caffemodel, other.caffemodel"], '"model_weight_file"')
    load(CaffeService, folder, model_weight_file="other.caffemodel")


@pytest.mark.parametrize("missing", ["digits.prototxt", "digits.caffemodel"])
def test_one_of_the_two_files_is_missing(missing, folder):
    (folder / missing).unlink()
    refused(CaffeService, folder, [".prototxt) with its weights (.caffemodel)"], "Save the model")


def test_truncated_weights(folder):
    truncate(folder / "digits.caffemodel")
    refused(CaffeService, folder, ["digits.caffemodel", "Caffe weights", "cut off"], "Copy or save")


def test_architecture_with_a_layer_that_does_not_exist(folder):
    path = folder / "digits.prototxt"
    path.write_text(path.read_text().replace("Softmax", "LayerOfTomorrow"))
    refused(CaffeService, folder, ["LayerOfTomorrow"], "")


def test_caffe_itself_is_asked_for_where_it_is_not(folder):
    refused(CaffeService, folder, ['"reader" is "caffe"', "not installed"], "python3-caffe", reader="caffe")


def test_a_gpu_that_the_reader_cannot_use_is_refused(folder):
    assert load(CaffeService, folder).device == "cpu"
    refused(CaffeService, folder, ['"device" is "gpu"'], '"cpu"', device="gpu")
