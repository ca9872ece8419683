"""Base class of services that use TensorFlow. TensorFlow itself is imported when such a service is made, not before."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

from .framework import FrameworkService
from .model_error import ModelError, opening
from .models.artifact import Artifact
from .stacking import Form

_DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")


class TensorFlowService(FrameworkService):
    """A service on TensorFlow, with its threads capped to the cores of the replica.

        from slipway.tensorflow import TensorFlowService

        class Digits(TensorFlowService):
            def postprocess(self, scores):
                return int(scores.argmax())

    It opens a SavedModel (its signature "serving_default", or "signature" of "config"), a checkpoint of TensorFlow 1
    with its meta graph, or a frozen graph; "inputs" and "outputs" of "config" name the tensors of a graph where that
    is not obvious. A checkpoint of variables wants `build()`, which returns the object they belong to. Or define
    `load_model` and `execute` yourself: `self.tf` is the module, `self.tf.compat.v1` has sessions and placeholders.
    """

    framework = "tensorflow"
    formats = ("saved-model", "tf-meta-graph", "tf-graph", "tf-checkpoint")
    expected = "a SavedModel, a checkpoint or a frozen graph of TensorFlow"

    def __init__(self) -> None:
        cap_threads(self.tf)

    @property
    def tf(self) -> Any:
        """The module tensorflow. Raises ImportError where it is not installed."""
        import tensorflow

        return tensorflow

    def has_gpu(self) -> bool:
        return bool(self.tf.config.list_physical_devices("GPU"))

    def build(self) -> Any:
        """The `tf.Module`, Keras model or `tf.train.Checkpoint` that a checkpoint is restored into."""
        raise ModelError(
            "a checkpoint holds variables only, and the class does not say what they belong to",
            "Define build(self) that makes the model, or save the model as a SavedModel.",
        )

    def open_model(self, path: str, artifact: Artifact) -> Any:
        with opening(path, artifact.path, "TensorFlow", _DISTRIBUTIONS):
            if artifact.format == "saved-model":
                return self._open_saved_model(os.path.dirname(path))
            if artifact.format == "tf-meta-graph":
                return self._open_meta_graph(path)
            if artifact.format == "tf-graph":
                return self._open_frozen_graph(path)
            return self._open_checkpoint(path)

    def _open_saved_model(self, folder: str) -> Any:
        loaded = self.tf.saved_model.load(folder)
        name = self.setting("signature", "serving_default")
        signature = loaded.signatures.get(name)
        if signature is None:
            if not callable(loaded):
                names = ", ".join(loaded.signatures) or "none"
                raise ModelError(
                    f'the SavedModel has no signature "{name}"; it has: {names}',
                    'Name one with "config": {"signature": …}, or save the model with signatures=….',
                )
            self.form = _form_of_call(loaded)
            signature = loaded
        else:
            specs = list(signature.structured_input_signature[1].values())
            if len(specs) == 1:
                self.form = _form(specs[0].shape, specs[0].dtype)
                self._argument = specs[0].name
        # The loaded object owns the variables: a signature alone does not keep them.
        self._loaded = loaded
        return signature

    _argument: Optional[str] = None
    # Of the variables: numbers of JSON come as 64 bits, which variables of 32 cannot be multiplied with.
    _floats: Any = None
    _loaded: Any = None

    def _open_meta_graph(self, path: str) -> Any:
        v1 = self.tf.compat.v1
        graph = self.tf.Graph()
        with graph.as_default():
            saver = v1.train.import_meta_graph(path, clear_devices=True)
            session = v1.Session(graph=graph, config=self.session_config())
            saver.restore(session, path[: -len(".meta")])
        return _SessionModel(self, graph, session)

    def _open_frozen_graph(self, path: str) -> Any:
        v1 = self.tf.compat.v1
        definition = v1.GraphDef()
        with open(path, "rb") as file:
            definition.ParseFromString(file.read())
        graph = self.tf.Graph()
        with graph.as_default():
            self.tf.import_graph_def(definition, name="")
        return _SessionModel(self, graph, v1.Session(graph=graph, config=self.session_config()))

    def _open_checkpoint(self, path: str) -> Any:
        model = self.build()
        prefix = path[: -len(".index")] if path.endswith(".index") else path
        checkpoint = model if hasattr(model, "read") else self.tf.train.Checkpoint(model)
        checkpoint.read(prefix).assert_existing_objects_matched().expect_partial()
        self._floats = _floats_of(model)
        return model

    def session_config(self) -> Any:
        """For sessions of TensorFlow 1, with the threads of this replica."""
        return self.tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=self.threads, inter_op_parallelism_threads=self.threads
        )

    def predict(self, batch: Any) -> Any:
        """Runs the model; one output is returned as an array, several as a dict of arrays by name."""
        if isinstance(self.model, _SessionModel):
            return self.model(batch)
        floats = self._floats if batch.dtype.kind == "f" else None
        tensor = self.tf.constant(batch, floats)
        found = self.model(tensor) if self._argument is None else self.model(**{self._argument: tensor})
        if not isinstance(found, dict):
            return found.numpy()
        arrays: Dict[str, Any] = {name: value.numpy() for name, value in found.items()}
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays


class _SessionModel:
    """A graph of TensorFlow 1 in its session, called with a batch."""

    def __init__(self, service: TensorFlowService, graph: Any, session: Any):
        self.session = session
        operations = graph.get_operations()
        inputs = service.setting("inputs") or [each.name for each in operations if each.type == "Placeholder"]
        outputs = service.setting("outputs") or _ends_of(operations)
        inputs, outputs = ([name] if isinstance(name, str) else list(name) for name in (inputs, outputs))
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"the graph has the inputs {inputs} and the outputs {outputs}; which is meant cannot be told",
                'Name one of each with "config": {"inputs": "x", "outputs": "y"} in slipway.json.',
            )
        self._input, self._output = (graph.get_tensor_by_name(_tensor_name(each)) for each in (inputs[0], outputs[0]))
        service.form = _form(self._input.shape, self._input.dtype)

    def __call__(self, batch: Any) -> Any:
        return self.session.run(self._output, {self._input: batch})


def _floats_of(model: Any) -> Any:
    """The type of the floating variables of a model; None where it has none."""
    variables = getattr(model, "variables", ())
    return next((each.dtype for each in variables if each.dtype.is_floating), None)


def _ends_of(operations: List[Any]) -> List[str]:
    """Operations whose output nobody uses and that compute something."""
    ignored = ("NoOp", "Assign", "AssignVariableOp", "SaveV2", "RestoreV2", "Const", "Placeholder", "VarHandleOp")
    ends = [
        each.name
        for each in operations
        if each.type not in ignored and each.outputs and not any(output.consumers() for output in each.outputs)
    ]
    return [name for name in ends if not name.startswith(("save/", "gradients/"))]


def _tensor_name(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _form(shape: Any, dtype: Any) -> Form:
    if shape.rank is None or shape.rank == 0:
        return Form(None, dtype.as_numpy_dtype().dtype.name)
    lengths = tuple(-1 if length is None else int(length) for length in shape.as_list()[1:])
    return Form(lengths, dtype.as_numpy_dtype().dtype.name)


def _form_of_call(loaded: Any) -> Form:
    """What the object of a SavedModel is called with, as far as it was traced for one kind of input."""
    traced = getattr(loaded.__call__, "concrete_functions", ())
    specs = [spec for spec in traced[0].structured_input_signature[0] if hasattr(spec, "shape")] if traced else []
    return _form(specs[0].shape, specs[0].dtype) if len(specs) == 1 else Form(None, None)


def cap_threads(tensorflow: Any) -> None:
    """Threads of TensorFlow = cores of the replica. Too late, and left as it is, once TensorFlow has computed."""
    threads = int(os.environ.get("SLIPWAY_THREADS", "1"))
    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    except (AttributeError, RuntimeError):
        pass
