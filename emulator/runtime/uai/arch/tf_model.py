"""The base class of 2017 for TensorFlow."""

from __future__ import annotations

from typing import Any, Dict, Optional

from slipway.tensorflow import TensorFlowService

from .base_model import AiUcloudModel


class TFAiUcloudModel(AiUcloudModel, TensorFlowService):
    """Opens what `TensorFlowService` opens, or what `load_model` says. Attributes: `model_dir`."""

    def __init__(self, conf: Optional[Dict[str, Any]] = None, model_type: str = "tensorflow"):
        TensorFlowService.__init__(self)
        AiUcloudModel.__init__(self, conf, model_type)
