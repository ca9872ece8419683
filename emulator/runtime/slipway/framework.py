"""What the SDK classes of all frameworks share: the model found and opened, the device chosen, batches stacked."""

from __future__ import annotations

import os
from typing import Any, ClassVar, Dict, List, Optional, Sequence, Tuple

from .config import TensorSpec
from .item import Item
from .model_error import ModelError, damaged, newer_than_installed, wrong_kind
from .models.artifact import Artifact
from .models.recognise import recognise, recognise_all
from .reason import Reason
from .service import Service
from .stacked import stack
from .stacking import Form, Unfit, fit, rows_of

# A folder holds one model, and perhaps what belongs to it.
_MAX_CANDIDATES = 200


class FrameworkService(Service):
    """A service of one framework. What is special about a service goes into the hooks; nothing has to.

    * `preprocess(item)`: a request -> one array (default: `item.array()`)
    * `postprocess(result)`: one result of the model -> the answer (default: the result as it is)
    * `predict(batch)`: an array of all items of a batch -> results in the same order

    `self.model` is the opened model, `self.device` "cpu" or "gpu". Rows are converted to what the model takes where
    nothing is lost (numbers to floats, the same number of elements to its shape); a request that cannot be converted
    is answered with 422, and its neighbours are not touched.
    """

    # Name in slipway.json, and the formats that `open_model` takes, the best first.
    framework: ClassVar[str] = "python"
    formats: ClassVar[Sequence[str]] = ()
    expected: ClassVar[str] = "a model"

    declared_input: Optional[TensorSpec] = None
    model: Any = None
    device: str = "cpu"
    # What one item of a batch looks like to the model, as far as it is known.
    form: Form = Form(None, None)

    def load_model(self) -> None:
        """Finds the model file, opens it as `self.model`, and runs it once so that no request waits for that."""
        self.device = self.choose_device()
        artifact = self.find_model()
        self.model = self.open_model(self.path_of(artifact), artifact)
        for line in newer_than_installed(artifact):
            print(line)
        self.warm_up()

    def execute(self, data: List[Item], batch_size: int) -> Sequence[Any]:
        """Preprocesses, stacks, predicts and postprocesses a batch; one answer for each item."""
        answers: List[Any] = [None] * len(data)
        rows, places = [], []
        for index, item in enumerate(data):
            try:
                rows.append(fit(self.preprocess(item), self.form))
                places.append(index)
            except Unfit as error:
                answers[index] = Reason("request_unfit", str(error))
        if rows:
            for index, result in zip(places, self._predict_rows(rows)):
                answers[index] = self.postprocess(result)
        return answers

    def _predict_rows(self, rows: List[Any]) -> Sequence[Any]:
        import numpy

        if all(row.shape == rows[0].shape for row in rows):
            return rows_of(self.predict(numpy.stack(rows)), len(rows))
        # Rows of several shapes share no array.
        return [rows_of(self.predict(row[numpy.newaxis]), 1)[0] for row in rows]

    # Hooks.

    def preprocess(self, item: Item) -> Any:
        """One request -> one array, without a batch dimension."""
        return item.array()

    def predict(self, batch: Any) -> Any:
        """An array of shape (batch size, …) -> an array, or a list or dict of arrays, of as many rows."""
        raise NotImplementedError("define predict(self, batch)")

    def postprocess(self, result: Any) -> Any:
        """One row of what `predict` returned -> an answer: text, bytes, or what JSON can hold; arrays too."""
        return result

    # What each framework defines.

    def open_model(self, path: str, artifact: Artifact) -> Any:
        """The model at `path`. Sets `self.form` where the file tells it. Raises ModelError."""
        raise NotImplementedError("define open_model(self, path, artifact)")

    def has_gpu(self) -> bool:
        """Whether the framework sees a GPU."""
        return False

    # What they share.

    @property
    def folder(self) -> str:
        """Where the model is: `model_dir`, or the folder of the file that it names."""
        path = self.model_dir or os.getcwd()
        return path if os.path.isdir(path) else os.path.dirname(path)

    def setting(self, name: str, default: Any = None) -> Any:
        """A value of "config" in slipway.json, or an attribute that the class sets itself."""
        return (self.conf or {}).get(name, default)

    def path_of(self, artifact: Artifact) -> str:
        return os.path.join(self.folder, *artifact.path.split("/"))

    def find_model(self) -> Artifact:
        """The file that "model_file" of "config" names, else the best in `model_dir`. Raises ModelError."""
        named = self.setting("model_file")
        found = [self._named(str(named))] if named is not None else self.candidates()
        for wanted in self.formats:
            fitting = [each for each in found if each.format == wanted]
            if len(fitting) > 1 and named is None:
                names = ", ".join(each.path for each in fitting[:5])
                raise ModelError(
                    f"several files are {fitting[0].words}: {names}",
                    'Name one with "config": {"model_file": …} in slipway.json.',
                )
            if fitting:
                if fitting[0].problem is not None:
                    raise damaged(fitting[0])
                return fitting[0]
        broken = next((each for each in found if each.problem is not None), None)
        if broken is not None:
            raise damaged(broken)
        raise wrong_kind(self.model_dir or self.folder, found, self.expected, self.framework)

    def candidates(self) -> List[Artifact]:
        """All model files of `model_dir`."""
        path = self.model_dir or self.folder
        if not os.path.exists(path):
            raise ModelError(f"{path} does not exist; expected {self.expected}", 'Correct "model" in slipway.json.')
        return recognise_all(path)[:_MAX_CANDIDATES]

    def _named(self, name: str) -> Artifact:
        path = os.path.join(self.folder, *name.split("/"))
        if not os.path.exists(path):
            raise ModelError(f"{name} does not exist; expected {self.expected}", 'Correct "model_file" in "config".')
        return recognise(path, name)

    def choose_device(self) -> str:
        """ "gpu" where this replica has one and the framework sees it; "device" of "config" insists on either."""
        wanted = self.setting("device")
        if wanted == "cpu":
            return "cpu"
        has_gpu = bool(os.environ.get("CUDA_VISIBLE_DEVICES", "0")) and self.has_gpu()
        if wanted == "gpu" and not has_gpu:
            raise ModelError(
                f'"device" is "gpu", but {self.framework} sees none in this replica',
                'Set resources.gpu in slipway.json, install the build for GPUs, see `slipway doctor`; or use "cpu".',
            )
        return "gpu" if has_gpu else "cpu"

    def warm_up(self) -> None:
        """Runs the model on zeros once, when the shape of an item is known: the first run allocates and compiles."""
        import numpy

        shape, dtype = self.form
        if shape is None and self.declared_input is not None:
            shape = self.declared_input.shape
        if shape is None or any(length < 0 for length in shape):
            return
        self.predict(numpy.zeros((1, *shape), dtype or "float32"))

    @property
    def threads(self) -> int:
        """Cores of this replica; the libraries get as many threads."""
        return max(1, int(os.environ.get("SLIPWAY_THREADS", "1")))

    @staticmethod
    def stack(data: Sequence[Item], shape: Optional[Tuple[int, ...]] = None, dtype: Optional[str] = None) -> Any:
        """See `slipway.stack`."""
        return stack(data, shape, dtype)

    def settings_or(self, names: Dict[str, Any]) -> Dict[str, Any]:
        """Settings by name, each with its default."""
        return {name: self.setting(name, default) for name, default in names.items()}
