"""The optional base class of a service; its docstring is the tutorial."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from .item import Item


class Service:
    """A service is a class with two methods. This base class is optional; it only helps editors and readers.

        from slipway import Service, stack

        class Digits(Service):
            def load_model(self):
                self.weights = np.load(self.model_dir + "/weights.npy")

            def execute(self, data, batch_size):
                pixels = stack(data)                                    # (batch_size, 784)
                return (pixels @ self.weights).argmax(axis=1)           # batch_size numbers

    **load_model(self)** runs once in each replica, before its first request. `self.model_dir` is the absolute path of
    the model of slipway.json, `self.conf` its "config". If it raises, the replica does not become ready, and the
    traceback is shown as the reason.

    **execute(self, data, batch_size)** runs for each batch. `data` is a list of `batch_size` requests, 1 to
    batching.maxBatchSize, which happened to wait at the same time. Each is an `Item`: bytes, with `.json()`,
    `.array()`, `.image()`, `.read()`, `.headers`. Items of one call have the same content type, and the same shape
    where "input" is declared. Return a list, tuple or numpy array of the same length and order, of

    * `str` (answered as text/plain), `bytes` (application/octet-stream),
    * numbers, lists, dicts, None, numpy arrays (application/json).

    If it raises, the batch is run again in halves until only the item at fault is answered with 500 (declare
    `"idempotent": false` when running an item twice does harm; then all of the batch get 500). A list of the wrong
    length, or no list, is answered with 502 to all. Output of `print` appears in `slipway logs` with the requests that
    were executing.
    """

    conf: Optional[Dict[str, Any]] = None
    model_dir: Optional[str] = None

    def load_model(self) -> None:
        """Loads the model from `self.model_dir` and keeps it on `self`."""
        raise NotImplementedError("define load_model(self)")

    def execute(self, data: List[Item], batch_size: int) -> Sequence[Any]:
        """One result for each of the `batch_size` items of `data`, in their order."""
        raise NotImplementedError("define execute(self, data, batch_size)")
