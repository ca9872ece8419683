"""Every format of PyTorch, written by PyTorch itself."""

import json
import pickle
import zipfile
from importlib.metadata import version

import numpy as np
import pytest
import torch
from common import BIAS, EXPECTED, ROWS, WEIGHTS, Trap, agree, choices, item, load, refused, truncate
from slipway.pytorch import PyTorchService


def linear():
    made = torch.nn.Linear(4, 3)
    with torch.no_grad():
        made.weight.copy_(torch.from_numpy(WEIGHTS.T.copy()))
        made.bias.copy_(torch.from_numpy(BIAS))
    return made


class Built(PyTorchService):
    def build(self):
        return torch.nn.Linear(4, 3)


def test_torchscript(tmp_path):
    torch.jit.trace(linear(), torch.zeros(1, 4)).save(str(tmp_path / "model.pt"))
    agree(load(PyTorchService, tmp_path))


def test_exported_program(tmp_path):
    rows = torch.export.Dim("rows", min=1, max=64)
    program = torch.export.export(linear(), (torch.zeros(2, 4),), dynamic_shapes=({0: rows},))
    torch.export.save(program, str(tmp_path / "model.pt2"))
    agree(load(PyTorchService, tmp_path))


@pytest.mark.parametrize("name", ["model.pt", "model.pth"])
def test_state_dict(name, tmp_path):
    torch.save(linear().state_dict(), tmp_path / name)
    agree(load(Built, tmp_path))


def test_state_dict_in_the_form_before_zip(tmp_path):
    torch.save(linear().state_dict(), tmp_path / "model.pt", _use_new_zipfile_serialization=False)
    agree(load(Built, tmp_path))


def test_checkpoint_of_a_training(tmp_path):
    torch.save({"epoch": 3, "state_dict": linear().state_dict()}, tmp_path / "model.pt")
    agree(load(Built, tmp_path))


def test_safetensors(tmp_path):
    from safetensors.torch import save_file

    save_file(linear().state_dict(), tmp_path / "model.safetensors")
    agree(load(Built, tmp_path))


def test_weights_are_in_evaluation_mode_and_without_gradients(tmp_path):
    torch.save(linear().state_dict(), tmp_path / "model.pt")
    service = load(Built, tmp_path)
    assert service.model.training is False
    assert service.predict(ROWS).dtype == np.float32


def test_weights_without_build_say_what_is_missing(tmp_path):
    torch.save(linear().state_dict(), tmp_path / "model.pt")
    refused(PyTorchService, tmp_path, ["holds weights only"], "Define build(self)")


def test_weights_of_another_model_name_what_does_not_fit(tmp_path):
    torch.save(torch.nn.Linear(5, 3).state_dict(), tmp_path / "model.pt")
    refused(Built, tmp_path, ["model.pt", "size mismatch"], "Save the model again")


def test_whole_module_which_is_a_pickle_is_refused(tmp_path):
    torch.save(linear(), tmp_path / "model.pt")
    refused(Built, tmp_path, ["model.pt is refused", "torch.nn.modules.linear.Linear"], "state_dict()")


@pytest.mark.parametrize("zipped", [True, False])
def test_file_that_would_run_code_is_refused_and_runs_nothing(zipped, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    torch.save({"w": Trap(tmp_path / "mark")}, folder / "model.pt", _use_new_zipfile_serialization=zipped)
    refused(Built, folder, ["model.pt is refused", "open"], "weights alone")
    assert not (tmp_path / "mark").exists()


def test_plain_pickle_is_refused_and_runs_nothing(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "mark")))
    refused(Built, folder, ["model.pkl is refused"], "weights alone")
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("name", ["model.pt", "model.pt2", "model.safetensors"])
def test_truncated_files(name, tmp_path):
    path = tmp_path / name
    if name.endswith("pt2"):
        torch.export.save(torch.export.export(linear(), (torch.zeros(2, 4),)), str(path))
    elif name.endswith("pt"):
        torch.save(linear().state_dict(), path)
    else:
        from safetensors.torch import save_file

        save_file(linear().state_dict(), path)
    truncate(path)
    refused(Built, tmp_path, [name, "cut off"], "Copy or save")


def test_program_of_a_later_release_that_cannot_be_read(tmp_path):
    program = torch.export.export(linear(), (torch.zeros(2, 4),))
    torch.export.save(program, str(tmp_path / "made.pt2"))
    with zipfile.ZipFile(tmp_path / "made.pt2") as made, zipfile.ZipFile(tmp_path / "model.pt2", "w") as later:
        for name in made.namelist():
            content = made.read(name)
            if name.endswith("models/model.json"):
                value = json.loads(content)
                value["schema_version"]["major"] = 999
                value["torch_version"] = "9.1.0"
                content = json.dumps(value).encode()
            later.writestr(name, content)
    (tmp_path / "made.pt2").unlink()
    refused(PyTorchService, tmp_path, ["written by torch 9.1.0", f"PyTorch {version('torch')}"], "torch>=9.1.0")


def test_whole_numbers_stay_what_they_are(tmp_path):
    class Picks(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = torch.nn.Embedding.from_pretrained(torch.from_numpy(ROWS))

        def forward(self, numbers):
            return self.rows(numbers)

    torch.jit.script(Picks()).save(str(tmp_path / "model.pt"))
    service = load(PyTorchService, tmp_path)
    found = service.execute([item([3, 1]), item([0, 2])], 2)
    np.testing.assert_allclose(found, [ROWS[[3, 1]], ROWS[[0, 2]]], atol=1e-6)


def test_device(monkeypatch, tmp_path):
    torch.save(linear().state_dict(), tmp_path / "model.pt")
    choices(
        monkeypatch,
        tmp_path,
        Built,
        lambda there: monkeypatch.setattr(torch.cuda, "is_available", lambda: there),
    )
