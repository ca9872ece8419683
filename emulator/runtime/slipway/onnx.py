"""Base class of services that run ONNX models. ONNX Runtime is imported when such a service loads its model."""

from __future__ import annotations

from typing import Any, Dict, List

from .framework import FrameworkService
from .model_error import ModelError, opening
from .models.artifact import Artifact
from .stacking import Form

_DISTRIBUTIONS = ("onnxruntime", "onnxruntime-gpu")
_DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(uint16)": "uint16",
    "tensor(int16)": "int16",
    "tensor(uint32)": "uint32",
    "tensor(int32)": "int32",
    "tensor(uint64)": "uint64",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}


class OnnxService(FrameworkService):
    """A service on ONNX Runtime: the model of an `.onnx` file.

        from slipway.onnx import OnnxService

        class Digits(OnnxService):
            def preprocess(self, item):
                return item.array() / 255.0

            def postprocess(self, scores):
                return int(scores.argmax())

    "outputs" of "config" names the outputs to compute (default: all). A model that was exported for a fixed number of
    rows is run as often as it takes.
    """

    framework = "onnx"
    formats = ("onnx",)
    expected = "an ONNX model (.onnx)"

    def has_gpu(self) -> bool:
        import onnxruntime

        return "CUDAExecutionProvider" in onnxruntime.get_available_providers()

    def open_model(self, path: str, artifact: Artifact) -> Any:
        session = open_session(path, artifact.path, self.threads, self.device)
        inputs = session.get_inputs()
        self._names = [each.name for each in inputs]
        self._fixed = 0
        if len(inputs) == 1 and inputs[0].shape:
            lengths = [each if isinstance(each, int) else -1 for each in inputs[0].shape]
            self._fixed = max(0, lengths[0])
            self.form = Form(tuple(lengths[1:]), _DTYPES.get(inputs[0].type))
        there = [each.name for each in session.get_outputs()]
        wanted = self.setting("outputs", there)
        self._outputs = [wanted] if isinstance(wanted, str) else list(wanted)
        for name in self._outputs:
            if name not in there:
                raise ModelError(
                    f'{artifact.path} has no output "{name}"; it has: {", ".join(there)}',
                    'Correct "outputs" in "config" of slipway.json.',
                )
        return session

    _names: List[str] = []
    _outputs: List[str] = []
    _fixed = 0

    def predict(self, batch: Any) -> Any:
        """Runs the model; one output is returned as an array, several as a dict by name."""
        if self._fixed in (0, len(batch)):
            return self._run(batch)
        import numpy

        parts = []
        for start in range(0, len(batch), self._fixed):
            part = batch[start : start + self._fixed]
            missing = self._fixed - len(part)
            padded = numpy.concatenate([part, numpy.repeat(part[-1:], missing, axis=0)]) if missing else part
            parts.append(self._run(padded))
        if isinstance(parts[0], dict):
            return {name: numpy.concatenate([part[name] for part in parts])[: len(batch)] for name in parts[0]}
        return numpy.concatenate(parts)[: len(batch)]

    def _run(self, batch: Any) -> Any:
        found = self.model.run(self._outputs, {self._names[0]: batch})
        if len(found) == 1:
            return found[0]
        named: Dict[str, Any] = dict(zip(self._outputs, found))
        return named


def open_session(path: str, shown: str, threads: int, device: str) -> Any:
    """An InferenceSession with as many threads as the replica has cores. Raises ModelError."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between batches take the cores of the other replicas.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    if device == "gpu":
        providers.insert(0, "CUDAExecutionProvider")
    with opening(path, shown, "ONNX Runtime", _DISTRIBUTIONS):
        return onnxruntime.InferenceSession(path, options, providers=providers)
