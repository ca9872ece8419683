"""Base class of services that use XGBoost. It is imported when such a service loads its model, not before."""

from __future__ import annotations

from typing import Any

from .framework import FrameworkService
from .model_error import opening, refused_pickle
from .models.artifact import Artifact
from .stacking import Form

_SAFE = 'Save the model as JSON: `model.save_model("model.json")`.'


class XGBoostService(FrameworkService):
    """A service on XGBoost: a booster saved as `.json` or `.ubj`.

        from slipway.xgboost import XGBoostService

        class Digits(XGBoostService):
            def postprocess(self, scores):
                return int(scores.argmax())

    `self.model` is a Booster. "output_margin" of "config" asks for raw scores. Pickles are refused.
    """

    framework = "xgboost"
    formats = ("xgboost-json", "xgboost-ubj", "pickle")
    expected = "an XGBoost model (.json or .ubj)"

    def has_gpu(self) -> bool:
        import xgboost

        return bool(xgboost.build_info().get("USE_CUDA")) and _counts_gpus()

    def open_model(self, path: str, artifact: Artifact) -> Any:
        if artifact.format == "pickle":
            raise refused_pickle(artifact, _SAFE)
        import xgboost

        with opening(path, artifact.path, "XGBoost", ("xgboost", "xgboost-cpu")):
            booster = xgboost.Booster()
            booster.load_model(path)
        booster.set_param({"nthread": self.threads, "device": "cuda" if self.device == "gpu" else "cpu"})
        self.form = Form((int(booster.num_features()),), "float32")
        self._margin = bool(self.setting("output_margin", False))
        return booster

    _margin = False

    def predict(self, batch: Any) -> Any:
        """Probabilities, values or margins, one row an item."""
        return self.model.inplace_predict(batch, predict_type="margin" if self._margin else "value")


def _counts_gpus() -> bool:
    try:
        with open("/proc/driver/nvidia/version", encoding="ascii"):
            return True
    except OSError:
        return False
