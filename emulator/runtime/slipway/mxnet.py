"""Base class of services that use MXNet. It is imported when such a service loads its model, not before."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Optional, Tuple

from .framework import FrameworkService
from .model_error import ModelError, damaged, opening, wrong_kind
from .models.artifact import Artifact
from .stacking import Form

# Each has room for the activations of its batch size.
_MAX_EXECUTORS = 32


class MXNetService(FrameworkService):
    """A service on MXNet: `PREFIX-symbol.json` with `PREFIX-0012.params`, as Module and Gluon's `export` write them.

        from slipway.mxnet import MXNetService

        class Digits(MXNetService):
            def preprocess(self, item):
                return item.array() / 255.0

            def postprocess(self, scores):
                return int(scores.argmax())

    "model_prefix" and "num_epoch" of "config" name the files where there are several (default: the last epoch). For
    parameters that a Gluon block saved alone, `build()` returns the block. The shape of an item is that of "input" in
    slipway.json, "input_shape" of "config", or of the first batch.
    """

    framework = "mxnet"
    formats = ("mxnet-symbol", "mxnet-params")
    expected = "an MXNet symbol with its parameters (-symbol.json and -0000.params)"

    def has_gpu(self) -> bool:
        import mxnet

        return bool(mxnet.context.num_gpus())

    def build(self) -> Any:
        """The Gluon block that the parameters belong to; None where there is a symbol."""
        return None

    def find_model(self) -> Artifact:
        """The symbol whose prefix is wanted; without one, the parameters of a Gluon block."""
        found = self.candidates()
        prefix = self.setting("model_prefix")
        symbols = [each for each in found if each.format == "mxnet-symbol"]
        if prefix is not None:
            symbols = [each for each in symbols if each.path == f"{os.path.basename(str(prefix))}-symbol.json"]
        if len(symbols) > 1:
            names = ", ".join(each.path for each in symbols[:5])
            raise ModelError(f"several symbols are there: {names}", 'Name one with "config": {"model_prefix": …}.')
        if not symbols:
            params = [each for each in found if each.format == "mxnet-params"]
            if prefix is not None or not params:
                raise wrong_kind(self.model_dir or self.folder, found, self.expected, self.framework)
            return params[-1]
        if symbols[0].problem is not None:
            raise damaged(symbols[0])
        self._params = self._params_of(symbols[0], found)
        return symbols[0]

    _params = ""
    _context: Any = None
    _names: Tuple[str, ...] = ()

    def _params_of(self, symbol: Artifact, found: List[Artifact]) -> str:
        """The parameters of the wanted epoch, else of the last one."""
        prefix = symbol.path[: -len("-symbol.json")]
        epochs = {}
        for each in found:
            match = re.fullmatch(re.escape(prefix) + r"-(\d{4,})\.params", each.path)
            if match is not None:
                epochs[int(match.group(1))] = each
        wanted: Optional[Any] = self.setting("num_epoch")
        epoch = int(wanted) if wanted is not None else max(epochs, default=-1)
        if epoch not in epochs:
            have = ", ".join(each.path for each in epochs.values()) or "none"
            what = f"{prefix}-{epoch:04d}.params" if epoch >= 0 else f"{prefix}-0000.params"
            raise ModelError(
                f"{symbol.path} has no parameters {what}; found: {have}",
                'Put the file beside the symbol, or correct "num_epoch" in "config".',
            )
        if epochs[epoch].problem is not None:
            raise damaged(epochs[epoch])
        return self.path_of(epochs[epoch])

    def open_model(self, path: str, artifact: Artifact) -> Any:
        import mxnet

        self._context = mxnet.gpu() if self.device == "gpu" else mxnet.cpu()
        shape = self.setting("input_shape")
        if shape is None and self.declared_input is not None:
            shape = self.declared_input.shape
        self.form = Form(None if shape is None else tuple(int(length) for length in shape), "float32")
        with opening(path, artifact.path, "MXNet", ("mxnet",)):
            if artifact.format == "mxnet-params":
                return self._open_block(path, artifact)
            symbol = mxnet.sym.load(path)
        with opening(self._params, os.path.basename(self._params), "MXNet", ("mxnet",)):
            saved = mxnet.nd.load(self._params)
            if not isinstance(saved, dict):
                raise ValueError("the parameters have no names")
            arguments = {name[4:]: value for name, value in saved.items() if name.startswith("arg:")}
            states = {name[4:]: value for name, value in saved.items() if name.startswith("aux:")}
        return self._bind(symbol, arguments, states)

    def _open_block(self, path: str, artifact: Artifact) -> Any:
        block = self.build()
        if block is None:
            raise ModelError(
                f"{artifact.path} holds parameters only, and there is no symbol beside it",
                "Save the model with block.export(…), or define build(self) that makes the block.",
            )
        block.load_parameters(path, ctx=self._context)
        block.hybridize()
        return block

    def _bind(self, symbol: Any, arguments: Any, states: Any) -> Any:
        free = [name for name in symbol.list_arguments() if name not in arguments]
        inputs = [name for name in free if not name.endswith("label")]
        if len(inputs) != 1:
            raise ModelError(
                f"the symbol has the inputs {inputs}; one was expected",
                "Define load_model and execute yourself for a model of several inputs.",
            )
        if self.form.shape is None:
            raise ModelError(
                "the symbol does not say what shape an item has",
                'Declare it: "input": {"datatype": …, "shape": […]} in slipway.json.',
            )
        return _Graph(symbol, inputs[0], self._context, self.form.shape, arguments, states)

    def predict(self, batch: Any) -> Any:
        """Runs the model; several outputs are returned as a tuple of arrays."""
        import mxnet

        array = mxnet.nd.array(batch, ctx=self._context)
        found = self.model(array)
        arrays = tuple(each.asnumpy() for each in (found if isinstance(found, (list, tuple)) else [found]))
        return arrays[0] if len(arrays) == 1 else arrays


class _Graph:
    """A symbol with its parameters. An executor is made for one batch size: those of late are kept."""

    def __init__(self, symbol: Any, name: str, context: Any, shape: Tuple[int, ...], arguments: Any, states: Any):
        self._name = name
        self._first = symbol.simple_bind(ctx=context, grad_req="null", **{name: (1, *shape)})
        self._first.copy_params_from(arguments, states, allow_extra_params=True)
        self._executors: Dict[int, Any] = {1: self._first}

    def __call__(self, batch: Any) -> Any:
        count = batch.shape[0]
        executor = self._executors.get(count)
        if executor is None:
            if len(self._executors) >= _MAX_EXECUTORS:
                self._executors = {1: self._first}
            # Parameters are shared; a label, which inference has no use for, takes the new batch size too.
            options = {"partial_shaping": True, "allow_up_sizing": True, self._name: batch.shape}
            executor = self._executors[count] = self._first.reshape(**options)
        return executor.forward(is_train=False, **{self._name: batch})
