"""Every format of Keras, written by Keras itself; Keras 2 by tf-keras."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from common import BIAS, EXPECTED, ROWS, WEIGHTS, agree, choices, item, load, refused, truncate
from slipway.keras import KerasService


def linear(library=keras):
    model = library.Sequential([library.Input((4,)), library.layers.Dense(3, name="dense")])
    model.set_weights([WEIGHTS, BIAS])
    return model


def test_keras_file(tmp_path):
    linear().save(tmp_path / "model.keras")
    service = load(KerasService, tmp_path)
    assert service.form == ((4,), "float32")
    agree(service)


def test_hdf5_file(tmp_path):
    linear().save(tmp_path / "model.h5")
    agree(load(KerasService, tmp_path))


def test_architecture_as_json_with_its_weights(tmp_path):
    (tmp_path / "model.json").write_text(linear().to_json())
    linear().save_weights(tmp_path / "model.weights.h5")
    agree(load(KerasService, tmp_path))


def test_weights_alone_into_what_build_makes(tmp_path):
    linear().save_weights(tmp_path / "model.weights.h5")

    class Built(KerasService):
        def build(self):
            return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])

    agree(load(Built, tmp_path))


def test_hdf5_file_of_keras_2(tmp_path):
    linear(tf_keras).save(tmp_path / "model.h5")
    service = load(KerasService, tmp_path)
    assert type(service.model).__module__.startswith("tf_keras")
    agree(service)


def test_keras_file_of_keras_2(tmp_path):
    linear(tf_keras).save(tmp_path / "model.keras")
    agree(load(KerasService, tmp_path))


def test_json_and_weights_of_keras_2(tmp_path):
    (tmp_path / "model.json").write_text(linear(tf_keras).to_json())
    linear(tf_keras).save_weights(tmp_path / "model.h5")
    agree(load(KerasService, tmp_path))


def test_several_outputs_by_name(tmp_path):
    inputs = keras.Input((4,))
    outputs = {"scores": keras.layers.Dense(3, name="dense")(inputs), "same": keras.layers.Identity()(inputs)}
    model = keras.Model(inputs, outputs)
    model.get_layer("dense").set_weights([WEIGHTS, BIAS])
    model.save(tmp_path / "model.keras")
    first, second = load(KerasService, tmp_path).execute([item(row) for row in ROWS[:2]], 2)
    np.testing.assert_allclose(first["scores"], EXPECTED[0], atol=1e-5)
    np.testing.assert_allclose(second["same"], ROWS[1], atol=1e-6)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_truncated_files(name, tmp_path):
    linear().save(tmp_path / name)
    truncate(tmp_path / name)
    refused(KerasService, tmp_path, [name, "expected to be", "cut off"], "Copy or save")


def test_json_without_its_weights(tmp_path):
    (tmp_path / "model.json").write_text(linear().to_json())
    refused(KerasService, tmp_path, ["one .h5 file of weights", "model.json"], "Save the model")


def edit(path, member, change):
    """Rewrites one JSON file of a .keras archive."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    value = json.loads(content[member])
    change(value)
    content[member] = json.dumps(value).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def later(path, kind="Dense"):
    edit(path, "metadata.json", lambda value: value.update(keras_version="9.1.0"))
    edit(path, "config.json", lambda value: value["config"]["layers"][1].update(class_name=kind))


def test_file_of_a_later_release_that_cannot_be_read(tmp_path):
    linear().save(tmp_path / "model.keras")
    later(tmp_path / "model.keras", "DenseOfTomorrow")
    refused(KerasService, tmp_path, ["written by keras 9.1.0", f"Keras {keras.__version__}"], "keras>=9.1.0")


def test_file_of_a_later_release_that_can_be_read_is_used_and_told(tmp_path, capsys):
    linear().save(tmp_path / "model.keras")
    later(tmp_path / "model.keras")
    agree(load(KerasService, tmp_path))
    assert "written by keras 9.1.0" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_lambda_layer_which_runs_code_is_refused(name, tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda rows: rows * 2)])
    model.save(tmp_path / name)
    refused(KerasService, tmp_path, [name, "refused", "Lambda"], "register_keras_serializable")


def test_wrong_shape_is_answered_alone(tmp_path):
    linear().save(tmp_path / "model.keras")
    right, wrong = load(KerasService, tmp_path).execute([item(ROWS[0]), item([1.0, 2.0])], 2)
    np.testing.assert_allclose(right, EXPECTED[0], atol=1e-5)
    assert wrong.code == "request_unfit" and "[4], found [2]" in wrong.message


def test_device(monkeypatch, tmp_path):
    linear().save(tmp_path / "model.keras")

    def gpu_is_there(there):
        gpu = [tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")] if there else []
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: gpu if kind == "GPU" else [])

    choices(monkeypatch, tmp_path, KerasService, gpu_is_there)
