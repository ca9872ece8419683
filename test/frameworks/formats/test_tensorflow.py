"""Every format of TensorFlow, written by TensorFlow itself."""

import numpy as np
import pytest
import tensorflow as tf
from common import BIAS, EXPECTED, ROWS, WEIGHTS, agree, choices, item, load, refused, replace_bytes, truncate
from slipway.tensorflow import TensorFlowService

v1 = tf.compat.v1


class Linear(tf.Module):
    def __init__(self):
        super().__init__()
        self.weights = tf.Variable(WEIGHTS)
        self.bias = tf.Variable(BIAS)

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="rows")])
    def __call__(self, rows):
        return {"scores": rows @ self.weights + self.bias}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="rows")])
    def doubled(self, rows):
        return {"scores": (rows @ self.weights + self.bias) * 2.0}


@pytest.fixture
def saved(tmp_path):
    model = Linear()
    signatures = {"serving_default": model.__call__, "doubled": model.doubled}
    tf.saved_model.save(model, str(tmp_path / "model"), signatures=signatures)
    return tmp_path / "model"


def graph():
    """Inputs, outputs and variables of TensorFlow 1, in a graph of their own."""
    made = tf.Graph()
    with made.as_default():
        rows = v1.placeholder(tf.float32, [None, 4], name="rows")
        weights = v1.get_variable("weights", initializer=WEIGHTS, use_resource=False)
        bias = v1.get_variable("bias", initializer=BIAS, use_resource=False)
        v1.add(v1.matmul(rows, weights), bias, name="scores")
    return made


@pytest.fixture
def checkpoint(tmp_path):
    with v1.Session(graph=graph()) as session:
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(tmp_path / "mnist.mod"))
    return tmp_path


@pytest.fixture
def frozen(tmp_path):
    with v1.Session(graph=graph()) as session:
        session.run(v1.global_variables_initializer())
        definition = v1.graph_util.convert_variables_to_constants(session, session.graph_def, ["scores"])
    (tmp_path / "frozen.pb").write_bytes(definition.SerializeToString())
    return tmp_path


def test_saved_model(saved):
    service = load(TensorFlowService, saved)
    assert service.form.shape == (4,)
    agree(service)


def test_saved_model_by_another_signature(saved):
    agree(load(TensorFlowService, saved, signature="doubled"), expected=EXPECTED * 2)


def test_saved_model_without_a_signature_is_called_itself(tmp_path):
    tf.saved_model.save(Linear(), str(tmp_path / "model"), signatures={})
    agree(load(TensorFlowService, tmp_path / "model"))


def test_checkpoint_of_tensorflow_1_with_its_graph(checkpoint):
    agree(load(TensorFlowService, checkpoint))


def test_checkpoint_of_variables_into_what_build_makes(tmp_path):
    tf.train.Checkpoint(Linear()).write(str(tmp_path / "linear"))

    class Built(TensorFlowService):
        def build(self):
            empty = Linear()
            empty.weights.assign(np.zeros_like(WEIGHTS))
            return empty

    agree(load(Built, tmp_path))
    refused(TensorFlowService, tmp_path, ["holds variables only"], "Define build(self)")


def test_frozen_graph(frozen):
    agree(load(TensorFlowService, frozen))
    agree(load(TensorFlowService, frozen, inputs="rows", outputs=["scores:0"]))


def test_graph_whose_outputs_are_several_asks_which_is_meant(tmp_path):
    with tf.Graph().as_default() as made:
        rows = v1.placeholder(tf.float32, [None, 4], name="rows")
        tf.identity(rows, name="one")
        tf.identity(rows, name="other")
    (tmp_path / "two.pb").write_bytes(made.as_graph_def().SerializeToString())
    refused(TensorFlowService, tmp_path, ["'one'", "'other'"], '"outputs"')
    agree(load(TensorFlowService, tmp_path, outputs="other"), expected=ROWS)


def test_unknown_signature_is_refused_with_those_that_there_are(tmp_path):
    class Uncallable(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
        def only(self, rows):
            return {"scores": rows}

    model = Uncallable()
    tf.saved_model.save(model, str(tmp_path / "model"), signatures={"only": model.only})
    refused(TensorFlowService, tmp_path / "model", ['"serving_default"', "only"], '"signature"')


def test_truncated_saved_model(saved):
    truncate(saved / "saved_model.pb")
    refused(TensorFlowService, saved, ["saved_model.pb", "a TensorFlow SavedModel", "cut off"], "Copy or save")


def test_truncated_frozen_graph(frozen):
    truncate(frozen / "frozen.pb")
    refused(TensorFlowService, frozen, ["frozen.pb", "a TensorFlow graph", "cut off"], "Copy or save")


def test_truncated_variables_of_a_saved_model(saved):
    truncate(saved / "variables" / "variables.data-00000-of-00001")
    refused(TensorFlowService, saved, ["saved_model.pb", "TensorFlow"], "Save the model again")


def test_truncated_variables_of_a_checkpoint(checkpoint):
    truncate(checkpoint / "mnist.mod.data-00000-of-00001")
    refused(TensorFlowService, checkpoint, ["mnist.mod", "TensorFlow"], "Save the model again")


def test_missing_variables(checkpoint):
    for part in checkpoint.glob("mnist.mod.data-*"):
        part.unlink()
    refused(TensorFlowService, checkpoint, ["mnist.mod", "TensorFlow"], "Save the model again")


def test_saved_model_of_a_later_release_that_cannot_be_read(saved):
    replace_bytes(saved / "saved_model.pb", tf.__version__.encode(), b"9" + tf.__version__.encode()[1:])
    replace_bytes(saved / "saved_model.pb", b"MatMul", b"MatNew")
    later = "9" + tf.__version__[1:]
    refused(TensorFlowService, saved, [f"written by tensorflow {later}", tf.__version__], f"tensorflow>={later}")


def test_saved_model_of_a_later_release_that_can_be_read_is_used_and_told(saved, capsys):
    replace_bytes(saved / "saved_model.pb", tf.__version__.encode(), b"9" + tf.__version__.encode()[1:])
    agree(load(TensorFlowService, saved))
    assert f"written by tensorflow 9{tf.__version__[1:]}" in capsys.readouterr().out


def test_a_request_of_another_type_or_shape_is_answered_alone(saved):
    service = load(TensorFlowService, saved)
    right, words, short = service.execute([item(ROWS[0]), item(["a", "b", "c", "d"]), item([1.0])], 3)
    np.testing.assert_allclose(right, EXPECTED[0], atol=1e-5)
    assert words.code == short.code == "request_unfit"
    assert "takes float32" in words.message and "[4]" in short.message


def test_device(monkeypatch, saved):
    def gpu_is_there(there):
        gpu = [tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")] if there else []
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: gpu if kind == "GPU" else [])

    choices(monkeypatch, saved, TensorFlowService, gpu_is_there)
