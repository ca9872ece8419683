"""The base class of 2017 for Caffe."""

from __future__ import annotations

from typing import Any, Dict, Optional

from slipway.caffe import CaffeService

from .base_model import AiUcloudModel


class CaffeAiUcloudModel(AiUcloudModel, CaffeService):
    """Opens what `CaffeService` opens, or what `load_model` says.

    Attributes: `model_dir`, `model_arch_file`, `model_weight_file`.
    """

    def __init__(self, conf: Optional[Dict[str, Any]] = None, model_type: str = "caffe"):
        AiUcloudModel.__init__(self, conf, model_type)
