"""What the tests of all formats share: a service of a class loaded from a folder and asked, as a worker does it."""

import json

import numpy as np
import pytest
from slipway.item import Item
from slipway.model_error import ModelError

ROWS = np.random.default_rng(2017).random((5, 4), dtype="float32")
WEIGHTS = np.random.default_rng(1).random((4, 3), dtype="float32")
BIAS = np.array([0.5, -1.0, 2.0], "float32")
EXPECTED = ROWS @ WEIGHTS + BIAS


def load(kind, folder, **config):
    """A service of the class `kind` with the model in `folder`; `config` is that of slipway.json."""
    service = kind()
    service.model_dir = str(folder)
    service.conf = config
    service.load_model()
    return service


def item(value):
    """A request with a JSON body."""
    return Item(json.dumps(np.asarray(value).tolist()).encode(), content_type="application/json")


def answers(service, rows=ROWS):
    """What a batch of these rows is answered."""
    return np.array(service.execute([item(row) for row in rows], len(rows)))


def agree(service, rows=ROWS, expected=EXPECTED):
    """The service answers a batch, and each row of it alone, as the library does when it is called directly."""
    np.testing.assert_allclose(answers(service, rows), expected, atol=1e-5)
    np.testing.assert_allclose(answers(service, rows[:1]), expected[:1], atol=1e-5)


def refused(kind, folder, message, hint, **config):
    """The model is refused; the parts of the text must be there, in this order. Returns the whole text."""
    with pytest.raises(ModelError) as caught:
        load(kind, folder, **config)
    reason = caught.value.reason
    for part in message:
        assert part in reason.message, reason.message
    assert hint in reason.hint, reason.hint
    return reason.message


def truncate(path, share=0.6):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])


def replace_bytes(path, old, new):
    """Edits a file in place; both have one length, so that no offset in it changes."""
    content = path.read_bytes()
    assert len(old) == len(new) and old in content
    path.write_bytes(content.replace(old, new))


class Trap:
    """Unpickling one makes a file."""

    def __init__(self, mark):
        self._mark = str(mark)

    def __reduce__(self):
        return open, (self._mark, "w")


def choices(monkeypatch, folder, kind, gpu_is_there):
    """What a class chooses: without a GPU, with one, with one that the replica may not use, and when it insists.

    `gpu_is_there(bool)` makes the library's own list of devices say so.
    """
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpu_is_there(False)
    assert load(kind, folder).device == "cpu"
    message = refused(kind, folder, ['"device" is "gpu"', kind.framework], "resources.gpu", device="gpu")
    assert "sees none" in message
    gpu_is_there(True)
    service = kind()
    service.conf = {}
    assert service.choose_device() == "gpu"
    service.conf = {"device": "cpu"}
    assert service.choose_device() == "cpu"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    service.conf = {}
    assert service.choose_device() == "cpu"
    gpu_is_there(False)
