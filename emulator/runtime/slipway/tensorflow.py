"""Base class of services that use TensorFlow. TensorFlow itself is imported when such a service is made, not before."""

from __future__ import annotations

import os
from typing import Any, List, Optional, Sequence, Tuple

from .item import Item
from .service import Service


class TensorFlowService(Service):
    """A service on TensorFlow, with its threads capped to the cores of the replica.

        from slipway.tensorflow import TensorFlowService

        class Digits(TensorFlowService):
            def load_model(self):
                self.model = self.tf.saved_model.load(self.model_dir)

            def execute(self, data, batch_size):
                images = self.stack(data, (784,), "float32")           # (batch_size, 784)
                return self.model(images).numpy().argmax(axis=1)

    `self.tf` is the module; `self.model_dir` and `self.conf` as in `slipway.Service`. Code of TensorFlow 1 finds its
    sessions and placeholders under `self.tf.compat.v1`.
    """

    def __init__(self) -> None:
        cap_threads(self.tf)

    @property
    def tf(self) -> Any:
        """The module tensorflow. Raises ImportError where it is not installed."""
        import tensorflow

        return tensorflow

    @staticmethod
    def stack(data: Sequence[Item], shape: Optional[Tuple[int, ...]] = None, dtype: Optional[str] = None) -> Any:
        """One numpy array of shape (len(data), *shape) from all items. Raises ValueError when they do not fit.

        Without `dtype` and `shape` each item says itself what it is (`Item.array`); raw bytes are taken as `dtype`,
        a numpy name such as "float32", and JSON numbers are converted to it.
        """
        import numpy

        if dtype is None:
            rows: List[Any] = [item.array() for item in data]
        else:
            rows = [_row(item, dtype) for item in data]
        stacked = numpy.stack(rows) if rows else numpy.zeros((0,), dtype or "uint8")
        return stacked if shape is None else stacked.reshape((len(data), *shape))


def _row(item: Item, dtype: str) -> Any:
    import numpy

    if item.has_form:
        return item.array().astype(dtype, copy=False)
    return numpy.frombuffer(item, dtype)


def cap_threads(tensorflow: Any) -> None:
    """Threads of TensorFlow = cores of the replica. Too late, and left as it is, once TensorFlow has computed."""
    threads = int(os.environ.get("SLIPWAY_THREADS", "1"))
    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    except (AttributeError, RuntimeError):
        pass
