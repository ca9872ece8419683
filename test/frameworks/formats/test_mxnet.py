"""Every format of MXNet, written by MXNet itself."""

import json

import mxnet as mx
import pytest
from common import BIAS, EXPECTED, ROWS, WEIGHTS, agree, choices, item, load, refused, truncate
from slipway.mxnet import MXNetService

INPUT = {"input_shape": [4]}


def parameters():
    return {"dense_weight": mx.nd.array(WEIGHTS.T), "dense_bias": mx.nd.array(BIAS)}


def symbol():
    return mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="dense")


def block():
    made = mx.gluon.nn.HybridSequential()
    made.add(mx.gluon.nn.Dense(3, in_units=4))
    made.initialize()
    made[0].weight.set_data(mx.nd.array(WEIGHTS.T))
    made[0].bias.set_data(mx.nd.array(BIAS))
    return made


@pytest.fixture
def saved(tmp_path):
    mx.model.save_checkpoint(str(tmp_path / "linear"), 3, symbol(), parameters(), {})
    doubled = {name: value * 2 for name, value in parameters().items()}
    mx.model.save_checkpoint(str(tmp_path / "linear"), 12, symbol(), doubled, {})
    return tmp_path


def test_symbol_with_the_parameters_of_the_last_epoch(saved):
    agree(load(MXNetService, saved, **INPUT), expected=EXPECTED * 2)


def test_symbol_with_the_parameters_of_an_epoch(saved):
    agree(load(MXNetService, saved, num_epoch=3, model_prefix="linear", **INPUT))


def test_module_that_was_trained_with_a_label(tmp_path):
    made = mx.mod.Module(mx.sym.SoftmaxOutput(symbol(), name="softmax"), context=mx.cpu())
    made.bind(data_shapes=[("data", (2, 4))], label_shapes=[("softmax_label", (2,))])
    made.set_params(parameters(), {})
    made.save_checkpoint(str(tmp_path / "linear"), 1)
    expected = mx.nd.softmax(mx.nd.array(EXPECTED)).asnumpy()
    agree(load(MXNetService, tmp_path, **INPUT), expected=expected)


def test_gluon_block_as_it_exports(tmp_path):
    made = block()
    made.hybridize()
    made(mx.nd.array(ROWS))
    made.export(str(tmp_path / "linear"))
    agree(load(MXNetService, tmp_path, **INPUT))


def test_parameters_of_a_gluon_block_into_what_build_makes(tmp_path):
    block().save_parameters(str(tmp_path / "linear.params"))

    class Built(MXNetService):
        def build(self):
            made = mx.gluon.nn.HybridSequential()
            made.add(mx.gluon.nn.Dense(3, in_units=4))
            return made

    agree(load(Built, tmp_path))
    refused(MXNetService, tmp_path, ["linear.params holds parameters only"], "block.export")


def test_batches_of_many_sizes_on_one_model(saved):
    service = load(MXNetService, saved, num_epoch=3, **INPUT)
    for count in (1, 5, 2, 4, 3, 5):
        agree(service, ROWS[:count], EXPECTED[:count])


def test_missing_shape_is_asked_for(saved):
    refused(MXNetService, saved, ["does not say what shape"], '"input"')


def test_missing_epoch_names_those_that_there_are(saved):
    refused(MXNetService, saved, ["linear-0007.params", "linear-0003.params"], '"num_epoch"', num_epoch=7, **INPUT)


def test_truncated_parameters(saved):
    truncate(saved / "linear-0012.params")
    refused(MXNetService, saved, ["linear-0012.params", "MXNet parameters"], "", **INPUT)


def test_truncated_symbol(saved):
    truncate(saved / "linear-symbol.json")
    refused(MXNetService, saved, ["linear-symbol.json", "an MXNet symbol", "cut off"], "Copy or save", **INPUT)


def test_symbol_of_a_later_release_that_cannot_be_read(saved):
    path = saved / "linear-symbol.json"
    value = json.loads(path.read_text())
    value["attrs"]["mxnet_version"] = ["int", 20100]
    value["nodes"][-1]["op"] = "OperatorOfTomorrow"
    path.write_text(json.dumps(value))
    refused(MXNetService, saved, ["written by mxnet 2.1.0", f"MXNet {mx.__version__}"], "mxnet>=2.1.0", **INPUT)


def test_wrong_shape_is_answered_alone(saved):
    service = load(MXNetService, saved, num_epoch=3, **INPUT)
    right, wrong = service.execute([item(ROWS[0]), item([1.0, 2.0])], 2)
    assert abs(right - EXPECTED[0]).max() < 1e-5
    assert wrong.code == "request_unfit" and "[4], found [2]" in wrong.message


def test_device(monkeypatch, tmp_path):
    mx.model.save_checkpoint(str(tmp_path / "linear"), 0, symbol(), parameters(), {})

    class Shaped(MXNetService):
        def setting(self, name, default=None):
            return [4] if name == "input_shape" else super().setting(name, default)

    choices(
        monkeypatch,
        tmp_path,
        Shaped,
        lambda there: monkeypatch.setattr(mx.context, "num_gpus", lambda: 1 if there else 0),
    )
