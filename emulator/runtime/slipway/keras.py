"""Base class of services that use Keras. Keras and its backend are imported when such a service is made, not before."""

from __future__ import annotations

import os
from typing import Any, List, Optional

from .framework import FrameworkService
from .model_error import damaged, opening, refused_pickle, wrong_kind
from .models.artifact import Artifact
from .stacking import Form

_SAFE = (
    "Build the layer in code: register it with @keras.saving.register_keras_serializable() in the main file, "
    "and save the model again."
)


class KerasService(FrameworkService):
    """A service on Keras: the model of a `.keras` or `.h5` file, or of a `.json` with its weights as `.h5`.

        from slipway.keras import KerasService

        class Digits(KerasService):
            def preprocess(self, item):
                return item.array() / 255.0

            def postprocess(self, scores):
                return int(scores.argmax())

    A file that Keras 2 wrote is opened with `tf-keras` where that is installed. The backend is that of KERAS_BACKEND
    ("environment" of slipway.json; default: tensorflow). `build()` may return the model for a file of weights only.
    """

    framework = "keras"
    formats = ("keras", "hdf5", "keras-json")
    expected = "a Keras model (.keras, .h5, or .json with its weights as .h5)"

    def __init__(self) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

    def has_gpu(self) -> bool:
        backend = self._keras(None).backend.backend()
        if backend == "torch":
            import torch

            return bool(torch.cuda.is_available())
        if backend == "tensorflow":
            import tensorflow

            return bool(tensorflow.config.list_physical_devices("GPU"))
        return False

    def build(self) -> Any:
        """The model for a file that holds weights only; None where the file says all."""
        return None

    def find_model(self) -> Artifact:
        """As for all frameworks; an architecture as .json wants the file of weights beside it."""
        found = self.candidates() if self.setting("model_file") is None else []
        architecture = [each for each in found if each.format == "keras-json"]
        weights = [each for each in found if each.format == "hdf5"]
        if len(architecture) == 1 and not any(each.format == "keras" for each in found):
            for each in (*architecture, *weights):
                if each.problem is not None:
                    raise damaged(each)
            if len(weights) != 1:
                raise wrong_kind(self.folder, found, "one .h5 file of weights beside the .json", self.framework)
            self._weights = self.path_of(weights[0])
            return architecture[0]
        return super().find_model()

    _weights: Optional[str] = None
    _function: Any = None

    def open_model(self, path: str, artifact: Artifact) -> Any:
        if artifact.runs_code is not None:
            raise refused_pickle(artifact, _SAFE)
        keras = self._keras(artifact)
        self._cap_threads(keras)
        distribution = "tf-keras" if keras.__name__.startswith("tf_keras") else "keras"
        with opening(path, artifact.path, "Keras", (distribution,)):
            model = self.build()
            if model is not None:
                model.load_weights(path)
            elif artifact.format == "keras-json":
                with open(path, encoding="utf-8") as file:
                    model = keras.models.model_from_json(file.read())
                model.load_weights(self._weights)
            else:
                model = keras.models.load_model(path, compile=False)
        shape = getattr(model, "input_shape", None)
        if isinstance(shape, tuple) and all(length is None or isinstance(length, int) for length in shape):
            dtype = getattr(model, "input_dtype", None) or getattr(model.inputs[0], "dtype", "float32")
            name = getattr(dtype, "name", dtype)
            self.form = Form(tuple(-1 if length is None else length for length in shape[1:]), str(name))
        self._function = self._compiled(keras, model)
        return model

    def _keras(self, artifact: Optional[Artifact]) -> Any:
        """Keras 3; for a file of Keras 2, tf-keras where it is installed."""
        written = "" if artifact is None else artifact.versions.get("keras", "")
        if written.startswith("2."):
            try:
                import tf_keras

                return tf_keras
            except ImportError:
                pass
        import keras

        return keras

    def _cap_threads(self, keras: Any) -> None:
        if keras.backend.backend() == "tensorflow":
            import tensorflow

            from .tensorflow import cap_threads

            cap_threads(tensorflow)
        elif keras.backend.backend() == "torch":
            import torch

            torch.set_num_threads(self.threads)

    def _compiled(self, keras: Any, model: Any) -> Any:
        """One trace for every batch size on TensorFlow; other backends run the model as it is."""
        if keras.backend.backend() != "tensorflow" or self.form.shape is None:
            return model
        import tensorflow as tf

        shape = [None, *(None if length < 0 else length for length in self.form.shape)]

        signature = [tf.TensorSpec(shape, self.form.dtype)]
        return tf.function(lambda batch: model(batch, training=False), input_signature=signature)

    def predict(self, batch: Any) -> Any:
        """Runs the model; several outputs are returned as a dict or tuple of arrays."""
        found = self._function(batch) if self._function is not self.model else self.model(batch, training=False)
        if isinstance(found, dict):
            return {name: _array(value) for name, value in found.items()}
        if isinstance(found, (list, tuple)):
            several: List[Any] = [_array(value) for value in found]
            return tuple(several)
        return _array(found)


def _array(value: Any) -> Any:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "numpy"):
        return value.numpy()
    import numpy

    return numpy.asarray(value)
