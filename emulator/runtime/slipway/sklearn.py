"""Base class of services that use scikit-learn. It is imported when such a service loads its model, not before."""

from __future__ import annotations

import warnings
from typing import Any

from .framework import FrameworkService
from .model_error import ModelError, installed_version, opening, refused_pickle
from .models.artifact import Artifact
from .stacking import Form

_SAFE = 'Save the model with skops: `skops.io.dump(model, "model.skops")`, or convert it to ONNX.'


class SklearnService(FrameworkService):
    """A service on scikit-learn: an estimator saved by skops (`.skops`), or converted to ONNX (`.onnx`).

        from slipway.sklearn import SklearnService

        class Digits(SklearnService):
            method = "predict"

            def postprocess(self, digit):
                return int(digit)

    `method` is the method of the estimator that is called with a batch: "predict_proba" (default where there is one),
    "predict", "decision_function", "transform". A skops file that holds types of your own is opened when "trusted" of
    "config" lists them. Pickles and joblib files are refused, because loading one runs whatever it says.
    """

    framework = "sklearn"
    formats = ("skops", "onnx", "pickle")
    expected = "an estimator saved by skops (.skops), or as ONNX (.onnx)"
    method = ""

    def open_model(self, path: str, artifact: Artifact) -> Any:
        if artifact.format == "pickle":
            raise refused_pickle(artifact, _SAFE)
        if artifact.format == "onnx":
            return self._open_onnx(path, artifact)
        if installed_version("skops") is None:
            raise ModelError(f"{artifact.path} needs skops", 'Put skops into "requirements" of slipway.json.')
        from skops import io

        with opening(path, artifact.path, "skops", ("skops",)):
            trusted = list(self.setting("trusted", []))
            foreign = sorted(set(io.get_untrusted_types(file=path)) - set(trusted))
            if foreign:
                raise ModelError(
                    f"{artifact.path} holds types that are not known to be safe: {', '.join(foreign[:5])}",
                    'If you made the file, list them: "config": {"trusted": ["…"]} in slipway.json.',
                )
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                estimator = io.load(path, trusted=trusted)
        for warning in caught:
            if type(warning.message).__name__ == "InconsistentVersionWarning":
                print(f"{artifact.path}: {warning.message}")
        count = getattr(estimator, "n_features_in_", None)
        if count is not None:
            self.form = Form((int(count),), None)
        if not self.method:
            self.method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
        return estimator

    def _open_onnx(self, path: str, artifact: Artifact) -> Any:
        from .onnx import open_session

        session = open_session(path, artifact.path, self.threads, self.device)
        first = session.get_inputs()[0]
        self.form = Form(tuple(each if isinstance(each, int) else -1 for each in first.shape[1:]), "float32")
        names = [each.name for each in session.get_outputs()]
        # Converters name the label first, then the probabilities.
        wanted = names[-1] if self.method in ("", "predict_proba") else names[0]
        self._run_onnx = lambda batch: session.run([wanted], {first.name: batch})[0]
        return session

    _run_onnx: Any = None

    def predict(self, batch: Any) -> Any:
        """Calls `method` of the estimator."""
        if self._run_onnx is not None:
            return self._run_onnx(batch)
        return getattr(self.model, self.method)(batch)
