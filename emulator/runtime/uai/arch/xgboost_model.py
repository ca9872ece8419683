"""The base class of 2017 for XGBoost."""

from __future__ import annotations

from typing import Any, Dict, Optional

from slipway.xgboost import XGBoostService

from .base_model import AiUcloudModel


class XGBoostUcloudModel(AiUcloudModel, XGBoostService):
    """Opens what `XGBoostService` opens, or what `load_model` says. Attributes: `model_dir`, `model_name`."""

    def __init__(self, conf: Optional[Dict[str, Any]] = None, model_type: str = "xgboost"):
        AiUcloudModel.__init__(self, conf, model_type)

    def setting(self, name: str, default: Any = None) -> Any:
        return super().setting("model_name" if name == "model_file" else name, default)
