"""One model file, as its content shows it."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional


class Artifact(NamedTuple):
    """`format` is a name of FORMATS; `versions` is what the file says of what wrote it, such as {"keras": "3.15.1"}.

    `runs_code` says why loading the file can run code that is in it; `problem` why it cannot be whole.
    """

    path: str
    format: str
    versions: Dict[str, str] = {}
    runs_code: Optional[str] = None
    problem: Optional[str] = None

    @property
    def framework(self) -> Optional[str]:
        """As in slipway.json; None for what several frameworks use."""
        return FORMATS[self.format][1]

    @property
    def words(self) -> str:
        """What it is, for a message."""
        written = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return FORMATS[self.format][0] + (f" ({written})" if written else "")

    def to_json(self) -> Dict[str, Any]:
        value: Dict[str, Any] = {
            "path": self.path,
            "format": self.format,
            "words": self.words,
            "versions": self.versions,
        }
        for name, more in (("framework", self.framework), ("runsCode", self.runs_code), ("problem", self.problem)):
            if more is not None:
                value[name] = more
        return value


# Words for a message, and the framework that it belongs to.
FORMATS: Dict[str, tuple[str, Optional[str]]] = {
    "saved-model": ("a TensorFlow SavedModel", "tensorflow"),
    "tf-checkpoint": ("a TensorFlow checkpoint", "tensorflow"),
    "tf-graph": ("a TensorFlow graph", "tensorflow"),
    "tf-meta-graph": ("a TensorFlow meta graph", "tensorflow"),
    "tflite": ("a TensorFlow Lite model", "tensorflow"),
    "keras": ("a Keras model", "keras"),
    "keras-json": ("a Keras architecture", "keras"),
    "hdf5": ("an HDF5 file", "keras"),
    "onnx": ("an ONNX model", "onnx"),
    "torchscript": ("a TorchScript module", "pytorch"),
    "torch": ("a PyTorch file of weights", "pytorch"),
    "torch-export": ("a PyTorch exported program", "pytorch"),
    "safetensors": ("a safetensors file", "pytorch"),
    "caffemodel": ("Caffe weights", "caffe"),
    "prototxt": ("a Caffe architecture", "caffe"),
    "mxnet-symbol": ("an MXNet symbol", "mxnet"),
    "mxnet-params": ("MXNet parameters", "mxnet"),
    "skops": ("a skops file of scikit-learn", "sklearn"),
    "xgboost-json": ("an XGBoost model", "xgboost"),
    "xgboost-ubj": ("an XGBoost model", "xgboost"),
    "numpy": ("numpy arrays", None),
    "pickle": ("a pickle", None),
    "empty": ("an empty file", None),
    "unknown": ("a file of an unknown kind", None),
}
