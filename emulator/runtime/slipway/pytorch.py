"""Base class of services that use PyTorch. It is imported when such a service loads its model, not before."""

from __future__ import annotations

import pickle
import re
from typing import Any

from .framework import FrameworkService
from .model_error import ModelError, opening, refused_pickle
from .models.artifact import Artifact

_SAFE = 'Save the weights alone: `torch.save(model.state_dict(), "model.pt")`, and make the model in build(self).'


class PyTorchService(FrameworkService):
    """A service on PyTorch: weights (`.pt`, `.pth`, `.safetensors`) with `build`, a TorchScript module, or a `.pt2`.

        from slipway.pytorch import PyTorchService

        class Digits(PyTorchService):
            def build(self):
                return torch.nn.Linear(784, 10)

            def preprocess(self, item):
                return item.array() / numpy.float32(255)

            def postprocess(self, scores):
                return int(scores.argmax())

    A file of weights is read with `weights_only=True`; one that would run code is refused. `self.model` is in
    evaluation mode on `self.device`.
    """

    framework = "pytorch"
    formats = ("torchscript", "torch-export", "torch", "safetensors", "pickle")
    expected = "weights (.pt, .pth, .safetensors), a TorchScript module or an exported program of PyTorch"

    def has_gpu(self) -> bool:
        import torch

        return bool(torch.cuda.is_available())

    def build(self) -> Any:
        """The module that the weights belong to."""
        raise ModelError(
            "the file holds weights only, and the class does not say what they belong to",
            "Define build(self) that makes the module, or save it as TorchScript or with torch.export.",
        )

    def open_model(self, path: str, artifact: Artifact) -> Any:
        if artifact.format == "pickle" or artifact.runs_code is not None:
            raise refused_pickle(artifact, _SAFE)
        import torch

        torch.set_num_threads(self.threads)
        target = "cuda" if self.device == "gpu" else "cpu"
        with opening(path, artifact.path, "PyTorch", ("torch",)):
            if artifact.format == "torchscript":
                model = torch.jit.load(path, map_location=target)
            elif artifact.format == "torch-export":
                model = torch.export.load(path).module().to(target)
            else:
                model = self._with_weights(path, artifact, target)
        # An exported program is in the mode that it was exported in, and knows no other.
        if artifact.format != "torch-export":
            model.eval()
        self._floats = next((each.dtype for each in model.parameters() if each.is_floating_point()), None)
        return model

    # Of the weights: numbers of JSON come as 64 bits, which weights of 32 cannot be multiplied with.
    _floats: Any = None

    def _with_weights(self, path: str, artifact: Artifact, target: str) -> Any:
        if artifact.format == "safetensors":
            from safetensors.torch import load_file

            weights = load_file(path, device=target)
        else:
            weights = _plain_weights(path, artifact, target)
        # A checkpoint of a training often has the weights under a name of their own.
        for name in ("state_dict", "model_state_dict", "model"):
            if isinstance(weights, dict) and isinstance(weights.get(name), dict):
                weights = weights[name]
        model = self.build()
        model.load_state_dict(weights)
        return model.to(target)

    def predict(self, batch: Any) -> Any:
        """Runs the module without gradients; several outputs are returned as a tuple or dict of arrays."""
        import torch

        with torch.inference_mode():
            tensor = torch.from_numpy(batch)
            if self._floats is not None and tensor.is_floating_point():
                tensor = tensor.to(self._floats)
            if self.device == "gpu":
                tensor = tensor.to("cuda")
            found = self.model(tensor)
        if isinstance(found, dict):
            return {name: value.cpu().numpy() for name, value in found.items()}
        if isinstance(found, (list, tuple)):
            return tuple(value.cpu().numpy() for value in found)
        return found.cpu().numpy()


def _plain_weights(path: str, artifact: Artifact, target: str) -> Any:
    """Tensors, and nothing that would run code. Raises ModelError."""
    import torch

    try:
        return torch.load(path, map_location=target, weights_only=True)
    except pickle.UnpicklingError as error:
        found = re.search(r"GLOBAL ([\w.]+)", str(error))
        if found is None:
            raise
        # PyTorch's own advice is to load it all the same.
        raise refused_pickle(artifact._replace(runs_code=f"its pickle imports {found.group(1)}"), _SAFE) from None
