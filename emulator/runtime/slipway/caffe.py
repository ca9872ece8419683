"""Base class of services that use Caffe models: through pycaffe where it is installed, else through OpenCV's reader."""

from __future__ import annotations

import os
import re
from typing import Any, List, Optional, Set, Tuple

from .framework import FrameworkService
from .model_error import ModelError, damaged, opening, wrong_kind
from .models.artifact import Artifact
from .stacking import Form

# Caffe writes lines about each layer that it makes; of glog's levels, these are the errors.
_ERRORS_ONLY = 2


class CaffeService(FrameworkService):
    """A service on Caffe: an architecture (`.prototxt`) with its weights (`.caffemodel`).

        from slipway.caffe import CaffeService

        class Digits(CaffeService):
            def preprocess(self, item):
                return item.array() / 255.0

            def postprocess(self, scores):
                return int(scores.argmax())

    Caffe itself is used where the module `caffe` is installed (Debian: python3-caffe), else OpenCV up to 4.11, which
    reads the same files; "reader" of "config" insists on "caffe" or "opencv". `self.net` is the net of either.
    """

    framework = "caffe"
    formats = ("caffemodel",)
    expected = "a Caffe architecture (.prototxt) with its weights (.caffemodel)"

    def find_model(self) -> Artifact:
        """The weights; the architecture beside them is remembered."""
        found = self.candidates()
        for each in found:
            if each.problem is not None:
                raise damaged(each)
        weights = self._one(found, "caffemodel", self.setting("model_weight_file"))
        self._architecture = self.path_of(self._one(found, "prototxt", self.setting("model_arch_file")))
        return weights

    def _one(self, found: List[Artifact], kind: str, named: Optional[str]) -> Artifact:
        fitting = [each for each in found if each.format == kind]
        if named is not None:
            fitting = [each for each in fitting if each.path == os.path.basename(named)]
        if len(fitting) > 1:
            setting = "model_arch_file" if kind == "prototxt" else "model_weight_file"
            names = ", ".join(each.path for each in fitting[:5])
            hint = f'Name one with "{setting}" in "config".'
            raise ModelError(f"several files are {fitting[0].words}: {names}", hint)
        if not fitting:
            raise wrong_kind(self.model_dir or self.folder, found, self.expected, self.framework)
        return fitting[0]

    _architecture = ""

    def has_gpu(self) -> bool:
        if self._caffe() is not None:
            return _is_linked_with_cuda()
        import cv2

        return bool(cv2.cuda.getCudaEnabledDeviceCount())

    def _caffe(self) -> Any:
        """Caffe itself, where it is installed and not declined."""
        return None if self.setting("reader") == "opencv" else _import_caffe()

    def open_model(self, path: str, artifact: Artifact) -> Any:
        shape = input_shape(self._architecture)
        self.form = Form(shape[1:] if shape is not None else None, "float32")
        caffe = self._caffe()
        if caffe is None and self.setting("reader") == "caffe":
            raise ModelError(
                '"reader" is "caffe", which is not installed', 'Install it, for containers: "apt": ["python3-caffe"].'
            )
        if caffe is not None:
            if self.device == "gpu":
                caffe.set_mode_gpu()
            else:
                caffe.set_mode_cpu()
            refuse_unknown_layers(self._architecture, set(caffe.layer_type_list()))
            with opening(path, artifact.path, "Caffe", ()):
                return _Pycaffe(caffe.Net(self._architecture, caffe.TEST, weights=path))
        with opening(path, artifact.path, "OpenCV", ("opencv-python-headless", "opencv-python")):
            net = _open_with_opencv(self._architecture, path, self.threads)
            if self.device == "gpu":
                _use_cuda(net)
            model = _OpenCv(net)
            # It makes its layers only when it runs.
            if shape is not None:
                import numpy

                model(numpy.zeros((1, *shape[1:]), "float32"))
            return model

    @property
    def net(self) -> Any:
        """`caffe.Net` or `cv2.dnn.Net`."""
        return self.model.net

    def predict(self, batch: Any) -> Any:
        """Runs the net; the blob of its last layer, flattened to one row an item when it is a list of numbers."""
        found = self.model(batch)
        return found.reshape(len(batch), -1) if found.ndim == 4 and found.shape[2:] == (1, 1) else found


class _Pycaffe:
    def __init__(self, net: Any):
        self.net = net

    def __call__(self, batch: Any) -> Any:
        blob = self.net.blobs[self.net.inputs[0]]
        if tuple(blob.data.shape) != batch.shape:
            blob.reshape(*batch.shape)
            self.net.reshape()
        blob.data[...] = batch
        found = self.net.forward()
        # The arrays belong to the net, which overwrites them with the next batch.
        return found[self.net.outputs[0]].copy()


class _OpenCv:
    def __init__(self, net: Any):
        self.net = net

    def __call__(self, batch: Any) -> Any:
        self.net.setInput(batch)
        return self.net.forward().copy()


def _import_caffe() -> Any:
    try:
        import caffe
    except ImportError:
        return None
    # Its log is set up once in a process; a second time would end it.
    if not getattr(caffe, "is_quiet", False):
        caffe.init_log(_ERRORS_ONLY)
        caffe.is_quiet = True
    return caffe


def _is_linked_with_cuda() -> bool:
    """Builds of Caffe do not tell; one for CUDA has brought its library into this process."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            return "libcudart" in file.read()
    except OSError:
        return False


def _use_cuda(net: Any) -> None:
    import cv2

    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_CUDA)
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CUDA)


def refuse_unknown_layers(architecture: str, known: Set[str]) -> None:
    """Caffe ends the process at a type of layer that it does not know. Raises ModelError instead."""
    unknown = sorted(layer_types(architecture) - known)
    if unknown:
        raise ModelError(
            f"{os.path.basename(architecture)} has layers of types that this Caffe does not know: {', '.join(unknown)}",
            "Use the build of Caffe that has them, or write the architecture with standard layers.",
        )


def layer_types(architecture: str) -> Set[str]:
    """Types of the layers of a prototxt, as they are written in it."""
    return set(re.findall(r"^\s*type\s*:\s*[\"']([^\"']+)", _text_of(architecture), re.MULTILINE))


def _text_of(architecture: str) -> str:
    with open(architecture, encoding="utf-8", errors="replace") as file:
        return re.sub(r"#.*", "", file.read())


def _open_with_opencv(architecture: str, weights: str, threads: int) -> Any:
    try:
        import cv2
    except ImportError:
        raise ModelError(
            "neither Caffe nor OpenCV is installed",
            'Put opencv-python-headless==4.11.0.86 into "requirements" of slipway.json.',
        ) from None
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        raise ModelError(
            f"OpenCV {cv2.__version__} has no reader for Caffe any more",
            'Put opencv-python-headless==4.11.0.86 into "requirements" of slipway.json.',
        )
    cv2.setNumThreads(threads)
    return cv2.dnn.readNetFromCaffe(architecture, weights)


def input_shape(architecture: str) -> Optional[Tuple[int, ...]]:
    """Shape of the input with its batch dimension, from an Input layer, `input_shape` or `input_dim`."""
    text = _text_of(architecture)
    for pattern in (
        r"input_param\s*\{\s*shape\s*:?\s*\{([^}]*)\}",
        r"input_shape\s*:?\s*\{([^}]*)\}",
    ):
        found = re.search(pattern, text)
        if found is not None:
            numbers = re.findall(r"dim\s*:\s*(\d+)", found.group(1))
            return tuple(int(number) for number in numbers) or None
    return tuple(int(number) for number in re.findall(r"^\s*input_dim\s*:\s*(\d+)", text, re.MULTILINE)) or None
